"""Ready is who knows how far behind it is; every metric says what it means and what to do."""

from dataclasses import dataclass

import pytest
from kafka import TopicPartition
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from services.ingest import telemetry
from services.ingest.heartbeat import Heartbeat
from services.ingest.lag import Lag


@dataclass
class Partition:
    """How far one is."""

    next_offset: int | None = None
    low_water_mark: int | None = None


class Consumer:
    """Knows the ends that a test sets; reads on at 3."""

    def __init__(self, **ends: int | None) -> None:
        self.ends = ends

    def highwater(self, partition: TopicPartition) -> int | None:
        return self.ends.get(partition.topic)

    def position(self, _partition: TopicPartition) -> int:
        return 3


A, B = TopicPartition("a", 0), TopicPartition("b", 0)


def lag_of(partition: TopicPartition) -> float | None:
    labels = {"topic": partition.topic, "partition": str(partition.partition)}
    return REGISTRY.get_sample_value("draagvlak_ingest_lag_records", labels)


def test_the_lag_is_known_when_every_partition_has_told_its_end() -> None:
    lag, consumer = Lag(), Consumer(a=10)
    partitions = {A: Partition(), B: Partition(next_offset=5, low_water_mark=5)}
    assert lag.tell(consumer, partitions) == "the lag of 1 partitions is not known yet"
    assert (lag_of(A), lag_of(B)) == (7, None)
    consumer.ends["b"] = 5
    assert lag.tell(consumer, partitions) is None
    assert lag_of(B) == 0
    del partitions[A]
    assert lag.tell(consumer, partitions) is None
    assert lag_of(A) is None, "a partition that somebody else has now would seem to lag for ever"
    assert lag.tell(consumer, {}) is None


def test_a_record_that_waits_to_be_durable_is_seen_by_how_long_it_waits() -> None:
    now = 100.0
    lag, consumer, partition = Lag(lambda: now), Consumer(a=10), Partition(next_offset=9, low_water_mark=4)

    def waiting() -> float | None:
        lag.tell(consumer, {A: partition})
        return REGISTRY.get_sample_value("draagvlak_ingest_waiting_seconds")

    assert waiting() == 0
    now = 107.5
    assert waiting() == 7.5
    partition.low_water_mark = 6
    assert waiting() == 0, "it moves, so nothing is stuck"
    now = 110.0
    assert waiting() == 2.5
    partition.low_water_mark = 9
    assert waiting() == 0


def test_live_is_a_loop_that_moved_within_thirty_seconds_and_ready_what_it_waits_for() -> None:
    now = 0.0
    heartbeat = Heartbeat(lambda: now)
    assert heartbeat.ready() == "the consumer has not started yet"
    now = 29.9
    assert heartbeat.live() is None
    now = 30.0
    assert heartbeat.live() == "the consumer's loop has not moved for 30 s"
    heartbeat.tick()
    heartbeat.waiting_for = None
    assert (heartbeat.live(), heartbeat.ready()) == (None, None)


METRICS = [metric for metric in vars(telemetry).values() if isinstance(metric, MetricWrapperBase)]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric._name)
def test_every_metric_says_what_it_means_and_what_to_do(metric: MetricWrapperBase) -> None:
    meaning, _, what_to_do = metric._documentation.partition(" Do: ")
    assert metric._name.startswith(("draagvlak_ingest_", "draagvlak_gateway_"))
    assert len(meaning) > 15
    assert meaning.endswith((".", ")"))
    assert len(what_to_do) > 10
    assert what_to_do.endswith(".")


def test_there_is_no_metric_of_ingest_elsewhere() -> None:
    ours = {
        name for name in REGISTRY._names_to_collectors if name.startswith(("draagvlak_ingest", "draagvlak_gateway"))
    }
    known = {name for metric in METRICS for name in REGISTRY._get_names(metric)}
    assert ours == known
    assert len(METRICS) >= 13
