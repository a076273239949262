"""The last step: gathers what the partitions submit and makes it durable, with patience where that helps."""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

from kafka.consumer.fetcher import ConsumerRecord

from services.ingest.batch import Batch, Limits
from services.ingest.decode import Decoded
from services.ingest.errors import IngestStopped, Unavailable
from services.ingest.letters import Letter
from services.ingest.telemetry import RETRIES
from services.ingest.tracing import of_flush
from services.ingest.tracker import LowWaterMark
from services.ingest.writing import Writer
from services.runtime.causes.obstacle import Obstacle

FIRST_RETRY_SECONDS: Final = 0.1
LONGEST_RETRY_SECONDS: Final = 10.0
CAPPED_SECONDS: Final = 120.0
"""How long a fault that may last for ever (too many partitions) is tried again."""


class Flush:
    """One batch at a time for all partitions of this process.

    ``submit`` takes a record, ``poll`` does what time asks for, ``close`` ends the taking, ``join`` makes the rest
    durable. A mark is told of a record only when everything of its batch is durable. All may raise IngestStopped, after
    which nothing may be submitted or committed any more; not one of them drops a record. ``abandon`` is for who will
    not wait for the rest: ``obstacle`` outlives this step, and is told only what somebody waits for.
    """

    def __init__(
        self, writer: Writer, limits: Limits, obstacle: Obstacle, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._writer = writer
        self._limits = limits
        self._obstacle = obstacle
        self._now = now
        self._batch: Batch | None = None
        self._closed = False
        self._abandoned = False
        self._telling = threading.Lock()
        self._failures = 0
        self._failing_since = 0.0
        self._retry_at = 0.0

    @property
    def held(self) -> bool:
        """Whether the last flush has failed: partitions are to be paused until ``poll`` succeeds."""
        return self._failures > 0

    def submit(self, record: ConsumerRecord, decoded: Decoded | Letter, mark: LowWaterMark) -> None:
        """Take one record. Flushes when the batch is full, unless held: then it grows by what was polled already."""
        if self._closed:
            raise RuntimeError("a record was submitted after the close")
        if self._batch is None:
            self._batch = Batch(self._now())
        self._batch.add(record, decoded, mark)
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
        """Flush the rest, trying again until ``deadline`` (on this step's clock). Gives whether all is durable."""
        while (batch := self._batch) is not None:
            self._flush(batch)
            if self._batch is not None:
                if self._retry_at >= deadline:
                    self._tell(self._obstacle.let_go)  # who takes over the partitions meets it too
                    return False
                time.sleep(max(0.0, self._retry_at - self._now()))
        return True

    def abandon(self) -> None:
        """Nobody waits for the rest any more; a flush that another thread is in may still end, and tells nothing."""
        with self._telling:
            self._abandoned = True
            self._obstacle.let_go()

    def _tell(self, news: Callable[[], None]) -> None:
        with self._telling:
            if not self._abandoned:
                news()

    def _flush(self, batch: Batch) -> None:
        try:
            with of_flush(batch):
                self._writer.write(batch)
        except Unavailable as error:
            self._hold(error)
            return
        self._tell(self._obstacle.gone)
        batch.settle()
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
        self._tell(lambda: self._obstacle.met(error))
