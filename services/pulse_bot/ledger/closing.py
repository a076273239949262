"""Counting a wave's flags, and erasing what could connect people with ballots."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from services.contracts.events import UnitCount
from services.pulse_bot.ledger import live_share
from services.pulse_bot.ledger.announcing import CommentedRow
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import (
    BallotRevisionRow,
    Base,
    DeliveryState,
    DrainedRow,
    InvitationRow,
    UnitCountRow,
    WaveRow,
)
from services.pulse_bot.ledger.writer import Operation


class ErasureIncomplete(RuntimeError):
    """Old pages are still in the write-ahead log, since another process reads; the next tick tries again."""


def mark_drained(wave_id: str, instance: str) -> Operation[None]:
    """The bot ``instance`` has nothing of the wave in flight any more."""

    def operation(connection: Connection) -> None:
        connection.execute(
            insert_for(connection, DrainedRow).values(wave_id=wave_id, instance=instance).on_conflict_do_nothing()
        )

    return operation


def drained(connection: Connection, wave_id: str) -> frozenset[str]:
    """The bots that have nothing of the wave in flight any more."""
    return frozenset(connection.execute(select(DrainedRow.instance).where(DrainedRow.wave_id == wave_id)).scalars())


def freeze_counts(wave_id: str, units: Iterable[str], closed_at: Any) -> Operation[None]:
    """Write down the counts per unit and the moment of closing, once; a second time changes nothing."""
    labels = tuple(units)

    def operation(connection: Connection) -> None:
        if connection.execute(select(WaveRow.counted).where(WaveRow.id == wave_id)).scalar_one():
            return
        acknowledged = _per_unit(
            connection,
            select(InvitationRow.node_id, func.count())
            .where(InvitationRow.wave_id == wave_id, InvitationRow.answered.is_(True))
            .group_by(InvitationRow.node_id),
        )
        revised = _per_unit(
            connection,
            select(BallotRevisionRow.node_id, func.count())
            .where(BallotRevisionRow.wave_id == wave_id)
            .group_by(BallotRevisionRow.node_id),
        )
        if sum(revised.values()) < sum(acknowledged.values()):
            # A crash of PostgreSQL has emptied the counters: anybody invited may have a ballot.
            revised = _per_unit(
                connection,
                select(InvitationRow.node_id, func.count())
                .where(InvitationRow.wave_id == wave_id)
                .group_by(InvitationRow.node_id),
            )
        for unit in labels:
            connection.execute(
                insert(UnitCountRow).values(
                    wave_id=wave_id,
                    node_id=unit,
                    acknowledged=acknowledged.get(unit, 0),
                    with_revision=revised.get(unit, 0),
                )
            )
        connection.execute(update(WaveRow).where(WaveRow.id == wave_id).values(counted=True, closed_at=closed_at))

    return operation


def unit_counts(connection: Connection, wave_id: str) -> tuple[UnitCount, ...]:
    """The frozen counts of a wave."""
    rows = connection.execute(
        select(UnitCountRow)
        .where(UnitCountRow.wave_id == wave_id)
        .order_by(UnitCountRow.node_id)
        .with_only_columns(UnitCountRow.node_id, UnitCountRow.acknowledged, UnitCountRow.with_revision)
    )
    return tuple(
        UnitCount(node_id=row.node_id, acknowledged=row.acknowledged, with_revision=row.with_revision) for row in rows
    )


def erase(wave_id: str) -> Operation[None]:
    """Remove the ballots' revisions, and blank the answered flags, reminders and message timestamps of the wave."""

    def operation(connection: Connection) -> None:
        connection.execute(delete(BallotRevisionRow).where(BallotRevisionRow.wave_id == wave_id))
        connection.execute(
            update(InvitationRow)
            .where(InvitationRow.wave_id == wave_id)
            .values(
                answered=None,
                channel=None,
                message_ts=None,
                reminder_ts=None,
                claim_id=None,
                reminder_claim_id=None,
                reminder_state=DeliveryState.DUE.value,  # who got a reminder had not answered by then
            )
        )
        connection.execute(delete(CommentedRow).where(CommentedRow.wave_id == wave_id))
        connection.execute(delete(DrainedRow).where(DrainedRow.wave_id == wave_id))
        live_share.erase(connection, wave_id)

    return operation


def scrub(connection: Connection) -> None:
    """Leave no old page on disk: rewrite the database and empty the write-ahead log. Outside any transaction.

    ``secure_delete`` zeroes deleted rows but may leave remains in the gaps of pages that were rebalanced; rewriting
    leaves none. Raises ErasureIncomplete.
    """
    database: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        _rewrite_tables(database)
        return
    database.execute("VACUUM")
    busy, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise ErasureIncomplete("the write-ahead log of the ledger is in use by another reader")


def _rewrite_tables(database: Any) -> None:
    """New files without dead rows; the old ones are gone when the statement ends."""
    database.autocommit = True  # VACUUM runs in no transaction
    try:
        for table in Base.metadata.sorted_tables:
            database.execute(f"VACUUM FULL {table.name}")
    finally:
        database.autocommit = False


def _per_unit(connection: Connection, statement: Any) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(statement)}
