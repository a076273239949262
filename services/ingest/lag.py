"""How far behind the consumer is: told to operators by topic, and to readiness as soon as it is known."""

from collections import Counter
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Protocol

from kafka import TopicPartition

from services.ingest.telemetry import LAG, WAITING_SECONDS


class Progress(Protocol):
    """How far a partition is (see ``pipeline.Pipeline``)."""

    @property
    def next_offset(self) -> int | None:
        """The offset after the last record taken."""

    @property
    def low_water_mark(self) -> int | None:
        """The first offset that is not durable yet."""


class Ends(Protocol):
    """What a consumer knows of its partitions."""

    def highwater(self, partition: TopicPartition) -> int | None:
        """The end of the partition, once something has been fetched."""

    def position(self, partition: TopicPartition) -> int:
        """Where it reads on; known when the end is known."""


class Lag:
    """Keeps the metrics of the partitions that this process has, and takes back those of topics that it lost."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._told: set[str] = set()
        self._waiting: dict[TopicPartition, tuple[int, float]] = {}

    def tell(self, ends: Ends, partitions: Mapping[TopicPartition, Progress]) -> str | None:
        """Tell the metrics. Gives None when the lag of every partition is known, else one sentence."""
        unknown = 0
        behind: Counter[str] = Counter()
        for partition, progress in partitions.items():
            end = ends.highwater(partition)
            if end is None:
                unknown += 1
                continue
            position = progress.next_offset
            behind[partition.topic] += max(0, end - (ends.position(partition) if position is None else position))
        for topic, records in behind.items():
            LAG.labels(topic).set(records)
        for gone in self._told - behind.keys():
            LAG.remove(gone)
        self._told = set(behind)
        WAITING_SECONDS.set(self._longest_wait(partitions))
        return f"the lag of {unknown} partitions is not known yet" if unknown else None

    def _longest_wait(self, partitions: Mapping[TopicPartition, Progress]) -> float:
        """Seconds that the low-water mark of some partition has not moved although records behind it were read."""
        now = self._now()
        waiting = {}
        for partition, progress in partitions.items():
            mark = progress.low_water_mark
            if mark is None or mark == progress.next_offset:
                continue
            before, since = self._waiting.get(partition, (mark, now))
            waiting[partition] = (mark, since if before == mark else now)
        self._waiting = waiting
        return max((now - since for _, since in waiting.values()), default=0.0)
