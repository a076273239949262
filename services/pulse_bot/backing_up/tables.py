"""Which tables of the ledger a backup holds, which it leaves out, and why. A test knows of every table."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Date, Table, select

from services.pulse_bot.ledger.announcing import (
    AnnouncementApprovalRow,
    AnnouncementRow,
    BuddyRow,
    ChannelPostRow,
    ConcernRow,
    ConcernState,
    ForgottenRow,
    OutboxRow,
    PhaseChangeRow,
    PromiseRow,
    ReleaseRow,
    WaveErrandRow,
)
from services.pulse_bot.ledger.models import (
    ApprovalRow,
    AuditRow,
    Base,
    CampaignRow,
    MemberRow,
    PreferenceRow,
    UtcDateTime,
    WaveRow,
)

Row = Mapping[str, Any]

KEPT: Final[tuple[str, ...]] = tuple(
    row.__tablename__
    for row in (
        CampaignRow,
        WaveRow,
        MemberRow,
        PreferenceRow,
        BuddyRow,
        ForgottenRow,
        ApprovalRow,
        AuditRow,
        AnnouncementRow,
        AnnouncementApprovalRow,
        ChannelPostRow,
        PromiseRow,
        ConcernRow,
        PhaseChangeRow,
        OutboxRow,
        ReleaseRow,
        WaveErrandRow,
    )
)
"""In the order of restoring: what others point to comes first."""

LEFT_OUT: Final[dict[str, str]] = {
    "wave_key": "the link between people and ballots: destroyed at the close, and no copy may outlive it",
    "ballot_revision": "ballots of an open wave; without the key nobody finds them again",
    "invitation": "who was asked and who has answered",
    "commented": "who gave a comment",
    "contact": "who got which message lately",
    "unit_count": "how many of a unit answered; Kafka has it",
    "live_share": "the rounded share of an open wave, of a day",
    "lease": "who ticks now",
    "bot_instance": "which bots run now",
    "drained": "bots of a closing wave",
}
"""Table -> why a backup has nothing of it."""


def table(name: str) -> Table:
    """A table of the ledger."""
    return Base.metadata.tables[name]


def rows_of(connection: Connection, name: str) -> list[Row]:
    """The rows that a backup holds, in an order that stays: nobody who left, no concern that waits to be posted.

    A waiting concern is left out since two backups would tell between which hours it was given.
    """
    kept = table(name)
    found = select(kept).order_by(*kept.primary_key.columns)
    if name == ConcernRow.__tablename__:
        found = found.where(kept.c.state != ConcernState.WAITING.value)
    if name == MemberRow.__tablename__:
        found = found.where(kept.c.left_on.is_(None))
    if name in (PreferenceRow.__tablename__, BuddyRow.__tablename__):
        left = select(MemberRow.member).where(
            MemberRow.workspace == kept.c.workspace, MemberRow.member == kept.c.member, MemberRow.left_on.is_not(None)
        )
        found = found.where(~left.exists())
    return [dict(row) for row in connection.execute(found).mappings()]


def columns_of(name: str) -> tuple[str, ...]:
    """The columns that a backup holds: a number that the database gives is given anew."""
    kept = table(name)
    return tuple(column.name for column in kept.columns if not _is_given(kept, column.name))


def revived(name: str, row: Row) -> Row:
    """A row read from JSON, with its times as times."""
    columns = table(name).columns
    return {key: _revived(columns[key].type, value) for key, value in row.items()}


def _revived(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def _is_given(kept: Table, column: str) -> bool:
    return kept.autoincrement_column is not None and kept.autoincrement_column.name == column
