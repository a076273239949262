"""The pipeline of one partition: reads its records in order and knows how far they are durable."""

from collections.abc import Iterable

from kafka.consumer.fetcher import ConsumerRecord

from services.contracts.topics import TopicName
from services.ingest.decode import decode
from services.ingest.flushing import Flush
from services.ingest.invalid_share import InvalidShare
from services.ingest.letters import Letter
from services.ingest.quick import QuickAnswers
from services.ingest.telemetry import DEAD_LETTERS, RECORDS, UNKNOWN_FIELDS
from services.ingest.tracker import LowWaterMark
from services.ingest.waves import KnownWaves


class Pipeline:
    """Tracks, decodes and hands on every record of one partition: valid, outdated and broken ones alike."""

    def __init__(self, topic: str, flush: Flush, waves: KnownWaves, share: InvalidShare) -> None:
        self._valid = RECORDS.labels(topic, "valid")
        self._invalid = RECORDS.labels(topic, "dead_letter")
        self._flush = flush
        self._waves = waves
        self._share = share
        self._quick = QuickAnswers(waves) if topic == TopicName.ANSWERS else None
        self._mark = LowWaterMark()

    @property
    def low_water_mark(self) -> int | None:
        """The first offset that is not durable yet: what may be committed. None before the first record."""
        return self._mark.value

    @property
    def next_offset(self) -> int | None:
        """The offset after the last record taken. None before the first record."""
        return self._mark.next

    def submit(self, records: Iterable[ConsumerRecord]) -> None:
        """Take records, in order. Raises IngestStopped, also when too many are invalid: then the rest is not taken."""
        valid = 0
        try:
            for record in records:
                valid += self._take(record)
        finally:
            self._valid.inc(valid)

    def _take(self, record: ConsumerRecord) -> bool:
        """Take one record; gives whether it is valid."""
        self._mark.received(record.offset)
        quick = self._quick.decode(record.value) if self._quick is not None else None
        decoded = decode(record, self._waves) if quick is None else quick
        invalid = isinstance(decoded, Letter)
        if isinstance(decoded, Letter):
            DEAD_LETTERS.labels(record.topic, decoded.error_class).inc()
            self._invalid.inc()
        elif decoded.unknown_fields:
            UNKNOWN_FIELDS.labels(record.topic).inc(decoded.unknown_fields)
        self._share.observe(invalid=invalid)
        self._flush.submit(record, decoded, self._mark)
        return not invalid
