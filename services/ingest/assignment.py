"""The partitions that this process has now, one pipeline each, through every rebalance."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from time import monotonic

import structlog
from kafka import TopicPartition
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener

from services.ingest.flushing import Flush
from services.ingest.offsets import Offsets
from services.ingest.pipeline import Pipeline

_log = structlog.get_logger("draagvlak.ingest")


class Assignment(AsyncConsumerRebalanceListener):
    """The pipelines by partition, and the step that they share: a new one after every revocation.

    Kafka calls the listener only while the consumer's thread waits in poll or close. A fault in here is kept in
    ``failure`` for that thread: raised, it would reach it as another one.
    """

    def __init__(
        self,
        new_flush: Callable[[], Flush],
        new_pipeline: Callable[[str, Flush], Pipeline],
        offsets: Offsets,
        flush_seconds: float,
        *,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._new_flush = new_flush
        self._new_pipeline = new_pipeline
        self._offsets = offsets
        self._flush_seconds = flush_seconds
        self._now = now
        self.flush = new_flush()
        self.pipelines: dict[TopicPartition, Pipeline] = {}
        self.assigned = False
        self.failure: Exception | None = None

    def marks(self) -> dict[TopicPartition, int | None]:
        """The low-water mark of every partition."""
        return {partition: pipeline.low_water_mark for partition, pipeline in self.pipelines.items()}

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin a new pipeline for each: reading goes on from what is committed."""
        for partition in assigned:
            self._offsets.forget(partition)
            self.pipelines[partition] = self._new_pipeline(partition.topic, self.flush)
        self.assigned = True
        _log.info("partitions assigned", count=len(self.pipelines))

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Flush for a bounded time and commit what is durable; what is not, the next owner reads again."""
        self.assigned = False
        if self.failure is None and set(revoked):
            try:
                self._flush_bounded()
                await self._offsets.commit_in_listener(self.marks())
            except Exception as error:
                self.failure = error
        self._forget()

    async def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """Flush and commit nothing: the partitions are somebody else's already."""
        self.assigned = False
        self._forget()
        _log.warning("partitions lost; their records are read again", count=len(set(lost)))

    def _forget(self) -> None:
        """Drop everything: in the eager protocol, which this consumer speaks, all partitions go at once."""
        for partition in self.pipelines:
            self._offsets.forget(partition)
        self.pipelines.clear()
        self.flush.abandon()
        self.flush = self._new_flush()

    def _flush_bounded(self) -> None:
        """In a thread of its own, so that an insert that hangs cannot hold up the group past the session timeout.

        When that happens, the thread ends by itself; what it still settles is never committed, and what it meets is
        told to nobody.
        """
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="flush")
        try:
            pool.submit(self.flush.join, self._now() + self._flush_seconds).result(self._flush_seconds + 0.5)
        except FutureTimeout:
            _log.warning("a flush at a rebalance took too long; the records are read again")
        finally:
            pool.shutdown(wait=False)
