"""Ready is who knows how far behind it is, and operators are told how far that is."""

from dataclasses import dataclass

from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError
from prometheus_client import REGISTRY

from services.ingest.heartbeat import Heartbeat
from services.ingest.lag import Lag
from services.ingest.offsets import Offsets
from services.ingest.process import Ingest
from services.ingest.settings import IngestSettings
from tests.obstacles import obstacle


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
    return REGISTRY.get_sample_value("draagvlak_ingest_lag_records", {"topic": partition.topic})


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


def test_the_lag_of_a_topic_is_that_of_all_its_partitions_and_never_of_one() -> None:
    Lag().tell(Consumer(a=10), {A: Partition(), TopicPartition("a", 1): Partition(next_offset=8)})
    assert lag_of(A) == 7 + 2, "a partition beside a moment would narrow down a ballot"


def test_the_age_of_a_commit_is_told_until_kafka_has_taken_it() -> None:
    now = 100.0
    broken = [KafkaTimeoutError(), KafkaTimeoutError(), None, None]

    class Kafka:
        def commit(self, *_: object, **__: object) -> None:
            fault = broken.pop(0)
            if fault is not None:
                raise fault

    def age(mark: int) -> float | None:
        offsets.commit({A: mark})
        return REGISTRY.get_sample_value("draagvlak_ingest_commit_age_seconds")

    offsets = Offsets(Kafka(), lambda: now)  # type: ignore[arg-type]
    assert age(1) == 0
    now = 130.0
    assert age(2) == 30
    now = 131.0
    assert age(2) == 0
    now = 200.0
    assert age(2) == 0, "everything durable is committed"
    assert age(3) == 0


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
    assert heartbeat.live() == "the consumer's thread has not moved for 30 s"
    heartbeat.tick()
    heartbeat.waiting_for = None
    assert (heartbeat.live(), heartbeat.ready()) == (None, None)


def test_an_attempt_at_the_start_may_take_kafkas_time_and_counts_as_dead_only_long_after() -> None:
    now = 0.0
    heartbeat = Heartbeat(lambda: now)
    ingest = Ingest(IngestSettings(), heartbeat)
    said: list[str | None] = []

    def slow() -> None:
        nonlocal now
        for _ in range(3):
            now += 59
            said.append(heartbeat.live())

    assert ingest._until(obstacle(), slow)
    assert said == [None, None, "the consumer's thread has not moved for 177 s"]
