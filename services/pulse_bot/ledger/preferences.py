"""What people have chosen for themselves: language, hour, days off, pause. Kept apart from what the roster says."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Final

from sqlalchemy import Connection, delete, select

from services.contracts.base import Language
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import PreferenceRow
from services.pulse_bot.ledger.writer import Operation
from services.pulse_bot.locales import known

WORKING_DAYS: Final = (1, 2, 3, 4, 5)
"""ISO weekdays on which messages are sent at all, Monday first."""


@dataclass(frozen=True)
class Preferences:
    """A person's choices. None and empty: as the campaign has it. ``days_off``: ISO weekdays, Monday 1."""

    language: Language | None = None
    hour: time | None = None
    days_off: tuple[int, ...] = ()
    paused_until: date | None = None

    def paused_on(self, day: date) -> bool:
        """Whether the person gets no messages on ``day``; the pause ends on its last day's morning."""
        return self.paused_until is not None and day < self.paused_until

    def on(self, day: date) -> "Preferences":
        """What holds on ``day``: a pause that is over is none."""
        return self if self.paused_on(day) else replace(self, paused_until=None)


NONE: Final = Preferences()


def of(connection: Connection, workspace: str, member: str) -> Preferences:
    """The person's choices; none where they made none."""
    row = connection.execute(
        select(PreferenceRow.__table__).where(PreferenceRow.workspace == workspace, PreferenceRow.member == member)
    ).one_or_none()
    return NONE if row is None else _preferences(row)


def everybody(connection: Connection, workspace: str) -> dict[str, Preferences]:
    """Member id -> choices, of everyone who made any."""
    rows = connection.execute(select(PreferenceRow.__table__).where(PreferenceRow.workspace == workspace))
    return {row.member: _preferences(row) for row in rows}


def put(workspace: str, member: str, chosen: Preferences) -> Operation[None]:
    """Write the person's choices down; without any left, no row is left either."""

    def operation(connection: Connection) -> None:
        if chosen == NONE:
            connection.execute(
                delete(PreferenceRow).where(PreferenceRow.workspace == workspace, PreferenceRow.member == member)
            )
            return
        values = {
            "workspace": workspace,
            "member": member,
            "language": str(chosen.language) if chosen.language else None,
            "hour": chosen.hour.strftime("%H:%M") if chosen.hour else None,
            "days_off": days_text(chosen.days_off),
            "paused_until": chosen.paused_until,
        }
        connection.execute(
            insert_for(connection, PreferenceRow)
            .values(values)
            .on_conflict_do_update(index_elements=["workspace", "member"], set_=values)
        )

    return operation


def days_text(days: Iterable[int]) -> str:
    """ISO weekdays as digits in their order, such as ``35`` for Wednesday and Friday."""
    return "".join(str(day) for day in sorted(set(days)) if day in WORKING_DAYS)


def _preferences(row: object) -> Preferences:
    language, hour = getattr(row, "language", None), getattr(row, "hour", None)
    return Preferences(
        language=known(language),
        hour=time.fromisoformat(hour) if hour else None,
        days_off=tuple(int(digit) for digit in getattr(row, "days_off", "")),
        paused_until=getattr(row, "paused_until", None),
    )
