"""The whole consumer as a machine, on the fake broker and a fake store: nothing is ever lost or doubled.

Two members of one group run the real loop, assignment, offsets, pipelines and flush. Records are valid or broken;
inserts fail before or after they apply; commits fail, and some are kept all the same; members come, leave, are thrown
out and crash. After every step: what is committed is durable. In the end: stored and put aside = produced.
"""

from collections.abc import Sequence

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from kafka import TopicPartition
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from services.contracts.topics import TopicName
from services.ingest import tables
from services.ingest.assignment import Assignment
from services.ingest.batch import Batch, Limits
from services.ingest.causes import Obstacles
from services.ingest.consumer import SOURCES, Consumer
from services.ingest.errors import IngestStopped
from services.ingest.flushing import Flush
from services.ingest.heartbeat import Heartbeat
from services.ingest.invalid_share import InvalidShare
from services.ingest.offsets import Offsets
from services.ingest.pipeline import Pipeline
from services.ingest.tracker import LowWaterMark
from services.ingest.waves import KnownWaves
from services.ingest.writing import Writer
from tests.kafka.fake import FakeBroker, FakeConsumer
from tests.obstacles import obstacle
from tests.unit.ingest.fakes import FakeFacts, FakeLetterBox, FakeStore, answer

PARTITIONS = 3
MEMBERS = 2
GROUP = "pulse-ingest"


class Member:
    """One ingest process, from its start to its end or crash; a round of its loop at a time."""

    def __init__(self, broker: FakeBroker, store: FakeStore, clock: "Clock") -> None:
        self.kafka: FakeConsumer = broker.consumer(GROUP)
        waves, share, offsets = KnownWaves(FakeFacts(), clock), InvalidShare(), Offsets(self.kafka)
        writer = Writer(store, FakeLetterBox(), waves)
        obstacles = Obstacles(obstacle(), obstacle())
        self.assignment = Assignment(
            lambda: Flush(writer, Limits(rows=7, size=10**6, seconds=1.0), obstacles.storing, clock),
            lambda topic, flush: Pipeline(topic, flush, waves, share),
            offsets,
            0.0,
            now=clock,
        )
        self.consumer = Consumer(
            self.kafka, self.assignment, offsets, waves, Heartbeat(clock), obstacles=obstacles, now=clock
        )
        self.consumer.join()


class Clock:
    """Time that passes when the machine says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Ingesting(RuleBasedStateMachine):
    """Producers, two members, and everything that goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.broker, self.store, self.clock = FakeBroker(), FakeStore(), Clock()
        for topic in SOURCES:
            self.broker.create(topic, PARTITIONS if topic == TopicName.ANSWERS else 1)
        self.producer = self.broker.producer()
        self.members: list[Member | None] = [None] * MEMBERS
        self.produced: dict[tuple[int, int], bytes] = {}

    @rule(partition=st.integers(0, PARTITIONS - 1), kinds=st.lists(st.sampled_from("vvvb"), min_size=1, max_size=9))
    def produce(self, partition: int, kinds: Sequence[str]) -> None:
        for kind in kinds:
            number = len(self.produced)
            value = answer(number) if kind == "v" else b"broken %d;" % number
            sent = self.producer.send(TopicName.ANSWERS, value, b"k", partition=partition)
            self.produced[partition, sent.get().offset] = _mark_of(value)

    @rule(which=st.integers(0, MEMBERS - 1))
    def start(self, which: int) -> None:
        if self.members[which] is None:
            self.members[which] = Member(self.broker, self.store, self.clock)

    @rule(which=st.integers(0, MEMBERS - 1), rounds=st.integers(1, 5))
    def run(self, which: int, rounds: int) -> None:
        member = self.members[which]
        for _ in range(rounds if member else 0):
            assert member is not None
            try:
                member.consumer.round()
            except IngestStopped:  # too many are broken: as the process does it, nothing is flushed or committed
                self.crash(which)
                return

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(before=st.booleans(), after=st.booleans())
    def weather(self, before: bool, after: bool) -> None:
        """How inserts go from now on."""
        self.store.fail_before, self.store.fail_after = before, after

    @rule(applied=st.booleans())
    def the_next_commit_fails(self, applied: bool) -> None:
        self.broker.commit_fault, self.broker.commit_applied = KafkaTimeoutError("no answer"), applied

    @rule()
    def the_next_poll_fails(self) -> None:
        self.broker.poll_fault = KafkaConnectionError("away")

    @rule(which=st.integers(0, MEMBERS - 1))
    def thrown_out(self, which: int) -> None:
        """The group has heard nothing for too long of a member that lives: it finds out at its next poll."""
        member = self.members[which]
        if member is not None:
            self.broker.evict(member.kafka)

    @rule(which=st.integers(0, MEMBERS - 1))
    def crash(self, which: int) -> None:
        member, self.members[which] = self.members[which], None
        if member is not None:
            self.broker.evict(member.kafka)

    @rule(which=st.integers(0, MEMBERS - 1))
    def leave(self, which: int) -> None:
        """SIGTERM."""
        member, self.members[which] = self.members[which], None
        if member is None:
            return
        if self.store.fail_before or self.store.fail_after:
            member.kafka.close()  # the last flush comes to nothing
        else:
            member.consumer.finish()
            member.kafka.close()

    @invariant()
    def what_is_committed_is_durable(self) -> None:
        durable = self._durable()
        for place, committed in self.broker.groups[GROUP].committed.items() if GROUP in self.broker.groups else ():
            for offset in range(committed if place.topic == TopicName.ANSWERS else 0):
                mark = self.produced[place.partition, offset]
                assert mark in durable, f"{place.partition}/{offset} is committed and is nowhere"

    @invariant()
    def nothing_else_is_stored(self) -> None:
        assert self._durable() <= set(self.produced.values())

    def teardown(self) -> None:
        """The weather clears: one member reads on until nothing is left."""
        self.weather(before=False, after=False)
        self.broker.commit_fault = self.broker.poll_fault = None
        for which in range(MEMBERS):
            self.crash(which)
        share = sum(mark.startswith(b"broken") for mark in self.produced.values())
        last = Member(self.broker, self.store, self.clock)
        everything = {
            TopicPartition(TopicName.ANSWERS, number): self.broker.topics[TopicName.ANSWERS][number].end
            for number in range(PARTITIONS)
        }
        for _ in range(len(self.produced) + 10):
            try:
                last.consumer.round()
            except IngestStopped:
                assert share > len(self.produced) * 0.05
                return
            self.clock.now += 1.1
        committed = self.broker.groups[GROUP].committed
        assert {place: committed.get(place, 0) for place in everything} == everything
        lost = set(self.produced.values()) - self._durable()
        assert not lost, f"{len(lost)} records are lost"

    def _durable(self) -> set[bytes]:
        rows = self.store.kept(tables.ANSWERS) | self.store.kept(tables.DEAD_LETTERS)
        return {_mark_of(row) for row in rows}


def _mark_of(content: bytes) -> bytes:
    """What tells a record from all others, in the record and in its row."""
    start = content.find(b"broken ")
    if start >= 0:
        return content[start : content.index(b";", start)]
    digits = content.find(b"0" * 20)
    return content[digits : digits + 32]


TestIngesting = Ingesting.TestCase
TestIngesting.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)


def _settle_before_writing(flush: Flush, batch: Batch) -> None:
    batch.settle()
    _really_flush(flush, batch)


_really_flush = Flush._flush
BROKEN = {
    "the mark is what was received": (LowWaterMark, "value", property(lambda mark: mark.next)),
    "a batch counts as durable before it is written": (Flush, "_flush", _settle_before_writing),
    "a dead letter is dropped": (Batch, "put_aside", lambda batch, letter: None),
}


@pytest.mark.parametrize("how", BROKEN)
def test_the_machine_notices_a_low_water_mark_that_is_broken(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guarantee whose loss nobody would notice is none."""
    owner, name, wrong = BROKEN[how]
    monkeypatch.setattr(owner, name, wrong)
    thorough = settings(
        max_examples=5_000,  # what is drawn depends on which modules are loaded; some draws find it late
        stateful_step_count=50,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        derandomize=True,
    )
    with pytest.raises(AssertionError, match=r"is committed and is nowhere|records are lost"):
        run_state_machine_as_test(Ingesting, settings=thorough)
