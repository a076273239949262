"""Settings of the bot and of its command line."""

import os
import socket
from importlib.resources import files
from pathlib import Path

from pydantic import Field
from sqlalchemy.engine import make_url

from services.pulse_bot.manifest import Mode
from services.runtime.settings import ClockSettings, KafkaSettings, read_secret


def _bundled_items() -> Path:
    return Path(str(files("surveys").joinpath("items.yaml")))


class LedgerSettings(ClockSettings):
    """Where the ledger is and which clock its campaign follows: enough to plan."""

    ledger_url: str | None = Field(default=None, description="SQLAlchemy address; SQLite below `state` where not set")
    ledger_password_file: Path | None = Field(
        default=None, description="PostgreSQL's password, where the address has none"
    )
    timezone: str | None = Field(
        default=None, description="the organisation's zone, where person and campaign have none"
    )
    items_file: Path = Field(default_factory=_bundled_items)
    campaign_file: Path | None = None

    @property
    def ledger_folder(self) -> Path:
        """The folder of the SQLite ledger and of the wave keys."""
        return self.state / "ledger"

    @property
    def ledger_address(self) -> str:
        """The ledger's SQLAlchemy address. Raises SettingsFault for a password file that cannot be read."""
        address = self.ledger_url or f"sqlite:///{(self.ledger_folder / 'ledger.sqlite').absolute()}"
        if self.ledger_password_file is None:
            return address
        password = read_secret(self.ledger_password_file, "ledger_password_file").get_secret_value()
        return make_url(address).set(password=password).render_as_string(hide_password=False)

    @property
    def shown_ledger_address(self) -> str:
        """The same without any password, for messages."""
        address = self.ledger_url or f"sqlite:///{(self.ledger_folder / 'ledger.sqlite').absolute()}"
        return make_url(address).render_as_string(hide_password=True)


class BotSettings(LedgerSettings, KafkaSettings):
    """What the bot and `draagvlak waves tick` need. Times in seconds."""

    bot_host: str = "127.0.0.1"
    bot_port: int = Field(default=8601, ge=0, le=65535)
    bot_instance: str | None = Field(default=None, description="name of this bot; host and port where not set")
    bot_requests_at_once: int = Field(
        default=400, ge=1, description="one more is asked to press again, instead of making everybody wait"
    )
    bot_body_limit: int = Field(default=262_144, ge=16_384, description="largest request body, bytes")

    slack_api_url: str = "https://slack.com/api/"
    slack_signing_secret_file: Path | None = None
    slack_bot_token_file: Path | None = None
    slack_mode: Mode = Field(default=Mode.HTTP, description="http: Slack calls the bot; socket: the bot calls Slack")
    slack_app_token_file: Path | None = Field(default=None, description="the app-level token of Socket Mode")
    roster_file: Path | None = Field(default=None, description="CSV with the columns member,node")

    metrics_url: str | None = Field(default=None, description="the metrics API; no results are posted without it")
    metrics_token_file: Path | None = None
    review_url: str | None = Field(
        default=None, description="the release process; champions review comments in Slack where it is set"
    )
    review_token_file: Path | None = Field(default=None, description="its token, of scope comments:review")

    tick_seconds: float = Field(default=15.0, gt=0)
    answer_deadline_seconds: float = Field(
        default=2.0,
        gt=0,
        lt=3.0,
        description="from a press's arrival; Slack waits 3 s, of which the way there and back takes its part",
    )
    send_per_minute: int = Field(default=300, ge=0, description="messages a minute in the workspace; 0: no pacing")
    settle_after_seconds: float = Field(
        default=35.0, ge=0, description="age of an uncertain message before it is sought; over the 25 s of a call"
    )
    drain_seconds: float = Field(default=35.0, gt=0, description="longest wait for bots that do not report at close")

    @property
    def instance(self) -> str:
        """The name under which this bot reports; the same after a restart, so that a crashed one is succeeded."""
        return self.bot_instance or f"{socket.gethostname()}:{self.bot_port}"

    @property
    def operator(self) -> str:
        """The name of a command-line process."""
        return f"{socket.gethostname()}:operator-{os.getpid()}"
