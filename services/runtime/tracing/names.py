"""Every span and attribute that there can be. None can hold a person, a team, a question, an answer or a ballot."""

from enum import StrEnum
from typing import Final

from services.contracts.floors import DISTRIBUTION_FLOOR

FEWEST_PEOPLE: Final = DISTRIBUTION_FLOOR
"""A span around answers or comments is never of fewer people; a share or a comment is not published of fewer either."""


class SpanName(StrEnum):
    """What is timed."""

    WAVE_OPEN = "wave.open"
    WAVE_SEND = "wave.send"
    WAVE_CLOSE = "wave.close"
    ANSWERS_STORED = "answers.stored"
    PUBLISH = "event.publish"
    FLUSH = "ingest.flush"
    INSERT = "ingest.insert"
    RELEASE_REWRITE = "wave.release.rewrite"
    RELEASE_COMPUTE = "wave.release.compute"
    RELEASE_STORE = "wave.release.store"
    REQUEST = "request"


class Attribute(StrEnum):
    """What a span can tell beside its time."""

    WAVE = "draagvlak.wave"
    ROWS = "draagvlak.rows"
    MESSAGES = "draagvlak.messages"
    TABLE = "db.collection.name"
    TOPIC = "messaging.destination.name"
    METHOD = "http.request.method"
    ROUTE = "http.route"
    STATUS = "http.response.status_code"
    ERROR = "error.type"


def band(count: int) -> str:
    """A count as it may be told: its order of magnitude."""
    return f"{10 ** (len(str(count)) - 1)}+" if count > 0 else "0"
