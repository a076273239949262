"""Settings of the bot and of its command line."""

import os
import socket
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from pydantic import Field
from sqlalchemy.engine import make_url

from services.pulse_bot.ledger.address import checked
from services.pulse_bot.manifest import Mode
from services.runtime.setting_checks import HttpAddress, Port, Unreadable, Zone, text_of
from services.runtime.settings import ClockSettings, Fault, KafkaSettings, SettingsFault, read_secret

_NOT_THE_BOTS = {"xapp-": "an app-level token", "xoxp-": "a person's token", "xoxe": "a token that is exchanged"}
_NOT_THE_APPS = {"xoxb-": "the bot's token", "xoxp-": "a person's token"}


def _bundled_items() -> Path:
    return Path(str(files("surveys").joinpath("items.yaml")))


class LedgerSettings(ClockSettings):
    """Where the ledger is and which clock its campaign follows: enough to plan."""

    ledger_url: str | None = Field(default=None, description="SQLAlchemy address; SQLite below `state` where not set")
    ledger_password_file: Path | None = Field(
        default=None, description="PostgreSQL's password, where the address has none"
    )
    timezone: Zone | None = Field(
        default=None, description="the organisation's zone, where person and campaign have none"
    )
    items_file: Path = Field(default_factory=_bundled_items)
    campaign_file: Path | None = None

    def faults(self) -> Iterator[Fault]:
        """See RuntimeSettings."""
        yield from super().faults()
        try:
            url = checked(self.ledger_url or self._sqlite)
        except SettingsFault as fault:
            yield Fault("ledger_url", str(fault).partition(": ")[2])
            return
        if url.get_backend_name() == "sqlite":
            folder = Path(url.database or "").parent
            name = "ledger_url" if self.ledger_url else "state"
            there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
            if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
                yield Fault(
                    name,
                    f"the ledger cannot be kept in {folder}: user {os.geteuid()} may not write in {there}; "
                    f"chown {os.geteuid()} {there}, or name another folder",
                )
            if self.ledger_password_file is not None:
                yield Fault("ledger_password_file", "is set, and a SQLite ledger has no password; leave it out")
        elif self.ledger_password_file is not None and url.password:
            yield Fault("ledger_password_file", "is set, and DRAAGVLAK_LEDGER_URL holds a password too; leave that out")

    def unread(self) -> frozenset[str]:
        """See RuntimeSettings. What champions write is read when they ask for it, and told to them."""
        return super().unread() | {"campaign_file", "roster_file"}

    @property
    def ledger_folder(self) -> Path:
        """The folder of the SQLite ledger and of the wave keys."""
        return self.state / "ledger"

    @property
    def ledger_address(self) -> str:
        """The ledger's SQLAlchemy address. Raises SettingsFault for a password file that cannot be read."""
        address = self.ledger_url or self._sqlite
        if self.ledger_password_file is None:
            return address
        password = read_secret(self.ledger_password_file, "ledger_password_file").get_secret_value()
        return make_url(address).set(password=password).render_as_string(hide_password=False)

    @property
    def shown_ledger_address(self) -> str:
        """The same without any password, for messages."""
        address = self.ledger_url or self._sqlite
        return make_url(address).render_as_string(hide_password=True)

    @property
    def _sqlite(self) -> str:
        return f"sqlite:///{(self.ledger_folder / 'ledger.sqlite').absolute()}"


class BotSettings(LedgerSettings, KafkaSettings):
    """What the bot and `draagvlak waves tick` need. Times in seconds."""

    bot_host: str = "127.0.0.1"
    bot_port: Port = 8601
    bot_instance: str | None = Field(default=None, description="name of this bot; host and port where not set")
    bot_requests_at_once: int = Field(
        default=400, ge=1, description="one more is asked to press again, instead of making everybody wait"
    )
    bot_body_limit: int = Field(default=262_144, ge=16_384, description="largest request body, bytes")

    slack_api_url: HttpAddress = "https://slack.com/api/"
    slack_signing_secret_file: Path | None = None
    slack_previous_signing_secret_file: Path | None = Field(
        default=None, description="the one before, which is good too for as long as this is set: while Slack changes it"
    )
    slack_bot_token_file: Path | None = None
    slack_mode: Mode = Field(default=Mode.HTTP, description="http: Slack calls the bot; socket: the bot calls Slack")
    slack_app_token_file: Path | None = Field(default=None, description="the app-level token of Socket Mode")
    roster_file: Path | None = Field(default=None, description="CSV with the columns member,node")

    metrics_url: HttpAddress | None = Field(
        default=None, description="the metrics API; no results are posted without it"
    )
    metrics_token_file: Path | None = None
    review_url: HttpAddress | None = Field(
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

    def faults(self) -> Iterator[Fault]:
        """See RuntimeSettings."""
        yield from super().faults()
        yield from self.required("slack_bot_token_file")
        yield from _wrong_token("slack_bot_token_file", self.slack_bot_token_file, _NOT_THE_BOTS, "xoxb-")

    def unread(self) -> frozenset[str]:
        """See RuntimeSettings."""
        signing = {"slack_signing_secret_file", "slack_previous_signing_secret_file"}
        unread = signing if self.slack_mode is Mode.SOCKET else {"slack_app_token_file"}
        if self.metrics_url is None:
            unread.add("metrics_token_file")
        if self.review_url is None:
            unread.add("review_token_file")
        return super().unread() | unread

    @property
    def instance(self) -> str:
        """The name under which this bot reports; the same after a restart, so that a crashed one is succeeded."""
        return self.bot_instance or f"{socket.gethostname()}:{self.bot_port}"

    @property
    def operator(self) -> str:
        """The name of a command-line process."""
        return f"{socket.gethostname()}:operator-{os.getpid()}"


class ServingSettings(BotSettings):
    """What `draagvlak bot` needs beside what its commands need."""

    def faults(self) -> Iterator[Fault]:
        """See RuntimeSettings."""
        yield from super().faults()
        if self.slack_mode is Mode.SOCKET:
            yield from self.required("slack_app_token_file")
            yield from _wrong_token("slack_app_token_file", self.slack_app_token_file, _NOT_THE_APPS, "xapp-")
        else:
            yield from self.required("slack_signing_secret_file")
        if self.metrics_url is not None:
            yield from self.required("metrics_token_file")
        if self.review_url is not None:
            yield from self.required("review_token_file")


def _wrong_token(setting: str, path: Path | None, others: Mapping[str, str], right: str) -> Iterator[Fault]:
    """A fault where the file holds a token that Slack made for something else, which is told by how it begins."""
    try:
        token = text_of(path) if path else ""
    except Unreadable:
        return  # told already
    for beginning, what in others.items():
        if token.startswith(beginning):
            yield Fault(setting, f"{path} holds {what} ({beginning}…); this one begins with {right}")
