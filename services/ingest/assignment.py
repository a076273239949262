"""The partitions that this process has now, one pipeline each, through every rebalance."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from time import monotonic

import structlog
from kafka import TopicPartition
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener

from services.ingest.offsets import Offsets
from services.ingest.pipeline import Pipeline

_log = structlog.get_logger("draagvlak.ingest")


class Assignment(AsyncConsumerRebalanceListener):
    """The pipelines by partition. Kafka calls the listener only while the consumer's thread waits in poll or close.

    A fault in here is kept in ``failure`` for that thread: raised, it would reach it as another one.
    """

    def __init__(self, new_pipeline: Callable[[], Pipeline], offsets: Offsets, flush_seconds: float) -> None:
        self._new_pipeline = new_pipeline
        self._offsets = offsets
        self._flush_seconds = flush_seconds
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
            self.pipelines[partition] = self._new_pipeline()
        self.assigned = True
        _log.info("partitions assigned", count=len(self.pipelines))

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Flush for a bounded time and commit what is durable; what is not, the next owner reads again."""
        going = {partition: self.pipelines.pop(partition) for partition in revoked if partition in self.pipelines}
        self.assigned = False
        if not going or self.failure is not None:
            return
        try:
            self._flush(list(going.values()))
            await self._offsets.commit_in_listener({p: pipeline.low_water_mark for p, pipeline in going.items()})
        except Exception as error:
            self.failure = error

    async def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """Drop the pipelines: the partitions are somebody else's already."""
        for partition in lost:
            self.pipelines.pop(partition, None)
            self._offsets.forget(partition)
        self.assigned = False
        _log.warning("partitions lost; their records are read again")

    def _flush(self, pipelines: list[Pipeline]) -> None:
        """In a thread of its own, so that an insert that hangs cannot hold up the group past the session timeout."""
        deadline = monotonic() + self._flush_seconds

        def flush() -> None:
            for pipeline in pipelines:
                pipeline.close()
                pipeline.join(deadline)

        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="flush")
        running: Future[None] = pool.submit(flush)
        try:
            running.result(timeout=self._flush_seconds + 0.5)
        except FutureTimeout:
            _log.warning("a flush at a rebalance took too long; the records are read again")
        finally:
            pool.shutdown(wait=False)
