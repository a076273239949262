"""What may be committed: never past a record that is not durable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.tracker import LowWaterMark


@given(st.data())
def test_the_mark_is_the_first_unsettled_offset_whatever_the_order_of_settling(data: st.DataObject) -> None:
    offsets = sorted(data.draw(st.sets(st.integers(0, 1_000), min_size=1, max_size=40)))
    mark = LowWaterMark()
    for offset in offsets:
        mark.received(offset)
    unsettled = set(offsets)
    for offset in data.draw(st.permutations(offsets)):
        assert mark.value == min(unsettled)
        mark.settled(offset)
        unsettled.remove(offset)
    assert mark.value == offsets[-1] + 1


@given(st.lists(st.sampled_from(["receive", "settle first", "settle last"]), max_size=60))
def test_the_mark_never_goes_back(steps: list[str]) -> None:
    mark, unsettled, received, before = LowWaterMark(), [], 0, -1
    for step in steps:
        if step == "receive":
            mark.received(received)
            unsettled.append(received)
            received += 1
        elif unsettled:
            mark.settled(unsettled.pop(0 if step == "settle first" else -1))
        if mark.value is not None:
            assert mark.value >= before
            before = mark.value


def test_there_is_nothing_to_commit_before_the_first_record() -> None:
    assert LowWaterMark().value is None


def test_an_offset_that_comes_twice_is_refused() -> None:
    mark = LowWaterMark()
    mark.received(5)
    with pytest.raises(ValueError, match="offset 5 came after 5"):
        mark.received(5)
