"""What people sign up for or leave by name: AI buddies, and who has given a wave's comment."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, select

from services.pulse_bot.ledger.announcing import BuddyRow, CommentedRow
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.writer import Operation


def sign_up(workspace: str, member: str, on: date) -> Operation[None]:
    """Put the person down as AI buddy; once more changes nothing."""

    def operation(connection: Connection) -> None:
        connection.execute(
            insert_for(connection, BuddyRow)
            .values(workspace=workspace, member=member, since=on)
            .on_conflict_do_nothing()
        )

    return operation


def sign_off(workspace: str, member: str) -> Operation[None]:
    """The person is no buddy any more."""

    def operation(connection: Connection) -> None:
        connection.execute(delete(BuddyRow).where(BuddyRow.workspace == workspace, BuddyRow.member == member))

    return operation


def buddies(connection: Connection, workspace: str) -> tuple[str, ...]:
    """The members who signed up, the first first."""
    rows = connection.execute(
        select(BuddyRow.member).where(BuddyRow.workspace == workspace).order_by(BuddyRow.since, BuddyRow.member)
    )
    return tuple(rows.scalars())


def has_commented(connection: Connection, wave_id: str, workspace: str, member: str) -> bool:
    """Whether the person has given the wave's comment."""
    return connection.execute(_commented(wave_id, workspace, member)).first() is not None


def mark_commented(wave_id: str, workspace: str, member: str) -> Operation[None]:
    """Kafka has the person's comment. Erased when the wave closes."""

    def operation(connection: Connection) -> None:
        connection.execute(
            insert_for(connection, CommentedRow)
            .values(wave_id=wave_id, workspace=workspace, member=member)
            .on_conflict_do_nothing()
        )

    return operation


def _commented(wave_id: str, workspace: str, member: str) -> Any:
    return select(CommentedRow.wave_id).where(
        CommentedRow.wave_id == wave_id, CommentedRow.workspace == workspace, CommentedRow.member == member
    )
