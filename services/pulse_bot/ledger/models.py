"""The tables of the ledger: who was asked and who has answered, never what."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, Date, DateTime, ForeignKey, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes, kept naive in databases without zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To the database; a naive datetime is a fault of the program."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database."""
        return None if value is None else value.replace(tzinfo=UTC)


class WaveState(StrEnum):
    """The life of a wave. ``opening`` is frozen but not yet acknowledged by Kafka; ``skipped`` was never opened."""

    PLANNED = "planned"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    SKIPPED = "skipped"


BEGUN: Final = (WaveState.OPENING, WaveState.OPEN, WaveState.CLOSING)
"""A wave in one of these holds its people: nobody is in two of them."""


class DeliveryState(StrEnum):
    """The life of one message to one person. ``claimed`` is taken for posting and not yet confirmed."""

    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"


class Base(DeclarativeBase):
    """All tables of the ledger."""


class CampaignRow(Base):
    """A campaign as it was last planned; frozen once one of its waves has left ``planned``."""

    __tablename__ = "campaign"

    id: Mapped[str] = mapped_column(String(63), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    planned_on: Mapped[date] = mapped_column(Date)


class WaveRow(Base):
    """A wave. ``opened_event`` is the frozen ``wave.opened``; ``opened_on`` the real (wall) day of opening."""

    __tablename__ = "wave"

    id: Mapped[str] = mapped_column(String(63), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), index=True)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    items: Mapped[list[Any]] = mapped_column(JSON)
    opened_event: Mapped[str | None] = mapped_column(Text)
    opened_on: Mapped[date | None] = mapped_column(Date)
    closing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counted: Mapped[bool] = mapped_column(default=False)
    announced: Mapped[bool] = mapped_column(default=False)


class MemberRow(Base):
    """A person of the workspace and how to reach them; the days of leave (both included) come from the roster.

    ``left_on``: the campaign's day on which the roster had them no more; 30 days later the row goes.
    """

    __tablename__ = "member"

    workspace: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[str] = mapped_column(String(32), primary_key=True)
    node_id: Mapped[str] = mapped_column(String(127))
    language: Mapped[str] = mapped_column(String(2))
    timezone: Mapped[str | None] = mapped_column(String(64))
    leave_from: Mapped[date | None] = mapped_column(Date)
    leave_until: Mapped[date | None] = mapped_column(Date)
    left_on: Mapped[date | None] = mapped_column(Date)


class PreferenceRow(Base):
    """What a person chose for themselves; see `preferences`. Empty columns: as the campaign has it."""

    __tablename__ = "preference"

    workspace: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[str] = mapped_column(String(32), primary_key=True)
    language: Mapped[str | None] = mapped_column(String(2))
    hour: Mapped[str | None] = mapped_column(String(5))
    days_off: Mapped[str] = mapped_column(String(5), default="")
    paused_until: Mapped[date | None] = mapped_column(Date)


class InvitationRow(Base):
    """One person invited to one wave. At close ``answered``, ``channel`` and the message timestamps are erased."""

    __tablename__ = "invitation"

    wave_id: Mapped[str] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[str] = mapped_column(String(32), primary_key=True)
    node_id: Mapped[str] = mapped_column(String(127))
    state: Mapped[str] = mapped_column(String(8), default=DeliveryState.DUE.value)
    claim_id: Mapped[str | None] = mapped_column(String(32))
    channel: Mapped[str | None] = mapped_column(String(32))
    message_ts: Mapped[str | None] = mapped_column(String(32))
    invited_on: Mapped[date | None] = mapped_column(Date)
    fault: Mapped[str | None] = mapped_column(String(80))
    answered: Mapped[bool | None] = mapped_column(default=False)
    reminder_state: Mapped[str] = mapped_column(String(8), default=DeliveryState.DUE.value)
    reminder_claim_id: Mapped[str | None] = mapped_column(String(32))
    reminder_ts: Mapped[str | None] = mapped_column(String(32))


class BallotRevisionRow(Base):
    """How often a ballot has been written to, and its unit's label; erased at close."""

    __tablename__ = "ballot_revision"
    __table_args__ = ({"sqlite_with_rowid": False},)

    wave_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    ballot_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    node_id: Mapped[str] = mapped_column(String(127))
    revision: Mapped[int]


class LiveShareRow(Base):
    """The rounded share of an open wave, as it stood at the hour of ``on_day``; see `live_share`."""

    __tablename__ = "live_share"

    wave_id: Mapped[str] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    on_day: Mapped[date] = mapped_column(Date)
    percent: Mapped[int]


class ContactRow(Base):
    """A message that counts in a person's weekly budget, on a day of campaign time; kept for two weeks.

    A reminder counts for everybody invited, whoever got it: a row never tells who had answered.
    """

    __tablename__ = "contact"

    workspace: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(127), primary_key=True)
    on_day: Mapped[date] = mapped_column(Date, index=True)


class WaveKeyRow(Base):
    """The key of an open wave where the ledger is PostgreSQL: outside the write-ahead log, truncated at close."""

    __tablename__ = "wave_key"

    wave_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class UnitCountRow(Base):
    """What remains of a wave's flags: counts per unit, frozen before anything is erased."""

    __tablename__ = "unit_count"

    wave_id: Mapped[str] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    node_id: Mapped[str] = mapped_column(String(127), primary_key=True)
    acknowledged: Mapped[int]
    with_revision: Mapped[int]


class ApprovalRow(Base):
    """A champion's approval of a wave as it was planned then (``digest``)."""

    __tablename__ = "approval"

    wave_id: Mapped[str] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    member: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    approved_on: Mapped[date] = mapped_column(Date)


class AuditRow(Base):
    """Who opened, approved, stopped or exported; append-only. ``actor`` is a champion or a process."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(127))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(127))


class LeaseRow(Base):
    """Who may tick, until when by the wall clock."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(127))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BotInstanceRow(Base):
    """A running bot and its last sign of life by the wall clock."""

    __tablename__ = "bot_instance"

    id: Mapped[str] = mapped_column(String(127), primary_key=True)
    heartbeat_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DrainedRow(Base):
    """A bot has nothing of this closing wave in flight any more."""

    __tablename__ = "drained"

    wave_id: Mapped[str] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    instance: Mapped[str] = mapped_column(String(127), primary_key=True)
