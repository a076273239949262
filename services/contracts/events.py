"""Every event that services exchange through Kafka, one model each.

The envelope is ``type``, ``version``, ``event_id``. Answers and comments carry no time at all, no member and
nothing that leads to one. Evolution is additive: readers ignore fields that they do not
know, and count them (see ``wire.parse``).
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from services.contracts.base import BallotId, Identifier, ItemId, Text, WaveId
from services.contracts.campaign import Thresholds
from services.contracts.survey import Item
from services.contracts.topics import TopicName
from services.contracts.tree import WaveNode

Count = Annotated[int, Field(ge=0)]
Revision = Annotated[int, Field(ge=0, le=2**32 - 1)]


class Event(BaseModel):
    """The envelope of every event. ``event_id`` is random and says nothing of when or by whom."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    event_id: UUID = Field(default_factory=uuid4)


class WaveOpened(Event):
    """A wave has opened: what is asked, with which floors, of which tree. Key: wave_id."""

    type: Literal["wave.opened"] = "wave.opened"
    wave_id: WaveId
    campaign_id: WaveId
    title: Text
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    items: tuple[Item, ...] = Field(min_length=1)
    thresholds: Thresholds = Thresholds()
    nodes: tuple[WaveNode, ...] = Field(min_length=1)
    imported: bool = Field(default=False, description="an existing survey, taken in as a wave")

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closes_at <= self.opens_at:
            raise ValueError("a wave closes after it opens")
        return self


class UnitCount(BaseModel):
    """What the ledger knows of a unit at close: ballots acknowledged by Kafka, and ballots that took a revision at all.

    A timed-out answer may have landed, so the number stored lies between the two.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    node_id: Identifier
    acknowledged: Count
    with_revision: Count

    @model_validator(mode="after")
    def _acknowledged_took_a_revision(self) -> Self:
        if self.acknowledged > self.with_revision:
            raise ValueError("more ballots acknowledged than took a revision")
        return self


class WaveClosed(Event):
    """A wave has closed: no answer follows, every marker has been written. Key: wave_id and "closed"."""

    type: Literal["wave.closed"] = "wave.closed"
    wave_id: WaveId
    closed_at: AwareDatetime
    units: tuple[UnitCount, ...] = Field(min_length=1)


class AnswerGiven(Event):
    """One answer of a ballot; ``value`` None: rather not say. A higher revision replaces a lower. Key: ballot_id."""

    type: Literal["answer.given"] = "answer.given"
    wave_id: WaveId
    ballot_id: BallotId
    node_id: Identifier
    item_id: ItemId
    value: Annotated[int, Field(ge=1, le=11, strict=True)] | None
    revision: Revision


class BallotWithdrawn(Event):
    """Everything that the ballot answered up to ``revision`` is taken back. Key: ballot_id."""

    type: Literal["ballot.withdrawn"] = "ballot.withdrawn"
    wave_id: WaveId
    ballot_id: BallotId
    revision: Revision


class WaveEnd(Event):
    """The closing marker, one in each partition of answers and comments: nothing of the wave follows there."""

    type: Literal["wave.end"] = "wave.end"
    wave_id: WaveId


class CommentGiven(Event):
    """A comment at organisation level, without any ballot. Key: comment_id."""

    type: Literal["comment.given"] = "comment.given"
    comment_id: BallotId
    wave_id: WaveId
    question: ItemId
    text: str = Field(min_length=1, max_length=3000)


class AnnouncementKind(StrEnum):
    """What is announced."""

    SUCCESS = "success"
    TRAINING = "training"
    KICKOFF = "kickoff"
    POLICY = "policy"
    BUDDY = "buddy"
    PROMISE = "promise"


class Figure(BaseModel):
    """A measured figure of an announcement or outcome, such as 30 % faster administration over a period."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: float = Field(allow_inf_nan=False)
    unit: str = Field(min_length=1, max_length=60)
    period: str = Field(min_length=1, max_length=120)


class _Announcement(Event):
    announcement_id: Identifier
    kind: AnnouncementKind
    title: Text
    story: Text
    audience: tuple[Identifier, ...] = Field(min_length=1)
    figure: Figure | None = None


class AnnouncementDrafted(_Announcement):
    """A draft from a business system, waiting for a champion. Key: announcement_id."""

    type: Literal["announcement.drafted"] = "announcement.drafted"


class StaggeredStep(BaseModel):
    """When a staggered announcement reaches which nodes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    nodes: tuple[Identifier, ...] = Field(min_length=1)
    at: AwareDatetime


class _Published(_Announcement):
    """``steps``: a staggered release, in the team order that ``seed`` draws; empty where all heard at once."""

    published_at: AwareDatetime
    seed: Annotated[int, Field(ge=0)] | None = None
    steps: tuple[StaggeredStep, ...] = ()


class AnnouncementPublished(_Published):
    """An announcement has reached its audience (nodes of the tree). Key: announcement_id."""

    type: Literal["announcement.published"] = "announcement.published"


class AnnouncementCorrected(_Published):
    """A published announcement reads differently from now on. Key: announcement_id."""

    type: Literal["announcement.corrected"] = "announcement.corrected"
    corrected_at: AwareDatetime


class ReactionsCounted(Event):
    """Reactions to an announcement as of a moment, per emoji, for the whole audience.

    Key: announcement_id and "reactions", so that in the compacted topic they do not replace its words.
    """

    type: Literal["announcement.reactions"] = "announcement.reactions"
    announcement_id: Identifier
    as_of: AwareDatetime
    reactions: dict[str, Count]


class ConcernAnswered(Event):
    """A published concern and its public answer; nothing of who raised it. Key: concern_id."""

    type: Literal["concern.answered"] = "concern.answered"
    concern_id: Identifier
    question: str = Field(min_length=1, max_length=3000)
    answer: str = Field(min_length=1, max_length=3000)
    answered_at: AwareDatetime


class PromiseState(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    KEPT = "kept"
    NOT_KEPT = "not_kept"


class PromiseRecorded(Event):
    """A promise: owner (a role or name, public by choice), due date, what became of it. Key: promise_id."""

    type: Literal["promise.recorded"] = "promise.recorded"
    promise_id: Identifier
    text: Text
    owner: str = Field(min_length=1, max_length=120)
    due: date
    state: PromiseState
    recorded_at: AwareDatetime
    said: Text | None = Field(default=None, description="what people had said, which the promise answers")


class OutcomeMeasured(Event):
    """A business figure of a node over a period, such as minutes per file. Key: outcome_id."""

    type: Literal["outcome.measured"] = "outcome.measured"
    outcome_id: Identifier
    node_id: Identifier
    measure: Identifier
    value: float = Field(allow_inf_nan=False)
    unit: str = Field(min_length=1, max_length=60)
    period_start: date
    period_end: date

    @model_validator(mode="after")
    def _period_runs_forward(self) -> Self:
        if self.period_end < self.period_start:
            raise ValueError("the period ends before it starts")
        return self


class DeadLetter(Event):
    """A record that was not understood: raw bytes (base64), where it came from, and why. Key: the source's key.

    Those of answers and comments never travel this way: they go to the restricted table alone, without an offset.
    """

    type: Literal["dead.letter"] = "dead.letter"
    source_topic: TopicName
    source_partition: Count
    source_offset: Count
    error_class: str = Field(min_length=1, max_length=120)
    error_text: str = Field(max_length=2000)
    raw: str


EVENTS_OF: dict[TopicName, tuple[type[Event], ...]] = {
    TopicName.WAVES: (WaveOpened, WaveClosed),
    TopicName.ANSWERS: (AnswerGiven, BallotWithdrawn, WaveEnd),
    TopicName.COMMENTS: (CommentGiven, WaveEnd),
    TopicName.ANNOUNCEMENTS: (
        AnnouncementDrafted,
        AnnouncementPublished,
        AnnouncementCorrected,
        ReactionsCounted,
        ConcernAnswered,
        PromiseRecorded,
    ),
    TopicName.OUTCOMES: (OutcomeMeasured,),
    TopicName.DEAD_LETTERS: (DeadLetter,),
}
"""Which events each topic carries."""
