"""The store's settings."""

from pathlib import Path

from pydantic import Field

from services.runtime.settings import RuntimeSettings


class StoreSettings(RuntimeSettings):
    """Where the store listens, keeps its data, and finds its users."""

    store_port: int = 8604
    store_folder: Path | None = Field(default=None, description="data; the folder 'store' of the state when not set")
    store_users_file: Path | None = Field(default=None, description="YAML or JSON: user, password hash, databases")

    @property
    def folder(self) -> Path:
        """The folder of the data."""
        return self.store_folder or self.state / "store"

    @property
    def users_file(self) -> Path:
        """The file of the users."""
        return self.store_users_file or self.state / "secrets" / "store-users.json"
