"""Trace context in the headers of Kafka's records: of those that no person stands behind, and of no others."""

from collections.abc import Iterable
from typing import Final

from kafka.consumer.fetcher import ConsumerRecord

from services.contracts.topics import TopicName
from services.runtime.tracing import spans
from services.runtime.tracing.context import TraceContext, parse

TRACED: Final = frozenset({TopicName.WAVES, TopicName.ANNOUNCEMENTS, TopicName.OUTCOMES, TopicName.DEAD_LETTERS})
"""Answers and comments are not among them: a span has a time, and a record that leads to a span has the moment at which
somebody answered. Their timestamps are the day of opening for the same reason (contracts.topics)."""

HEADER: Final = "traceparent"


def headers(topic: str) -> list[tuple[str, bytes]]:
    """The headers of a record that is written to ``topic`` now. The only way to headers that there is."""
    if topic not in TRACED:
        return []
    here = spans.current()
    return [] if here is None else [(HEADER, here.traceparent.encode("ascii"))]


def carried(records: Iterable[ConsumerRecord]) -> set[TraceContext]:
    """The traces that records of these topics say they belong to; what cannot be read belongs to none."""
    found = set()
    for record in records:
        if record.topic not in TRACED:
            continue
        for name, value in record.headers or ():
            context = parse(value.decode("ascii", "replace")) if name == HEADER and value else None
            if context is not None:
                found.add(context)
    return found
