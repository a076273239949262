"""The quick way takes nothing that the long way would not, and makes the same of it."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.contracts import wire
from services.contracts.events import AnswerGiven
from services.ingest.decode import Decoded, decode
from services.ingest.quick import QuickAnswers
from services.ingest.waves import Asked, KnownWaves
from tests.integration.ingest.events import Broken, broken
from tests.unit.ingest.fakes import FakeFacts, record

ANSWERS = st.builds(
    AnswerGiven,
    wave_id=st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,62}\Z"),
    ballot_id=st.from_regex(r"\A[0-9a-f]{32}\Z"),
    node_id=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.+-]{0,126}\Z"),
    item_id=st.from_regex(r"\A[A-Za-z][A-Za-z0-9_]{0,31}\Z"),
    value=st.none() | st.integers(1, 11),
    revision=st.integers(0, 999_999_999),
)


def known() -> KnownWaves:
    """One wave that asks one item, on a scale of five, of one node."""
    facts = FakeFacts()
    facts.waves = {"w": Asked({"A1": 5}, frozenset({"t"}))}
    waves = KnownWaves(facts)
    waves.renew()
    return waves


@given(ANSWERS)
def test_what_our_writers_write_goes_the_quick_way_and_becomes_the_same_row(event: AnswerGiven) -> None:
    raw, waves = wire.encode(event), KnownWaves(FakeFacts())
    assert QuickAnswers(waves).decode(raw) == decode(record(raw), waves)


@given(ANSWERS, st.data())
def test_whatever_is_changed_the_quick_way_takes_only_what_the_long_way_takes_too(
    event: AnswerGiven, data: st.DataObject
) -> None:
    raw, waves = bytearray(wire.encode(event)), known()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3) | st.sampled_from([b'"', b"0"]))
    quick = QuickAnswers(waves).decode(bytes(raw))
    assert quick is None or quick == decode(record(bytes(raw)), waves)


def test_what_is_broken_or_outside_its_wave_goes_the_long_way() -> None:
    waves = known()
    quick = QuickAnswers(waves)
    good = AnswerGiven(wave_id="w", ballot_id="0" * 32, node_id="t", item_id="A1", value=5, revision=1)
    assert isinstance(quick.decode(wire.encode(good)), Decoded)
    for change in ({"value": 6}, {"item_id": "A2"}, {"node_id": "u"}):
        assert quick.decode(wire.encode(good.model_copy(update=change))) is None
    for kind in Broken:
        assert quick.decode(broken(kind, "w", Random(1))) is None
    assert quick.decode(None) is None


def test_a_wave_that_becomes_known_is_asked_again() -> None:
    facts = FakeFacts()
    clock = iter(range(0, 1_000, 10))
    waves = KnownWaves(facts, lambda: float(next(clock)))
    quick = QuickAnswers(waves)
    nine = wire.encode(AnswerGiven(wave_id="w", ballot_id="0" * 32, node_id="t", item_id="A1", value=9, revision=1))
    assert quick.decode(nine) is not None
    facts.waves = {"w": Asked({"A1": 5}, frozenset({"t"}))}
    waves.renew()
    assert quick.decode(nine) is None
