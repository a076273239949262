"""Committing low-water marks, and nothing else."""

from collections.abc import Callable, Mapping
from time import monotonic

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError, IllegalGenerationError, KafkaError, RebalanceInProgressError
from kafka.structs import OffsetAndMetadata

from services.ingest.errors import IngestStopped
from services.ingest.telemetry import COMMIT_AGE, COMMITS

_REFUSED = (CommitFailedError, RebalanceInProgressError, IllegalGenerationError)
_TIMEOUT_MS = 5_000
_log = structlog.get_logger("draagvlak.ingest")


class Offsets:
    """Remembers what is committed, so that only marks that have moved are sent."""

    def __init__(self, consumer: KafkaConsumer, now: Callable[[], float] = monotonic) -> None:
        self._consumer = consumer
        self._now = now
        self._owed_since: float | None = None
        self._committed: dict[TopicPartition, int] = {}

    def commit(self, marks: Mapping[TopicPartition, int | None]) -> None:
        """Commit the marks that have moved. What a replay mends is not raised. Raises IngestStopped."""
        moved = self._moved(marks)
        self._tell(owed=bool(moved))
        if not moved:
            return
        try:
            self._consumer.commit(_as_offsets(moved), timeout_ms=_TIMEOUT_MS)
        except KafkaError as error:
            self._excuse(error)
        else:
            self._done(moved)

    async def commit_in_listener(self, marks: Mapping[TopicPartition, int | None]) -> None:
        """The same for a rebalance listener, which runs on Kafka's own loop."""
        moved = self._moved(marks)
        if not moved:
            return
        try:
            await self._consumer.commit_async(_as_offsets(moved))
        except KafkaError as error:
            self._excuse(error)
        else:
            self._done(moved)

    def forget(self, partition: TopicPartition) -> None:
        """The partition is somebody else's now."""
        self._committed.pop(partition, None)

    def _moved(self, marks: Mapping[TopicPartition, int | None]) -> dict[TopicPartition, int]:
        return {
            partition: mark
            for partition, mark in marks.items()
            if mark is not None and mark > self._committed.get(partition, -1)
        }

    def _done(self, moved: Mapping[TopicPartition, int]) -> None:
        self._committed.update(moved)
        COMMITS.labels("done").inc()
        self._tell(owed=False)

    def _tell(self, *, owed: bool) -> None:
        """Since when something durable is not committed; told with every round of the loop."""
        if not owed:
            self._owed_since = None
        elif self._owed_since is None:
            self._owed_since = self._now()
        COMMIT_AGE.set(0.0 if self._owed_since is None else self._now() - self._owed_since)

    def _excuse(self, error: KafkaError) -> None:
        if isinstance(error, _REFUSED):
            COMMITS.labels("refused").inc()
            _log.info("a commit came too late; the records are read again", reason=type(error).__name__)
        elif error.retriable:
            COMMITS.labels("failed").inc()
            _log.warning("a commit failed and is tried again", reason=type(error).__name__)
        else:
            raise IngestStopped(
                f"Ingest has stopped: Kafka refuses its commits ({type(error).__name__}). Nothing is lost. Check what "
                "ingest may do with its consumer group."
            ) from error


def _as_offsets(marks: Mapping[TopicPartition, int]) -> dict[TopicPartition, OffsetAndMetadata]:
    return {partition: OffsetAndMetadata(mark, "", -1) for partition, mark in marks.items()}
