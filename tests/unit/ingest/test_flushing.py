"""The last step as a machine: whatever fails when, what is committed is stored, and nothing is stored wrongly."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.contracts.topics import TopicName
from services.ingest import tables
from services.ingest.batch import Limits
from services.ingest.flushing import Flush
from services.ingest.invalid_share import InvalidShare
from services.ingest.pipeline import Pipeline
from services.ingest.waves import KnownWaves
from services.ingest.writing import Writer
from tests.obstacles import obstacle
from tests.unit.ingest.fakes import FakeFacts, FakeLetterBox, FakeStore, answer, record

PARTITIONS = 3


class Ingesting(RuleBasedStateMachine):
    """Three partitions with valid, broken and released records; flushes fail before and after storing; crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.store, self.facts = FakeStore(), FakeFacts()
        self.facts.released_waves = frozenset({"gone"})
        self.log: list[list[tuple[str, bytes]]] = [[] for _ in range(PARTITIONS)]
        self.committed = [0] * PARTITIONS
        self.ballot = 0
        self.restart()

    @rule()
    def restart(self) -> None:
        """A crash or a rebalance: memory is gone, reading goes on from what is committed."""
        waves = KnownWaves(self.facts, lambda: self.now)
        writer = Writer(self.store, FakeLetterBox(), waves)
        self.flush = Flush(writer, Limits(rows=7, size=10**6, seconds=1.0), obstacle(), lambda: self.now)
        self.pipelines = [Pipeline(TopicName.ANSWERS, self.flush, waves, InvalidShare()) for _ in range(PARTITIONS)]
        self.position = list(self.committed)

    @rule(
        partition=st.integers(0, PARTITIONS - 1),
        kinds=st.lists(st.sampled_from(["valid", "valid", "broken", "released"]), max_size=9),
    )
    def produce(self, partition: int, kinds: list[str]) -> None:
        for kind in kinds:
            self.ballot += 1
            value = {
                "valid": answer(self.ballot),
                "broken": b"broken %d" % self.ballot,
                "released": answer(self.ballot, "gone"),
            }[kind]
            self.log[partition].append((kind, value))

    @rule(partition=st.integers(0, PARTITIONS - 1), most=st.integers(1, 10))
    def poll(self, partition: int, most: int) -> None:
        if self.flush.held:  # the consumer pauses its partitions
            return
        start = self.position[partition]
        for offset, (_, value) in enumerate(self.log[partition][start : start + most], start):
            self.pipelines[partition].submit([record(value, offset, TopicName.ANSWERS, partition)])
            self.position[partition] = offset + 1

    @rule(before=st.booleans(), after=st.booleans())
    def weather(self, before: bool, after: bool) -> None:
        self.store.fail_before, self.store.fail_after = before, after

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.flush.poll()

    @rule()
    def commit(self) -> None:
        for partition, pipeline in enumerate(self.pipelines):
            mark = pipeline.low_water_mark
            if mark is not None:
                self.committed[partition] = mark

    @rule()
    def end(self) -> None:
        self.flush.close()
        if not (self.store.fail_before or self.store.fail_after):
            assert self.flush.join(self.now)
            self.commit()
        self.restart()

    @invariant()
    def what_is_committed_is_durable(self) -> None:
        stored = b"".join(self.store.kept(tables.ANSWERS)) + b"".join(self.store.kept(tables.DEAD_LETTERS))
        for partition, committed in enumerate(self.committed):
            for kind, value in self.log[partition][:committed]:
                ballot = value.partition(b'"ballot_id":"')[2][:32] if kind == "valid" else value
                assert kind == "released" or ballot in stored, f"a {kind} record was committed and is nowhere"

    @invariant()
    def nothing_else_is_stored(self) -> None:
        valid = sum(kind == "valid" for records in self.log for kind, _ in records)
        broken = sum(kind == "broken" for records in self.log for kind, _ in records)
        assert len(self.store.kept(tables.ANSWERS)) <= valid
        assert len(self.store.kept(tables.DEAD_LETTERS)) <= broken


TestIngesting = Ingesting.TestCase
TestIngesting.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
