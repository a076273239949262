"""The ports of the sandbox: seven in a row on loopback, from a base that can be moved."""

from dataclasses import dataclass
from typing import Final

from sandbox.processes.ports import LOOPBACK, require_free

DEFAULT_BASE: Final = 8600
_PURPOSES: Final = ("workspace", "bot", "metrics API", "ingest health", "store", "broker", "release watch health")


@dataclass(frozen=True)
class Ports:
    """The ports that follow from ``base``."""

    base: int = DEFAULT_BASE

    def __post_init__(self) -> None:
        if not 1024 <= self.base <= 65535 - len(_PURPOSES):
            raise ValueError(f"the base of the ports must lie between 1024 and {65535 - len(_PURPOSES)}")

    @property
    def workspace(self) -> int:
        """The emulated Slack: its page, its Web API and the campaign clock."""
        return self.base

    @property
    def bot(self) -> int:
        """The bot."""
        return self.base + 1

    @property
    def metrics(self) -> int:
        """The metrics API."""
        return self.base + 2

    @property
    def ingest(self) -> int:
        """The health of ingest."""
        return self.base + 3

    @property
    def store(self) -> int:
        """The store, ClickHouse's HTTP interface."""
        return self.base + 4

    @property
    def broker(self) -> int:
        """The broker, Kafka's protocol."""
        return self.base + 5

    @property
    def release(self) -> int:
        """The health of release watch."""
        return self.base + 6

    @property
    def grafana(self) -> int:
        """A Grafana that the visitor starts beside the sandbox."""
        return self.base + len(_PURPOSES)

    def require_free(self) -> None:
        """Raises PortTaken, with the mend, for the first port that another process has."""
        other = self.base + 1000 if self.base + 1000 < 60_000 else DEFAULT_BASE
        mend = f"Stop what uses it, or run DRAAGVLAK_PORT_BASE={other} make demo."
        for number, purpose in enumerate(_PURPOSES):
            require_free(self.base + number, purpose, mend)


def url(port: int, path: str = "") -> str:
    """An address of one of our processes."""
    return f"http://{LOOPBACK}:{port}{path}"
