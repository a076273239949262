"""The one number of an open wave that people are told: which share has answered, rounded down, once a day.

It is written down at its hour and read by everybody from there, so that looking twice tells nothing of who answered in
between. A wave that has closed has none.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, delete, func, select

from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import InvitationRow, LiveShareRow
from services.pulse_bot.ledger.writer import Operation

SMALLEST: Final = 100
"""Fewer invited people than this, and nothing is told."""
_STEP: Final = 10
_HIGHEST: Final = 90
"""That all have answered is said of nobody while they still can."""


@dataclass(frozen=True)
class LiveShare:
    """At least ``percent`` (0, 10, … 90) had answered at the hour of ``on``."""

    on: date
    percent: int


def rounded(answered: int, invited: int) -> int | None:
    """The share of answers, rounded down to tens and at most 90; None for an organisation that is too small."""
    if invited < SMALLEST:
        return None
    return min(_HIGHEST, 100 * answered // invited // _STEP * _STEP)


def take(wave_id: str, invited: int, on: date) -> Operation[bool]:
    """Write the share of the day down, once a day. ``invited``: as the wave opened. Gives whether it was written."""

    def operation(connection: Connection) -> bool:
        known = find(connection, wave_id)
        if known is not None and known.on >= on:
            return False
        answered = connection.execute(
            select(func.count()).where(InvitationRow.wave_id == wave_id, InvitationRow.answered.is_(True))
        ).scalar_one()
        percent = rounded(answered, invited)
        if percent is None:
            return False
        values = {"wave_id": wave_id, "on_day": on, "percent": percent}
        connection.execute(
            insert_for(connection, LiveShareRow)
            .values(values)
            .on_conflict_do_update(index_elements=["wave_id"], set_=values)
        )
        return True

    return operation


def find(connection: Connection, wave_id: str) -> LiveShare | None:
    """What was last written down of a wave."""
    row = connection.execute(select(LiveShareRow.__table__).where(LiveShareRow.wave_id == wave_id)).one_or_none()
    return None if row is None else LiveShare(row.on_day, row.percent)


def erase(connection: Connection, wave_id: str) -> None:
    """Remove it, at the close."""
    connection.execute(delete(LiveShareRow).where(LiveShareRow.wave_id == wave_id))
