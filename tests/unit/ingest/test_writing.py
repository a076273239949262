"""Writing a batch: the order of tables, bad rows found among good ones, markers last."""

from hypothesis import given
from hypothesis import strategies as st

from services.contracts import wire
from services.contracts.events import OutcomeMeasured, WaveEnd
from services.contracts.topics import TopicName
from services.ingest import tables
from services.ingest.batch import Batch
from services.ingest.decode import decode
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
