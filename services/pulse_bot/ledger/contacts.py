"""The message budget: which messages a person got in the last seven days of campaign time."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, select

from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import ContactRow

_WINDOW: Final = timedelta(days=7)
_KEPT: Final = timedelta(days=14)
_AT_ONCE: Final = 500


def subject(kind: str, about: str) -> str:
    """What a message is counted as, such as ``invitation:zorg-w01`` or ``announcement:a12``."""
    return f"{kind}:{about}"


def spent(connection: Connection, workspace: str, member: str, on: date, besides: str = "") -> int:
    """How many messages the person got in the seven days up to ``on``, not counting ``besides``."""
    return connection.execute(
        select(func.count()).where(
            ContactRow.workspace == workspace,
            ContactRow.member == member,
            ContactRow.on_day > on - _WINDOW,
            ContactRow.on_day <= on,
            ContactRow.subject != besides,
        )
    ).scalar_one()


def count(connection: Connection, workspace: str, members: Iterable[str], about: str, on: date) -> None:
    """Count a message to each of ``members``, once."""
    rows = [{"workspace": workspace, "member": member, "subject": about, "on_day": on} for member in members]
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(
            insert_for(connection, ContactRow).values(rows[start : start + _AT_ONCE]).on_conflict_do_nothing()
        )


def forget_old(connection: Connection, on: date) -> None:
    """Remove what is two weeks old: no budget looks at it any more."""
    connection.execute(delete(ContactRow).where(ContactRow.on_day <= on - _KEPT))
