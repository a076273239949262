"""The topics of Kafka, and the time that records of answers carry."""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final

from pydantic import Field

from services.contracts.base import Value

_DAY_MS: Final = 24 * 60 * 60 * 1000


class TopicName(StrEnum):
    """Every topic; the version is part of the name."""

    WAVES = "pulse.waves.v1"
    ANSWERS = "pulse.answers.v1"
    COMMENTS = "pulse.comments.v1"
    ANNOUNCEMENTS = "pulse.announcements.v1"
    OUTCOMES = "pulse.outcomes.v1"
    DEAD_LETTERS = "pulse.dead-letters.v1"


class Topic(Value):
    """A topic as it is created: partitions, whether it is compacted, how long records are kept (ms; None for ever)."""

    name: TopicName
    partitions: int = Field(ge=1)
    compacted: bool = False
    retention_ms: int | None = None
    barrier: bool = False
    """Whether a wave ends with a marker in each partition of this topic."""


TOPICS: Final[dict[TopicName, Topic]] = {
    topic.name: topic
    for topic in (
        Topic(name=TopicName.WAVES, partitions=1, compacted=True),
        Topic(name=TopicName.ANSWERS, partitions=12, retention_ms=45 * _DAY_MS, barrier=True),
        Topic(name=TopicName.COMMENTS, partitions=3, retention_ms=45 * _DAY_MS, barrier=True),
        Topic(name=TopicName.ANNOUNCEMENTS, partitions=1, compacted=True),
        Topic(name=TopicName.OUTCOMES, partitions=1, retention_ms=30 * _DAY_MS),
        Topic(name=TopicName.DEAD_LETTERS, partitions=1, retention_ms=30 * _DAY_MS),
    )
}


def record_timestamp_ms(opened_on: date) -> int:
    """The timestamp of every record of answers and comments of a wave: midnight UTC of the *real* day it was opened.

    Never the moment of a click, and never campaign time, which a broker may take for the future. Milliseconds.
    """
    return int(datetime.combine(opened_on, time(), UTC).timestamp() * 1000)
