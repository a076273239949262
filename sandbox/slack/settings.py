"""Settings of the emulated workspace (environment: ``DRAAGVLAK_SANDBOX_…``) and its secrets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.slack.limits import TRIGGER_SECONDS
from sandbox.slack.wire import WorkspaceStartError


class WorkspaceSettings(BaseSettings):
    """Where the workspace listens, what it reads and whom it talks to. Times in seconds."""

    model_config = SettingsConfigDict(env_prefix="DRAAGVLAK_SANDBOX_")

    host: str = "127.0.0.1"
    public_host: str | None = Field(
        default=None,
        description="the name in addresses that are given out: whoever gets one must reach it; else `host`",
    )
    port: int = Field(default=8600, ge=0, le=65535)
    state: Path = Field(default=Path(".draagvlak/workspace"), description="Folder of the SQLite file and the clock")
    directory: Path = Field(default=Path(".draagvlak/directory.yaml"), description="People, groups and channels")
    bot_token_file: Path = Field(default=Path(".draagvlak/secrets/bot_token"))
    app_token_file: Path | None = Field(default=None, description="App-level token; none: no Socket Mode")
    signing_secret_file: Path = Field(default=Path(".draagvlak/secrets/signing_secret"))
    access_key_file: Path = Field(default=Path(".draagvlak/secrets/access_key"), description="For page and act API")
    clock_tokens_file: Path = Field(
        default=Path(".draagvlak/secrets/tokens.yaml"),
        description="YAML of name, sha256, scopes; every token reads the clock, one with clock:write moves it",
    )
    metrics_url: str = Field(
        default="", description="The metrics API, for the page of results; empty: that page says that there is none"
    )
    metrics_token_file: Path = Field(
        default=Path(".draagvlak/secrets/token_visitor"), description="A token with metrics:read"
    )
    bot_events_url: str = "http://127.0.0.1:8601/slack/events"
    rate_scale: float = Field(
        default=1.0, ge=0, description="1 = Slack's rate tiers, 2 = twice as much allowed, 0 = no limit (story runs)"
    )
    delivery_timeout: float = Field(default=3.0, gt=0, description="Slack gives a bot 3 seconds to answer")
    trigger_seconds: float = Field(default=TRIGGER_SECONDS, gt=0, description="and as long to open a modal")
    delivery_connections: int = Field(default=64, ge=1)

    @property
    def base_url(self) -> str:
        """The address that response URLs start with."""
        return f"http://{self.reached_at}:{self.port}"

    @property
    def reached_at(self) -> str:
        """The name under which the bot reaches it."""
        return self.public_host or self.host


@dataclass(frozen=True, slots=True)
class Credentials:
    """The bot's token, the key deliveries are signed with, the key of page and act API, and the app-level token."""

    bot_token: str
    signing_secret: str
    access_key: str
    app_token: str | None = None

    @classmethod
    def read(cls, settings: WorkspaceSettings) -> Credentials:
        """Reads the files; raises :class:`WorkspaceStartError` naming the file that is missing or empty."""
        return cls(
            bot_token=_read_secret(settings.bot_token_file, "bot token"),
            signing_secret=_read_secret(settings.signing_secret_file, "signing secret"),
            access_key=_read_secret(settings.access_key_file, "access key"),
            app_token=_read_secret(settings.app_token_file, "app-level token") if settings.app_token_file else None,
        )


def _read_secret(path: Path, what: str) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise WorkspaceStartError(
            f"The {what} cannot be read from {path}: {error.strerror}. Create the file, or name another one "
            f"in the settings (DRAAGVLAK_SANDBOX_…_FILE)."
        ) from error
    if not value:
        raise WorkspaceStartError(f"The {what} in {path} is empty. Put one line with the {what} in it.")
    return value
