"""The lease under which one process ticks at a time, and the signs of life of bots; all by the wall clock."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.models import BotInstanceRow, LeaseRow
from services.pulse_bot.ledger.writer import Operation

TICK_LEASE: Final = "tick"
LEASE_SECONDS: Final = 60
LIVE_SECONDS: Final = 60
_SKEW_SECONDS: Final = 30
"""A lease that ends later than any could was taken before a clock was set back; it counts for nothing."""


def acquire(holder: str) -> Operation[str | None]:
    """Take or renew the lease for LEASE_SECONDS. Gives None, or the other holder when someone else has it."""

    def operation(connection: Connection) -> str | None:
        now = datetime.now(UTC)
        expires = now + timedelta(seconds=LEASE_SECONDS)
        statement = insert_for(connection, LeaseRow).values(name=TICK_LEASE, holder=holder, expires_at=expires)
        taken = connection.execute(
            statement.on_conflict_do_update(
                index_elements=[LeaseRow.name],
                set_={"holder": holder, "expires_at": expires},
                where=(LeaseRow.holder == holder)
                | (LeaseRow.expires_at < now)
                | (LeaseRow.expires_at > now + timedelta(seconds=LEASE_SECONDS + _SKEW_SECONDS)),
            ).returning(LeaseRow.holder)
        ).scalar_one_or_none()
        if taken is not None:
            return None
        return connection.execute(select(LeaseRow.holder).where(LeaseRow.name == TICK_LEASE)).scalar_one()

    return operation


def release(holder: str) -> Operation[None]:
    """Give the lease back, if it is still ours."""

    def operation(connection: Connection) -> None:
        connection.execute(delete(LeaseRow).where(LeaseRow.name == TICK_LEASE, LeaseRow.holder == holder))

    return operation


def heartbeat(instance: str) -> Operation[None]:
    """Report that the bot ``instance`` lives."""

    def operation(connection: Connection) -> None:
        now = datetime.now(UTC)
        statement = insert_for(connection, BotInstanceRow).values(id=instance, heartbeat_at=now)
        connection.execute(
            statement.on_conflict_do_update(index_elements=[BotInstanceRow.id], set_={"heartbeat_at": now})
        )

    return operation


def sign_off(instance: str) -> Operation[None]:
    """The bot ``instance`` has ended in order, with nothing in flight."""

    def operation(connection: Connection) -> None:
        connection.execute(delete(BotInstanceRow).where(BotInstanceRow.id == instance))

    return operation


def live_instances(connection: Connection) -> frozenset[str]:
    """The bots whose last sign of life is younger than LIVE_SECONDS."""
    since = datetime.now(UTC) - timedelta(seconds=LIVE_SECONDS)
    return frozenset(
        connection.execute(select(BotInstanceRow.id).where(BotInstanceRow.heartbeat_at >= since)).scalars()
    )
