"""Writing a batch: the order of tables, bad rows found among good ones, markers last."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts import wire
from services.contracts.events import CommentGiven, OutcomeMeasured, UnitCount, WaveClosed, WaveEnd
from services.contracts.topics import TopicName
from services.ingest import tables
from services.ingest.batch import Batch
from services.ingest.decode import decode
from services.ingest.telemetry import RECORDS
from services.ingest.tracker import LowWaterMark
from services.ingest.waves import KnownWaves
from services.ingest.writing import Writer
from tests.unit.ingest.fakes import FakeFacts, FakeLetterBox, FakeStore, answer, record


def batch_of(values: list[bytes | None], topic: TopicName = TopicName.ANSWERS) -> Batch:
    waves, mark, batch = KnownWaves(FakeFacts()), LowWaterMark(), Batch(0.0)
    for offset, value in enumerate(values):
        polled = record(value, offset, topic)
        mark.received(offset)
        batch.add(polled, decode(polled, waves), mark)
    return batch


@settings(deadline=None)
@given(st.integers(1, 40), st.sets(st.integers(0, 39), max_size=10))
def test_bisecting_stores_every_good_row_once_and_puts_every_bad_one_aside(count: int, bad: set[int]) -> None:
    bad_ids = {f"{ballot:032x}".encode() for ballot in bad}
    store, facts = FakeStore(lambda row: any(i in row for i in bad_ids) and b"bad_row" not in row), FakeFacts()
    Writer(store, FakeLetterBox(), KnownWaves(facts)).write(batch_of([answer(ballot) for ballot in range(count)]))
    expected_bad = len(bad & set(range(count)))
    assert store.rows.get(tables.ANSWERS, {}) == dict.fromkeys(store.kept(tables.ANSWERS), 1)
    assert len(store.kept(tables.ANSWERS)) == count - expected_bad
    assert len(store.kept(tables.DEAD_LETTERS)) == expected_bad


def test_markers_are_written_after_answers_and_dead_letters() -> None:
    store = FakeStore()
    values = [wire.encode(WaveEnd(wave_id="w")), b"not json", answer(1)]
    Writer(store, FakeLetterBox(), KnownWaves(FakeFacts())).write(batch_of(values))
    assert store.inserts == [tables.ANSWERS, tables.DEAD_LETTERS, tables.WAVE_ENDS]


def test_ballots_of_a_wave_that_is_released_meanwhile_are_dropped() -> None:
    store, facts = FakeStore(), FakeFacts()
    batch = batch_of([answer(1, "gone"), answer(2, "here"), answer(3, "gone")])
    facts.released_waves = frozenset({"gone"})
    Writer(store, FakeLetterBox(), KnownWaves(facts)).write(batch)
    assert len(store.kept(tables.ANSWERS)) == 1


def comment(wave_id: str) -> bytes:
    return wire.encode(CommentGiven(comment_id="c" * 32, wave_id=wave_id, question="OQ1", text="Goed."))


def closed(wave_id: str) -> bytes:
    units = (
        UnitCount(node_id="t", acknowledged=5, with_revision=5),
        UnitCount(node_id="u", acknowledged=6, with_revision=6),
    )
    return wire.encode(WaveClosed(wave_id=wave_id, closed_at=datetime(2026, 3, 9, tzinfo=UTC), units=units))


@pytest.mark.parametrize(
    ("topic", "of", "table", "rows"),
    [
        (TopicName.COMMENTS, comment, tables.COMMENTS, 1),
        (TopicName.COMMENTS, lambda wave: comment(wave)[:-1] + b',"wave_id":"x"}', tables.DEAD_LETTERS, 0),
        (TopicName.ANSWERS, lambda wave: answer(1, wave).replace(b'"value":3', b'"value":300'), tables.DEAD_LETTERS, 1),
        (TopicName.WAVES, closed, tables.UNIT_COUNTS, 2),
    ],
    ids=["comments", "dead letters with a wave twice", "dead letters", "counts of units"],
)
def test_whatever_retention_erases_with_a_released_wave_is_not_stored_by_a_replay(
    topic: TopicName, of: Callable[[str], bytes], table: tables.Table, rows: int
) -> None:
    store, facts = FakeStore(), FakeFacts()
    facts.released_waves = frozenset({"gone", "x"})
    dropped = RECORDS.labels(topic, "released")
    before = dropped._value.get()
    Writer(store, FakeLetterBox(), KnownWaves(facts)).write(batch_of([of("gone"), of("here")], topic))
    kept = store.kept(table)
    assert len(kept) == rows
    assert all(b"here" in row and b"gone" not in row for row in kept)
    assert dropped._value.get() - before == (1 if rows else 2)
    assert len(store.kept(tables.WAVE_CLOSES)) == (2 if topic is TopicName.WAVES else 0), "facts stay"


def test_a_record_of_another_topic_goes_to_the_letter_box_with_its_place() -> None:
    outcome = OutcomeMeasured(
        outcome_id="o", node_id="t", measure="m", value=1, unit="u", period_start="2026-01-01", period_end="2026-01-02"
    )
    store, box = FakeStore(lambda _: True), FakeLetterBox()
    Writer(store, box, KnownWaves(FakeFacts())).write(batch_of([wire.encode(outcome)], TopicName.OUTCOMES))
    event = box.letters[0].event()
    assert (event.source_topic, event.source_offset, event.error_class) == (TopicName.OUTCOMES, 0, "bad_row")


def test_a_dead_letter_of_an_answer_holds_its_bytes_and_no_place() -> None:
    store = FakeStore()
    raw = b'{"type":"answer.given","version":1,"wave_id":"w1","value":\xff\x00'
    Writer(store, FakeLetterBox(), KnownWaves(FakeFacts())).write(batch_of([answer(1), raw]))
    (row,) = store.kept(tables.DEAD_LETTERS)
    assert raw in row
    assert {name for name, _ in tables.DEAD_LETTERS.columns}.isdisjoint({"offset", "partition"})
