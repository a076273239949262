"""What readiness says of a store that refuses: until it takes records again, or nobody waits for that any more."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from time import monotonic, sleep

import pytest
from kafka import TopicPartition

from services.contracts.topics import TopicName
from services.ingest.assignment import Assignment
from services.ingest.batch import Limits
from services.ingest.causes import Obstacles
from services.ingest.consumer import SOURCES, Consumer
from services.ingest.errors import Unavailable
from services.ingest.flushing import Flush
from services.ingest.heartbeat import Heartbeat
from services.ingest.invalid_share import InvalidShare
from services.ingest.offsets import Offsets
from services.ingest.pipeline import Pipeline
from services.ingest.tables import Table
from services.ingest.waves import KnownWaves
from services.ingest.writing import Writer
from services.runtime.causes import Cause
from services.runtime.causes.obstacle import Obstacle
from tests.kafka.fake import FakeBroker
from tests.obstacles import obstacle
from tests.unit.ingest.fakes import FakeFacts, FakeLetterBox, FakeStore, answer

EXPIRED = Cause("the certificate of ClickHouse has expired", "renew it")
PLACE = TopicPartition(TopicName.ANSWERS, 0)


class Member:
    """An ingest process whose time is the test's, with one answer to read."""

    def __init__(self, store: FakeStore) -> None:
        self.now, self.broker = 0.0, FakeBroker()
        for topic in SOURCES:
            self.broker.create(topic, 1)
        self.broker.producer().send(TopicName.ANSWERS, answer(1), b"k")
        self.kafka = self.broker.consumer("pulse-ingest")
        self.storing = Obstacle("what ingest writes to", lambda _: EXPIRED)
        self.heartbeat = Heartbeat(self._time)
        waves, share, offsets = KnownWaves(FakeFacts(), self._time), InvalidShare(), Offsets(self.kafka)
        writer, limits = Writer(store, FakeLetterBox(), waves), Limits(rows=7, size=10**6, seconds=1.0)
        self.assignment = Assignment(
            lambda: Flush(writer, limits, self.storing, self._time),
            lambda topic, flush: Pipeline(topic, flush, waves, share),
            offsets,
            0.0,
            now=self._time,
        )
        obstacles = Obstacles(obstacle(), self.storing)
        self.consumer = Consumer(
            self.kafka, self.assignment, offsets, waves, self.heartbeat, obstacles=obstacles, now=self._time
        )
        self.consumer.join()

    def _time(self) -> float:
        return self.now

    def round(self) -> str | None:
        """A round of the loop some seconds later; gives what readiness says."""
        self.now += 20
        self.consumer.round()
        return self.heartbeat.ready()


def until(condition: Callable[[], bool]) -> None:
    end = monotonic() + 60
    while not condition():
        assert monotonic() < end, "it did not happen within 60 s"
        sleep(0.005)


@pytest.mark.parametrize("how", ["lost", "revoked"])
def test_who_has_lost_what_the_store_refused_is_ready_again_with_nothing_to_store(how: str) -> None:
    store = FakeStore()
    store.fail_before = True
    member = Member(store)
    until(lambda: EXPIRED.sentence == member.round())
    if how == "lost":
        member.broker.evict(member.kafka)
    else:
        member.broker.unsettle(member.kafka.group)
    member.kafka.group.committed[PLACE] = 1  # another member has stored it
    assert member.round() is None
    assert member.assignment.assigned


class Hanging(FakeStore):
    """A store that neither takes rows nor refuses them until it ``may`` refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may = threading.Event(), threading.Event()

    def insert(self, table: Table, rows: Sequence[bytes]) -> None:
        self.asked.set()
        assert self.may.wait(60)
        raise Unavailable("it did not answer")


def test_a_flush_that_nobody_waits_for_any_more_says_nothing_of_the_store() -> None:
    store = Hanging()
    member = Member(store)
    member.consumer.round()
    assert not store.asked.is_set(), "the batch has waited for less than its second"
    others = set(threading.enumerate())
    asyncio.run(member.assignment.on_partitions_revoked([PLACE]))
    (flushing,) = (one for one in threading.enumerate() if one.name.startswith("flush") and one not in others)
    assert store.asked.wait(60)
    member.storing.told(EXPIRED)  # by the flush that began after it
    store.may.set()
    flushing.join(60)
    assert not flushing.is_alive()
    assert member.storing.cause == EXPIRED
