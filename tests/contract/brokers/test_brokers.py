"""What a broker must do for the guarantee of ingest to hold."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import CommitFailedError, KafkaError, MessageSizeTooLargeError, RebalanceInProgressError
from kafka.structs import OffsetAndMetadata

from tests.contract.brokers.backends import Backend, fresh

PATIENCE = 120.0
MIDNIGHT_MS = 1_770_000_000_000


def write(backend: Backend, topic: str, values: range, partition: int | None = None) -> list[Any]:
    """Send the numbers as values, and give what the broker acknowledged."""
    with closing(backend.producer()) as producer:
        sent = [producer.send(topic, key=b"%d" % value, value=b"%d" % value, partition=partition) for value in values]
        return [future.get(60) for future in sent]


def member(backend: Backend, topic: str, group: str, **settings: Any) -> Any:
    """A consumer of the group, subscribed; as in ingest, it knows the topic before it joins."""
    consumer = backend.consumer(group, **settings)
    until(lambda: time.sleep(0.02), lambda: bool(consumer.partitions_for_topic(topic)), "the topic is known")
    consumer.subscribe([topic])
    return consumer


def until(step: Callable[[], Any], done: Callable[[], bool], what: str) -> None:
    """Repeat the step until it is done."""
    give_up = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < give_up, f"waited {PATIENCE:.0f} s in vain: {what}"
        step()


def read(consumers: Sequence[Any], wanted: int) -> list[Any]:
    """At least this many records, and everything that comes with the last of them."""
    records: list[Any] = []

    def step() -> None:
        for consumer in consumers:
            for part in consumer.poll(timeout_ms=100).values():
                records.extend(part)

    until(step, lambda: len(records) >= wanted, f"{wanted} records")
    return records


def commit(consumer: Any, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
    """At any time a rebalance may come between: who polls is a member again, and may commit."""

    def committed() -> bool:
        try:
            consumer.commit(offsets)
        except RebalanceInProgressError:
            return False
        return True

    until(lambda: consumer.poll(timeout_ms=100), committed, "a commit")


def values(records: Sequence[Any]) -> list[int]:
    return [int(record.value) for record in records]


def offset(number: int) -> OffsetAndMetadata:
    return OffsetAndMetadata(number, "", -1)


def test_what_is_acknowledged_is_read_in_the_order_of_its_partition(backend: Backend) -> None:
    topic = backend.create(4)
    acknowledged = write(backend, topic, range(400))
    assert len({place.partition for place in acknowledged}) == 4
    with closing(member(backend, topic, fresh("group"))) as consumer:
        records = read([consumer], 400)
    assert sorted(values(records)) == list(range(400))
    places = {(place.partition, place.offset): number for number, place in enumerate(acknowledged)}
    assert {(record.partition, record.offset): int(record.value) for record in records} == places
    for partition in range(4):
        offsets = [record.offset for record in records if record.partition == partition]
        assert offsets == list(range(len(offsets)))


def test_a_key_decides_on_the_partition(backend: Backend) -> None:
    topic = backend.create(4)
    with closing(backend.producer()) as producer:
        placed = [producer.send(topic, key=b"ballot", value=b"%d" % n).get(30) for n in range(10)]
    assert len({place.partition for place in placed}) == 1


def test_any_bytes_a_missing_value_and_the_timestamp_come_back_as_they_were(backend: Backend) -> None:
    topic = backend.create()
    sent = [bytes(range(256)), b"", None, b"\xff\x00\xff", b"x" * 900_000]
    with closing(backend.producer()) as producer:
        for value in sent:
            producer.send(topic, key=b"\x00\xff", value=value, timestamp_ms=MIDNIGHT_MS).get(30)
    with closing(member(backend, topic, fresh("group"))) as consumer:
        records = read([consumer], len(sent))
    assert [record.value for record in records] == sent
    assert {record.key for record in records} == {b"\x00\xff"}
    assert {record.timestamp for record in records} == {MIDNIGHT_MS}


def test_a_record_over_the_limit_is_refused_and_costs_no_other(backend: Backend) -> None:
    topic = backend.create(largest=10_000)
    with closing(backend.producer()) as producer:
        assert producer.send(topic, value=b"1").get(30).offset == 0
        with pytest.raises(MessageSizeTooLargeError):
            producer.send(topic, value=b"x" * 20_000).get(30)
    # another one: kafka-python's idempotent producer gives up for good after a record that the broker refuses
    with closing(backend.producer()) as producer:
        assert producer.send(topic, value=b"2").get(30).offset == 1


def test_a_group_reads_what_was_sent_before_it_began_and_goes_on_where_it_committed(backend: Backend) -> None:
    topic, group = backend.create(3), fresh("group")
    write(backend, topic, range(90))
    with closing(member(backend, topic, group)) as first:
        assert sorted(values(read([first], 90))) == list(range(90))
        commit(first, {place: offset(first.position(place)) for place in first.assignment()})
    write(backend, topic, range(90, 120))
    with closing(member(backend, topic, group)) as second:
        assert sorted(values(read([second], 30))) == list(range(90, 120))


def test_what_was_not_committed_comes_again_to_the_same_group_and_every_group_reads_for_itself(
    backend: Backend,
) -> None:
    topic, group = backend.create(), fresh("group")
    write(backend, topic, range(30))
    place = TopicPartition(topic, 0)
    with closing(member(backend, topic, group)) as first:
        assert values(read([first], 30)) == list(range(30))
        commit(first, {place: offset(12)})
        assert first.committed(place) == 12
    with closing(member(backend, topic, group)) as second:
        assert values(read([second], 18)) == list(range(12, 30))
    with closing(member(backend, topic, fresh("group"))) as other:
        assert values(read([other], 30)) == list(range(30))


def test_reading_again_from_offset_0_gives_the_same_records_at_the_same_offsets(backend: Backend) -> None:
    topic = backend.create()
    write(backend, topic, range(50))
    with closing(member(backend, topic, fresh("group"))) as consumer:
        first = read([consumer], 50)
        consumer.seek(TopicPartition(topic, 0), 0)
        again = read([consumer], 50)
    assert [(record.offset, record.value) for record in again] == [(record.offset, record.value) for record in first]


def test_a_paused_partition_gives_nothing_while_the_others_go_on(backend: Backend) -> None:
    topic = backend.create(2)
    write(backend, topic, range(10), partition=0)
    held, free = TopicPartition(topic, 0), TopicPartition(topic, 1)
    with closing(member(backend, topic, fresh("group"))) as consumer:
        assert values(read([consumer], 10)) == list(range(10))
        consumer.pause(held)
        write(backend, topic, range(10, 20), partition=0)
        write(backend, topic, range(100, 110), partition=1)
        assert values(read([consumer], 10)) == list(range(100, 110))
        assert consumer.paused() == {held}
        consumer.resume(held)
        assert values(read([consumer], 10)) == list(range(10, 20))
        assert consumer.highwater(held) == 20
        assert consumer.highwater(free) == 10


def test_members_share_the_partitions_and_who_stays_takes_over_who_leaves(backend: Backend) -> None:
    topic, group = backend.create(4), fresh("group")
    everything = {TopicPartition(topic, number) for number in range(4)}
    with closing(member(backend, topic, group)) as first:
        until(lambda: first.poll(timeout_ms=100), lambda: first.assignment() == everything, "all for the first")
        with closing(member(backend, topic, group)) as second:
            until(
                lambda: (first.poll(timeout_ms=100), second.poll(timeout_ms=100)),
                lambda: len(first.assignment()) == len(second.assignment()) == 2,
                "half each",
            )
            assert first.assignment() | second.assignment() == everything
            write(backend, topic, range(80))
            assert sorted(values(read([first, second], 80))) == list(range(80))
        until(lambda: first.poll(timeout_ms=100), lambda: first.assignment() == everything, "all for who stays")


def test_who_is_no_member_any_more_cannot_commit(backend: Backend) -> None:
    topic, group = backend.create(), fresh("group")
    write(backend, topic, range(10))
    place = TopicPartition(topic, 0)
    # how long a member may stay away from poll: kafka-python leaves the group for it then
    settings = {} if backend.name == "fake" else {"max_poll_interval_ms": 1_000}
    with closing(member(backend, topic, group, **settings)) as outdated:
        assert values(read([outdated], 10)) == list(range(10))
        backend.let_expire(outdated)
        with closing(member(backend, topic, group)) as owner:
            assert values(read([owner], 10)) == list(range(10))
            commit(owner, {place: offset(4)})
            with pytest.raises((CommitFailedError, RebalanceInProgressError)):
                outdated.commit({place: offset(10)})
            assert owner.committed(place) == 4


def test_the_ends_of_a_partition_are_told(backend: Backend) -> None:
    topic = backend.create()
    write(backend, topic, range(25))
    place = TopicPartition(topic, 0)
    with closing(backend.consumer(fresh("group"))) as consumer:
        assert consumer.beginning_offsets([place]) == {place: 0}
        assert consumer.end_offsets([place]) == {place: 25}


def test_deleted_records_are_gone_and_a_reader_whose_offset_is_gone_goes_on_at_the_first_that_is_left(
    backend: Backend,
) -> None:
    topic, group = backend.create(), fresh("group")
    write(backend, topic, range(20))
    place = TopicPartition(topic, 0)
    with closing(member(backend, topic, group)) as before:
        read([before], 20)
        commit(before, {place: offset(3)})
    backend.delete_records(place, 15)
    with closing(member(backend, topic, group)) as after:
        assert values(read([after], 5)) == list(range(15, 20))
        assert after.beginning_offsets([place]) == {place: 15}


def test_a_topic_that_nobody_made_is_not_made_by_asking_for_it(backend: Backend) -> None:
    topic = fresh("nowhere")
    with closing(backend.producer(patience_ms=3_000)) as producer, pytest.raises(KafkaError):
        producer.send(topic, value=b"1").get(30)
