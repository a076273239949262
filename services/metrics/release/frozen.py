"""What ClickHouse knows of a closed wave: reading it, and rewriting its answers so that their order is gone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect.driver.client import Client
from pydantic import TypeAdapter, ValidationError

from services.contracts.base import Text
from services.contracts.survey import Item
from services.contracts.topics import TOPICS
from services.contracts.tree import Cadence, WaveNode
from services.metrics.release.barrier import Held, LedgerCount, Reason, differing_counts, missing_markers
from services.metrics.release.wave import ClosedWave
from services.runtime.clickhouse import sql

SQL = "services.metrics.release.sql"
_ITEMS = TypeAdapter(tuple[Item, ...])


class RewriteFault(RuntimeError):
    """The rewritten answers of a wave are fewer than those that arrived; nothing was dropped."""


def waves_to_release(client: Client) -> tuple[str, ...]:
    """Waves that are closed and not released, oldest first."""
    return tuple(wave for (wave,) in client.query(sql(SQL, "waves_to_release")).result_rows)


def closed_at(client: Client, wave_id: str) -> datetime | None:
    """When the wave closed, in campaign time; None for an open or unknown one."""
    rows = client.query(sql(SQL, "closed_at"), parameters={"wave": wave_id}).result_rows
    return utc(rows[0][0]) if rows else None


def is_known(client: Client, wave_id: str) -> bool:
    """Whether a wave of this id was ever opened."""
    return bool(client.query(sql(SQL, "wave"), parameters={"wave": wave_id}).result_rows)


def closed_wave(client: Client, wave_id: str, closed: datetime) -> ClosedWave | Held:
    """The wave as it was asked; held back while its opening has not been stored, or cannot be understood."""
    rows = client.query(sql(SQL, "wave"), parameters={"wave": wave_id}).result_rows
    if not rows:
        return Held(Reason.WAVE_INCOMPLETE, "the wave is closed, but its opening has not been stored")
    try:
        return _closed_wave(client, wave_id, closed, rows[0])
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        return Held(Reason.WAVE_INCOMPLETE, f"its opening as stored cannot be understood: {faults}")


def _closed_wave(client: Client, wave_id: str, closed: datetime, row: Sequence[Any]) -> ClosedWave:
    campaign, title_nl, title_en, opens_at, items, score_floor, distribution_floor = row
    wave = ClosedWave(
        wave_id=wave_id,
        campaign_id=campaign,
        title=Text(nl=title_nl, en=title_en),
        opened_at=utc(opens_at),
        closed_at=closed,
        items=_ITEMS.validate_json(items),
        score_floor=score_floor,
        distribution_floor=distribution_floor,
        nodes=tuple(
            WaveNode(
                id=node,
                parent=parent or None,
                name=Text(nl=name_nl, en=name_en),
                phase=phase or None,
                cadence=Cadence(cadence),
                invited=invited,
            )
            for node, parent, name_nl, name_en, phase, cadence, invited in client.query(
                sql(SQL, "nodes"), parameters={"wave": wave_id}
            ).result_rows
        ),
    )
    _ = wave.tree  # nodes that make no tree are found here, not in the middle of a release
    return wave


def barrier(client: Client, wave_id: str) -> Held | None:
    """None once every marker is there and the ballots of every unit are those that the ledger knows of."""
    parameters = {"wave": wave_id}
    markers = {(topic, partition) for topic, partition in client.query(sql(SQL, "markers"), parameters).result_rows}
    held = missing_markers(TOPICS.values(), markers)
    if held or is_rewritten(client, wave_id):
        return held
    ledger = {
        unit: LedgerCount(acknowledged, with_revision)
        for unit, acknowledged, with_revision in client.query(sql(SQL, "ledger_counts"), parameters).result_rows
    }
    stored = {unit: ballots for unit, ballots, _ in client.query(sql(SQL, "arrived"), parameters).result_rows}
    differing = differing_counts(ledger, stored)
    if differing and is_rewritten(client, wave_id):
        return None  # another process has rewritten the wave, and dropped the originals, between our two looks
    return differing


def is_rewritten(client: Client, wave_id: str) -> bool:
    """Whether the rewritten answers are known to be complete."""
    return bool(client.query(sql(SQL, "rewritten"), parameters={"wave": wave_id}).result_rows[0][0])


def rewrite(client: Client, wave_id: str) -> None:
    """Move the wave's answers to the table without revisions and drop where they came from.

    Can be cut off anywhere and done again: the copy replaces itself, a row says that it is complete, and
    only after that row are the originals dropped. Raises RewriteFault.
    """
    parameters = {"wave": wave_id}
    if not is_rewritten(client, wave_id):
        arrived = sum(answers for _, _, answers in client.query(sql(SQL, "arrived"), parameters).result_rows)
        client.command(sql(SQL, "rewrite"), parameters)
        copied = client.query(sql(SQL, "closed_answers"), parameters).result_rows[0][0]
        if copied < arrived:
            raise RewriteFault(f"wave {wave_id}: {arrived} answers arrived and {copied} were rewritten; none dropped")
        client.insert(
            "wave_rewrites", [[wave_id, copied]], column_names=["wave_id", "answers"], database="pulse_ballots"
        )
    drop_originals(client, wave_id)


def drop_originals(client: Client, wave_id: str) -> None:
    """Drop what arrived, revisions and order with it; harmless to repeat."""
    client.command(sql(SQL, "drop_answers"), parameters={"wave": wave_id})
    client.command(sql(SQL, "drop_withdrawals"), parameters={"wave": wave_id})


def utc(moment: datetime) -> datetime:
    """A time of the store, which gives UTC without saying so."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
