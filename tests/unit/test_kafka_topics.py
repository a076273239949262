"""A topic is read to its end, however long the broker takes over its answers."""

from collections.abc import Sequence
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

from services.runtime import kafka

PLACE = TopicPartition("topic", 0)


class Slow:
    """A consumer of one partition: ``answers`` are the records that each poll gives, and ``end`` is what is told.

    As a real one it knows its place only once the broker has told where the records begin.
    """

    def __init__(self, answers: Sequence[Sequence[str]], end: int) -> None:
        self._answers = list(answers)
        self._end = end
        self._position = 0
        self._told = False

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        assert partitions == [PLACE]

    def seek_to_beginning(self) -> None:
        self._position = 0

    def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self._end)

    def position(self, _: TopicPartition, timeout_ms: int) -> int | None:
        return self._position if self._told else None

    def poll(self, timeout_ms: int) -> dict[TopicPartition, Sequence[str]]:
        records = self._answers.pop(0) if self._answers else ()
        self._position += len(records)
        self._told = True
        return {PLACE: records} if records else {}


def read(consumer: Any) -> list[Any]:
    return list(kafka.everything(consumer, [PLACE]))


def test_a_broker_that_gives_nothing_for_a_while_has_not_given_everything() -> None:
    assert read(Slow([["a"], *[[]] * 9, ["b", "c"]], end=3)) == ["a", "b", "c"]


def test_what_is_behind_an_end_that_was_told_too_low_is_read_too() -> None:
    assert read(Slow([["a"], [], ["b"], [], ["c"]], end=1)) == ["a", "b", "c"]


def test_a_topic_without_records_is_read_at_once() -> None:
    assert read(Slow([], end=0)) == []


def test_a_broker_that_keeps_back_what_it_has_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "_SILENT_SECONDS", 0.0)
    with pytest.raises(KafkaTimeoutError):
        read(Slow([["a"]], end=2))
