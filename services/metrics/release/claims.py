"""The claim of a release: written once, whoever comes first, and then carried out by whoever comes.

Two processes can release waves of a campaign at the same moment (a rolling restart, a command beside the watch) and can
have computed them differently: another version of this software, an announcement heard in between. ClickHouse has no
locks and no transactions over tables, but it drops an insert whose token it has seen, as one atomic step.

So the releases of a campaign are a sequence. Whoever has counted n claimed waves computes what comes after those n and
claims place n. Of two that claim it, one stands; the other looks again. A wave that is claimed is among the n of
everybody who can still take a place, so it is never claimed twice. Everybody writes what the claim that stands says,
the one who lost and the one who comes after a crash alike: the same rows, however often and in whatever order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from clickhouse_connect.driver.client import Client
from pydantic import TypeAdapter

from services.metrics.release import replicas
from services.metrics.release.barrier import Held, Reason
from services.metrics.release.cells import Status
from services.metrics.release.document import Published
from services.runtime.clickhouse import sql

_TOKENS: Final = 5
SQL: Final = "services.metrics.release.sql"


@dataclass(frozen=True)
class Rows:
    """Rows of a table; the id of the wave goes before each."""

    database: str
    table: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Claim:
    """What is, or will be, published of a wave, and everything else that its release writes. Times aware, UTC.

    ``claimant``: 32 hexadecimal digits, drawn by whoever makes the claim.
    """

    wave_id: str
    campaign_id: str
    claimant: str
    closed_at: datetime
    released_at: datetime
    published: Published
    parts: tuple[Rows, ...]

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Whether each cell of the wave and of its window is shown."""
        return tuple(
            Status(row[part.columns.index("status")])
            for part in self.parts
            if part.table in ("cells", "window_cells")
            for row in part.rows
        )


_PARTS: Final = TypeAdapter(tuple[Rows, ...])


def once(token: str) -> dict[str, Any]:
    """Settings of an insert that is the only one with this token in its table: a second is dropped by ClickHouse."""
    return {"insert_deduplicate": 1, "insert_deduplication_token": token}


def place(client: Client, campaign_id: str) -> int | Held:
    """The next place in the sequence of a campaign's releases; count it before anything is read that depends on it.

    Held while a release that was claimed has not been carried out: what is computed now would not know of it.
    """
    rows = client.query(sql(SQL, "claimed_before"), parameters={"campaign": campaign_id}).result_rows
    unfinished = [wave for wave, done in rows if not done]
    if unfinished:
        return Held(
            Reason.CLAIM_UNFINISHED,
            f"the release of {unfinished[0]} was begun and comes first: `draagvlak release {unfinished[0]}`, or the "
            "watch, ends it",
        )
    return len(rows)


def standing(client: Client, wave_id: str) -> Claim | Held | None:
    """The claim of a wave; None where there is none, held back where there are several."""
    rows = client.query(sql(SQL, "claims"), parameters={"wave": wave_id}).result_rows
    if len(rows) > 1:
        return Held(
            Reason.CLAIMED_TWICE,
            f"{len(rows)} processes claimed the release of this wave: this ClickHouse does not drop a repeated insert. "
            "Stop all but one release watch, see that pulse_ballots.release_claims has "
            "non_replicated_deduplication_window = 1000 (SHOW CREATE TABLE), and empty that table (TRUNCATE TABLE)",
        )
    if not rows:
        return None
    campaign_id, claimant, closed_at, released_at, sha256, document, parts = rows[0]
    return Claim(
        wave_id=wave_id,
        campaign_id=campaign_id,
        claimant=claimant,
        closed_at=_utc(closed_at),
        released_at=_utc(released_at),
        published=Published(document.encode(), sha256),
        parts=_PARTS.validate_json(parts),
    )


def claim(client: Client, wanted: Claim, at: int) -> Claim | Held:
    """The claim of the wave that stands after this one was made for the place ``at``; held back where none does.

    A crash of ClickHouse can leave a token that is used and a claim that is not there. On one node, where a claim is
    seen as soon as its token is used, that is certain, and the place is claimed with the next token.
    """
    for attempt in range(_TOKENS):
        _insert(client, wanted, f"{wanted.campaign_id}/{at}" + (f"/{attempt}" if attempt else ""))
        if found := standing(client, wanted.wave_id):
            return found
        if place(client, wanted.campaign_id) != at or replicas.state(client):
            break
    return Held(Reason.CLAIM_LOST, "another process released another wave of the campaign meanwhile; this one is next")


def _insert(client: Client, wanted: Claim, token: str) -> None:
    rows = orjson.dumps([part for part in wanted.parts if part.rows]).decode()
    values = {
        "wave_id": wanted.wave_id,
        "campaign_id": wanted.campaign_id,
        "claimant": wanted.claimant,
        "closed_at": wanted.closed_at,
        "released_at": wanted.released_at,
        "sha256": wanted.published.sha256,
        "document": wanted.published.content.decode(),
        "parts": rows,
    }
    client.insert(
        "release_claims",
        [list(values.values())],
        column_names=list(values),
        database="pulse_ballots",
        settings=once(token),
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
