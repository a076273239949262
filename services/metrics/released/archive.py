"""The copy of all releases in memory, refreshed when something new appears; served while ClickHouse is away."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.contracts.base import Text
from services.metrics.released import telemetry
from services.metrics.released.copies import Copy, KnownWave
from services.metrics.released.documents import Released, ReleasedComments
from services.metrics.released.facts import Facts, MeasuredOutcome, facts_of
from services.runtime.causes import Cause
from services.runtime.causes.obstacle import Obstacle
from services.runtime.clickhouse import sql

_SQL = "services.metrics.released.sql"
_log = structlog.get_logger(__name__)


class Archive:
    """Looks for what is new every `interval` seconds in a thread of its own; releases never change.

    `connect` makes a connection for that thread, again after a failure; `obstacle` is told of failures. `changed` is
    called in it after every new copy.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        interval: float,
        obstacle: Obstacle,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._connect = connect
        self._interval = interval
        self._obstacle = obstacle
        self._changed = changed
        self._copy: Copy | None = None
        self._facts_stamp: object = None
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
        """The latest copy, the same object until something changes; None until the first look has succeeded."""
        return self._copy

    def trouble(self) -> str | None:
        """None if the last look succeeded, else what went wrong."""
        return self._obstacle.sentence or ("releases have not been read yet" if self._copy is None else None)

    def refresh(self) -> None:
        """One look. Raises ClickHouseError; what was read before stays."""
        began = perf_counter()
        if self._client is None:
            self._client = self._connect()
        known = self._copy or Copy()
        found = replace(
            known,
            waves=_waves(self._client),
            releases=_releases(self._client, known),
            comments=_comments(self._client, known),
            facts=self._facts(self._client, known.facts),
        )
        found = replace(found, phases={wave: known.phases.get(wave) or self._phases(wave) for wave in found.releases})
        if self._copy is None or found != known:
            found = replace(found, earlier=self._copy.history if self._copy else None)
            found.prepare()
            self._copy = found
            telemetry.changed(found)
            self._changed()
        telemetry.looked(perf_counter() - began)

    def _phases(self, wave_id: str) -> dict[str, str | None]:
        if self._client is None:
            return {}
        rows = self._client.query(sql(_SQL, "phases"), parameters={"wave": wave_id}).result_rows
        return {node: phase or None for node, phase in rows}

    def _facts(self, client: Client, known: Facts) -> Facts:
        """The facts, read again only where their stamp has changed."""
        (stamp,) = client.query(sql(_SQL, "facts_stamp")).result_rows
        if stamp == self._facts_stamp:
            return known
        payloads = client.query(sql(_SQL, "announcements")).result_rows
        outcomes = client.query(sql(_SQL, "outcomes")).result_rows
        facts = facts_of(((kind, payload) for kind, payload in payloads), (MeasuredOutcome(*row) for row in outcomes))
        self._facts_stamp = stamp
        return facts

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.refresh()
                self._obstacle.gone()
            except ClickHouseError as error:
                self._obstacle.met(error)
                self._failed()
            except Exception as error:
                what = f"releases could not be read, by a fault of our own ({type(error).__name__})"
                self._obstacle.told(Cause(what, "the log says where; report it"))
                self._failed()
                _log.exception("releases could not be read")
            self._stop.wait(self._interval)
        if self._client is not None:
            self._client.close()

    def _failed(self) -> None:
        telemetry.LOOKS_FAILED.inc()
        if self._client is not None:
            self._client.close()
            self._client = None


def _releases(client: Client, known: Copy) -> dict[str, Released]:
    releases = dict(known.releases)
    for wave_id, sha256 in client.query(sql(_SQL, "released")).result_rows:
        if wave_id not in releases:
            (row,) = client.query(sql(_SQL, "document"), parameters={"wave": wave_id}).result_rows
            beside = next(reversed(releases.values())).document if releases else None
            releases[wave_id] = Released.of(row[0].encode(), sha256, beside)
    return releases


def _comments(client: Client, known: Copy) -> dict[str, ReleasedComments]:
    comments = dict(known.comments)
    for wave_id, sha256 in client.query(sql(_SQL, "comments_released")).result_rows:
        if wave_id not in comments:
            (row,) = client.query(sql(_SQL, "comments_document"), parameters={"wave": wave_id}).result_rows
            comments[wave_id] = ReleasedComments.of(row[0].encode(), sha256)
    return comments


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


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
