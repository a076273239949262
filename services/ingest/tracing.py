"""The span of a flush: of ten people and more, or none; it tells no place in a partition and leads to no record."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.ingest.batch import Batch
from services.runtime.tracing import spans
from services.runtime.tracing.context import of_wave
from services.runtime.tracing.names import FEWEST_PEOPLE, Attribute, SpanName, band
from services.runtime.tracing.records import carried


@contextmanager
def of_flush(batch: Batch) -> Iterator[None]:
    """A span of writing ``batch``, linked to the waves in it and to the traces that its other records carry.

    None where it holds something of fewer than FEWEST_PEOPLE: the moment of a small batch is that of somebody's answer.
    """
    if not spans.enabled() or 0 < batch.people < FEWEST_PEOPLE:
        yield
        return
    with spans.span(SpanName.FLUSH) as span:
        if span.recording:
            span.tell(Attribute.ROWS, band(batch.rows))
            for wave_id in sorted(batch.waves):
                span.link(of_wave(wave_id))
            for context in carried(batch.records()):
                span.link(context)
        yield
