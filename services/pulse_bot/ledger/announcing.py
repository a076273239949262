"""The tables of what is told to everybody: announcements, promises, concerns, posts in channels; and the outbox.

No table here connects a person with words that were promised to be anonymous: a concern has no member at all.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.pulse_bot.ledger.models import Base, UtcDateTime


class AnnouncementState(StrEnum):
    """The life of an announcement. ``approved`` is being brought out; a correction of a published one stays there."""

    DRAFT = "draft"
    APPROVED = "approved"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class PostState(StrEnum):
    """The life of one post in one channel. ``claimed`` is taken for posting and not yet confirmed; ``uncertain`` may
    or may not stand there, and a person decides."""

    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class ConcernState(StrEnum):
    """The life of a concern."""

    WAITING = "waiting"
    POSTED = "posted"
    ANSWERED = "answered"


class AnnouncementRow(Base):
    """An announcement. ``document`` is what it says now, ``shown_revision`` the revision that its readers see."""

    __tablename__ = "announcement"

    id: Mapped[str] = mapped_column(String(127), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(63), index=True)
    state: Mapped[str] = mapped_column(String(10), index=True)
    document: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    shown_document: Mapped[str | None] = mapped_column(Text)
    shown_revision: Mapped[int | None]
    author: Mapped[str | None] = mapped_column(String(32))
    told: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    corrected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seed: Mapped[str | None] = mapped_column(String(32))
    steps: Mapped[list[Any] | None] = mapped_column(JSON)


class AnnouncementApprovalRow(Base):
    """A champion's approval of one revision of an announcement."""

    __tablename__ = "announcement_approval"

    announcement_id: Mapped[str] = mapped_column(ForeignKey("announcement.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    member: Mapped[str] = mapped_column(String(32), primary_key=True)


class ChannelPostRow(Base):
    """One post in one channel: of an announcement, the results of a wave, a digest, a concern or its answer."""

    __tablename__ = "channel_post"

    subject: Mapped[str] = mapped_column(String(160), primary_key=True)
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(9), index=True)
    ts: Mapped[str | None] = mapped_column(String(32))
    revision: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str | None] = mapped_column(String(80))


class PromiseRow(Base):
    """Something promised, by whom (a role or a name, public by choice), by when, and what became of it."""

    __tablename__ = "promise"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(63), index=True)
    text_nl: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(120))
    due: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(8))
    said_nl: Mapped[str | None] = mapped_column(Text)
    said_en: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConcernRow(Base):
    """A concern, of nobody: no member, no moment; sorted by its random id, so that the order of arrival is lost."""

    __tablename__ = "concern"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(63))
    state: Mapped[str] = mapped_column(String(8), index=True)
    text: Mapped[str] = mapped_column(Text)
    post_at: Mapped[datetime] = mapped_column(UtcDateTime)
    question: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)


class BuddyRow(Base):
    """Someone who signed up by name as AI buddy: a choice of its own, never taken from answers."""

    __tablename__ = "buddy"

    workspace: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[str] = mapped_column(String(32), primary_key=True)
    since: Mapped[date] = mapped_column(Date)


class CommentedRow(Base):
    """Someone has given the open wave's comment (one a person a wave); erased at close. Never which comment."""

    __tablename__ = "commented"
    __table_args__ = ({"sqlite_with_rowid": False},)

    wave_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    workspace: Mapped[str] = mapped_column(String(32), primary_key=True)
    member: Mapped[str] = mapped_column(String(32), primary_key=True)


class PhaseChangeRow(Base):
    """A team's phase from a date on, as a champion set it; waves that opened before keep theirs."""

    __tablename__ = "phase_change"

    campaign_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    node_id: Mapped[str] = mapped_column(String(127), primary_key=True)
    starts_on: Mapped[date] = mapped_column(Date, primary_key=True)
    phase: Mapped[str] = mapped_column(String(12))


class OutboxRow(Base):
    """An event that Kafka does not have yet; removed after its acknowledgement."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(160))
    body: Mapped[str] = mapped_column(Text)


class ReleaseRow(Base):
    """What was released of a wave, as the metrics API serves it to everybody."""

    __tablename__ = "release"

    wave_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    content: Mapped[str] = mapped_column(Text)


class WaveErrandRow(Base):
    """Something that is done once for a wave (or a day), such as counting reactions at its close, and is done."""

    __tablename__ = "wave_errand"

    subject: Mapped[str] = mapped_column(String(127), primary_key=True)
    errand: Mapped[str] = mapped_column(String(20), primary_key=True)


class ForgottenRow(Base):
    """A keyed fingerprint of someone who asked to be forgotten, so that a roster does not bring them back."""

    __tablename__ = "forgotten"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
