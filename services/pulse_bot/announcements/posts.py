"""Posts in channels: planned, claimed before they are made, confirmed; nothing is posted twice.

A channel's history cannot be looked into with the bot's scopes, so a post that a crash or Slack's silence leaves open
counts as ``uncertain``: it is not made again by itself, and the champions are asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from services.pulse_bot.ledger import leases
from services.pulse_bot.ledger.announcing import ChannelPostRow, PostState
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.invitations import Claim
from services.pulse_bot.ledger.writer import Operation


@dataclass(frozen=True)
class ChannelPost:
    """One post in one channel. ``revision`` is the one that it shows."""

    subject: str
    channel: str
    due_at: datetime
    state: PostState
    ts: str | None
    revision: int


def plan(connection: Connection, subject: str, places: Iterable[tuple[str, datetime]], revision: int = 1) -> None:
    """Write posts down as due, each channel once; what is planned already stays as it is."""
    for channel, due_at in places:
        connection.execute(
            insert_for(connection, ChannelPostRow)
            .values(
                subject=subject, channel=channel, due_at=due_at, state=PostState.DUE.value, revision=revision, ts=None
            )
            .on_conflict_do_nothing()
        )


def of_subject(connection: Connection, subject: str) -> tuple[ChannelPost, ...]:
    """All posts of a subject."""
    rows = connection.execute(
        select(ChannelPostRow.__table__).where(ChannelPostRow.subject == subject).order_by(ChannelPostRow.channel)
    )
    return tuple(_post(row) for row in rows)


def due(connection: Connection, now: datetime) -> tuple[ChannelPost, ...]:
    """The posts whose time has come, oldest first."""
    rows = connection.execute(
        select(ChannelPostRow.__table__)
        .where(ChannelPostRow.state == PostState.DUE.value, ChannelPostRow.due_at <= now)
        .order_by(ChannelPostRow.due_at, ChannelPostRow.subject, ChannelPostRow.channel)
    )
    return tuple(_post(row) for row in rows)


def claim(post: ChannelPost, holder: str) -> Operation[Claim]:
    """Claim a due post before it is made, under the lease of ``holder``, which is renewed by it."""

    def operation(connection: Connection) -> Claim:
        if leases.acquire(holder)(connection) is not None:
            return Claim.LEASE_LOST
        return Claim.OURS if _move(post, PostState.DUE, PostState.CLAIMED)(connection) else Claim.TAKEN

    return operation


def unclaim(post: ChannelPost) -> Operation[bool]:
    """It was certainly not made; it is due again."""
    return _move(post, PostState.CLAIMED, PostState.DUE)


def failed(post: ChannelPost, fault: str) -> Operation[bool]:
    """Slack refused it for good, with this error code."""
    return _move(post, PostState.CLAIMED, PostState.FAILED, fault=fault[:80])


def sent(post: ChannelPost, ts: str, revision: int) -> Operation[None]:
    """Slack has confirmed it: it stands there, whatever was made of its claim meanwhile."""

    def operation(connection: Connection) -> None:
        connection.execute(
            update(ChannelPostRow)
            .where(_of(post), ChannelPostRow.state != PostState.SENT.value)
            .values(state=PostState.SENT.value, ts=ts, revision=revision)
        )

    return operation


def uncertain(post: ChannelPost) -> Operation[bool]:
    """It may or may not stand there."""
    return _move(post, PostState.CLAIMED, PostState.UNCERTAIN)


def shows(post: ChannelPost, revision: int) -> Operation[None]:
    """The post shows ``revision`` now."""

    def operation(connection: Connection) -> None:
        connection.execute(update(ChannelPostRow).where(_of(post)).values(revision=revision))

    return operation


def all_show(connection: Connection, subject: str, revision: int) -> None:
    """All posts of a subject count as showing ``revision``: its words are those that they show."""
    connection.execute(update(ChannelPostRow).where(ChannelPostRow.subject == subject).values(revision=revision))


def claimed(connection: Connection) -> tuple[ChannelPost, ...]:
    """Claims without a confirmation: a bot is posting them now, or one has ended in the middle of it."""
    rows = connection.execute(select(ChannelPostRow.__table__).where(ChannelPostRow.state == PostState.CLAIMED.value))
    return tuple(_post(row) for row in rows)


def post_again(subject: str, channel: str) -> Operation[bool]:
    """A champion has looked: it is not there. It is due again."""

    def operation(connection: Connection) -> bool:
        result = connection.execute(
            update(ChannelPostRow)
            .where(
                ChannelPostRow.subject == subject,
                ChannelPostRow.channel == channel,
                ChannelPostRow.state.in_([PostState.UNCERTAIN.value, PostState.FAILED.value]),
            )
            .values(state=PostState.DUE.value, fault=None)
        )
        return bool(result.rowcount)

    return operation


def _move(post: ChannelPost, source: PostState, target: PostState, **columns: Any) -> Operation[bool]:
    def operation(connection: Connection) -> bool:
        result = connection.execute(
            update(ChannelPostRow)
            .where(_of(post), ChannelPostRow.state == source.value)
            .values(state=target.value, **columns)
        )
        return bool(result.rowcount)

    return operation


def _of(post: ChannelPost) -> Any:
    return (ChannelPostRow.subject == post.subject) & (ChannelPostRow.channel == post.channel)


def _post(row: Any) -> ChannelPost:
    return ChannelPost(row.subject, row.channel, row.due_at, PostState(row.state), row.ts, row.revision)
