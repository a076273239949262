"""The copy of all releases in memory, refreshed when a new one appears; served while ClickHouse is away."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.contracts.base import Text
from services.metrics.released.documents import Document, Released
from services.runtime.clickhouse import sql

_SQL = "services.metrics.released.sql"
_log = structlog.get_logger(__name__)


class WaveStatus(StrEnum):
    """Where a wave stands."""

    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class KnownWave:
    """A wave that was opened at some time; `closed_at` None while it is open."""

    wave_id: str
    campaign_id: str
    title: Text
    opens_at: datetime
    closes_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Copy:
    """Everything that the API serves, as of one moment."""

    waves: tuple[KnownWave, ...] = ()
    releases: Mapping[str, Released] = field(default_factory=dict)

    def documents(self) -> tuple[Document, ...]:
        """Documents of released waves, oldest first."""
        found = (release.document for release in self.releases.values())
        return tuple(sorted(found, key=lambda document: (document.closed_at, document.wave)))

    def status(self, wave: KnownWave) -> WaveStatus:
        """Where a wave stands."""
        if wave.wave_id in self.releases:
            return WaveStatus.RELEASED
        return WaveStatus.OPEN if wave.closed_at is None else WaveStatus.CLOSED


class Archive:
    """Looks for new releases every `interval` seconds in a thread of its own; releases never change.

    `connect` makes a connection for that thread, again after a failure.
    """

    def __init__(self, connect: Callable[[], Client], interval: float) -> None:
        self._connect = connect
        self._interval = interval
        self._copy: Copy | None = None
        self._trouble: str | None = "releases have not been read yet"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)
        self._client: Client | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the look that is under way."""
        self._stop.set()
        self._thread.join(timeout=10)

    @property
    def copy(self) -> Copy | None:
        """The latest copy; None until the first look has succeeded."""
        return self._copy

    def trouble(self) -> str | None:
        """None if the last look succeeded, else what went wrong."""
        return self._trouble

    def refresh(self) -> None:
        """One look. Raises ClickHouseError; what was read before stays."""
        if self._client is None:
            self._client = self._connect()
        known = dict(self._copy.releases) if self._copy else {}
        for wave_id, sha256 in self._client.query(sql(_SQL, "released")).result_rows:
            if wave_id not in known:
                known[wave_id] = self._read(self._client, wave_id, sha256)
        self._copy = Copy(self._waves(self._client), known)

    @staticmethod
    def _read(client: Client, wave_id: str, sha256: str) -> Released:
        (row,) = client.query(sql(_SQL, "document"), parameters={"wave": wave_id}).result_rows
        return Released.of(row[0].encode(), sha256)

    @staticmethod
    def _waves(client: Client) -> tuple[KnownWave, ...]:
        return tuple(
            KnownWave(
                wave_id,
                campaign,
                Text(nl=title_nl, en=title_en),
                _utc(opens_at),
                _utc(closes_at),
                _utc(closed_at) if closed_at.year > 1970 else None,
            )
            for wave_id, campaign, title_nl, title_en, opens_at, closes_at, closed_at in client.query(
                sql(_SQL, "waves")
            ).result_rows
        )

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.refresh()
                self._trouble = None
            except ClickHouseError as error:
                self._failed(" ".join(str(error).split())[:300])
            except Exception:
                _log.exception("releases could not be read")
                self._failed("releases could not be read; see the log")
            self._stop.wait(self._interval)
        if self._client is not None:
            self._client.close()

    def _failed(self, trouble: str) -> None:
        if self._trouble != trouble:
            _log.warning("ClickHouse does not answer; what was read before is served", error=trouble)
        self._trouble = trouble
        if self._client is not None:
            self._client.close()
            self._client = None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
