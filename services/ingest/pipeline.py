"""The pipeline of one partition: four verbs, and a low-water mark."""

import secrets
import time
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog
from kafka.consumer.fetcher import ConsumerRecord

from services.ingest.batch import Batch, Limits
from services.ingest.decode import decode
from services.ingest.errors import IngestStopped, Unavailable
from services.ingest.invalid_share import InvalidShare
from services.ingest.letters import Letter
from services.ingest.telemetry import DEAD_LETTERS, RECORDS, RETRIES, UNKNOWN_FIELDS
from services.ingest.tracker import LowWaterMark
from services.ingest.waves import KnownWaves
from services.ingest.writing import Writer

FIRST_RETRY_SECONDS: Final = 0.1
LONGEST_RETRY_SECONDS: Final = 10.0
CAPPED_SECONDS: Final = 120.0
"""How long a fault that may last for ever (too many partitions) is tried again."""

_log = structlog.get_logger("draagvlak.ingest")


class Pipeline:
    """Takes the records of one partition in order and makes them durable in order.

    ``submit`` takes a record, ``poll`` does what time asks for, ``close`` ends the taking, ``join`` makes the rest
    durable. ``low_water_mark`` is what may be committed after any of them. All four raise IngestStopped, after which
    nothing more may be submitted or committed; not one of them drops a record.
    """

    def __init__(
        self,
        writer: Writer,
        waves: KnownWaves,
        share: InvalidShare,
        limits: Limits,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._writer = writer
        self._waves = waves
        self._share = share
        self._limits = limits
        self._now = now
        self._mark = LowWaterMark()
        self._batch: Batch | None = None
        self._closed = False
        self._failures = 0
        self._failing_since = 0.0
        self._retry_at = 0.0

    @property
    def low_water_mark(self) -> int | None:
        """The first offset that is not durable yet: what may be committed. None before the first record."""
        return self._mark.value

    @property
    def next_offset(self) -> int | None:
        """The offset after the last record taken. None before the first record."""
        return self._mark.next

    @property
    def held(self) -> bool:
        """Whether a flush has failed: the partition is to be paused until ``poll`` succeeds with it."""
        return self._failures > 0

    def submit(self, record: ConsumerRecord) -> None:
        """Take one record; flushes when the batch is full, unless held (then it grows by what was polled already)."""
        if self._closed:
            raise RuntimeError("the pipeline is closed")
        self._mark.received(record.offset)
        decoded = decode(record, self._waves)
        if isinstance(decoded, Letter):
            DEAD_LETTERS.labels(record.topic, decoded.error_class).inc()
        elif decoded.unknown_fields:
            UNKNOWN_FIELDS.labels(record.topic).inc(decoded.unknown_fields)
        RECORDS.labels(record.topic, "dead_letter" if isinstance(decoded, Letter) else "valid").inc()
        self._share.observe(invalid=isinstance(decoded, Letter))
        if self._batch is None:
            self._batch = Batch(self._now())
        self._batch.add(record, decoded)
        if self._batch.full(self._limits) and not self.held:
            self._flush(self._batch)

    def poll(self) -> None:
        """Flush what has waited long enough, and try again what has failed."""
        batch = self._batch
        if batch is None:
            return
        due = self._retry_at if self.held else batch.started + self._limits.seconds
        if self._now() >= due:
            self._flush(batch)

    def close(self) -> None:
        """Take no more records."""
        self._closed = True

    def join(self, deadline: float) -> bool:
        """Flush the rest, trying again until ``deadline`` (monotonic). Gives whether everything is durable."""
        while (batch := self._batch) is not None:
            self._flush(batch)
            if self._batch is not None:
                if self._retry_at >= deadline:
                    return False
                _sleep_until(self._retry_at, self._now)
        return True

    def _flush(self, batch: Batch) -> None:
        try:
            self._writer.write(batch)
        except Unavailable as error:
            self._hold(error)
            return
        for offset in batch.offsets:
            self._mark.settled(offset)
        self._batch = None
        self._failures = 0

    def _hold(self, error: Unavailable) -> None:
        if not self._failures:
            self._failing_since = self._now()
        elif error.capped and self._now() - self._failing_since > CAPPED_SECONDS:
            raise IngestStopped(
                f"Ingest has stopped: an insert has failed for {CAPPED_SECONDS:.0f} s and will not get better by "
                f"itself ({error}). Nothing is lost; mend the cause and start ingest again."
            ) from error
        longest = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2**self._failures)
        self._failures = min(self._failures + 1, 30)
        self._retry_at = self._now() + longest * (500 + secrets.randbelow(501)) / 1000
        RETRIES.inc()
        _log.warning("flush failed, trying again", reason=str(error), attempt=self._failures)


def _sleep_until(moment: float, now: Callable[[], float]) -> None:
    time.sleep(max(0.0, moment - now()))
