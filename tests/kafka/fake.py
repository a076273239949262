"""A broker in memory that behaves as Kafka does towards one thread: for tests that need a million schedules.

It offers what ingest uses of kafka-python, under the same names, and is held to the same contract suite as real brokers
(tests/contract/brokers). Groups speak the eager protocol: everybody gives up everything at a rebalance, which ends when
every member has polled. Faults are set on the broker and strike the next call.
"""

import itertools
from collections.abc import Coroutine, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener
from kafka.errors import (
    CommitFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    RebalanceInProgressError,
    UnknownTopicOrPartitionError,
)
from kafka.structs import OffsetAndMetadata

LARGEST_RECORD = 1_048_588
"""Kafka's ``message.max.bytes``."""

RECORD_OVERHEAD = 80
"""About what a batch of one record needs beside key and value."""


@dataclass
class Partition:
    """A log: the offset of its first record, and its records."""

    start: int = 0
    records: list[ConsumerRecord] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The offset of the next record."""
        return self.start + len(self.records)


@dataclass
class Group:
    """Members, who has joined the coming generation, who has which partitions in this one, and what is committed."""

    members: dict[int, "FakeConsumer"] = field(default_factory=dict)
    joined: set[int] = field(default_factory=set)
    stable: bool = True
    generation: int = 0
    assignment: dict[int, tuple[TopicPartition, ...]] = field(default_factory=dict)
    committed: dict[TopicPartition, int] = field(default_factory=dict)


class FakeBroker:
    """Topics and groups. ``commit_fault`` and ``poll_fault`` are raised once, by the next commit or poll.

    With ``commit_applied`` the failing commit is kept all the same: only its answer is lost.
    """

    def __init__(self) -> None:
        self.topics: dict[str, list[Partition]] = {}
        self.largest: dict[str, int] = {}
        self.groups: dict[str, Group] = {}
        self.commit_fault: KafkaError | None = None
        self.commit_applied = False
        self.poll_fault: KafkaError | None = None
        self._ids = itertools.count(1)

    def create(self, topic: str, partitions: int, largest: int = LARGEST_RECORD) -> None:
        """A new topic; ``largest`` is the size of record that it takes, in bytes."""
        self.topics[topic] = [Partition() for _ in range(partitions)]
        self.largest[topic] = largest

    def partition(self, place: TopicPartition) -> Partition:
        """The log. Raises UnknownTopicOrPartitionError."""
        try:
            return self.topics[place.topic][place.partition]
        except (KeyError, IndexError):
            raise UnknownTopicOrPartitionError(str(place)) from None

    def delete_records(self, place: TopicPartition, before: int) -> None:
        """Forget the records before this offset."""
        log = self.partition(place)
        log.records = log.records[max(0, before - log.start) :]
        log.start = max(log.start, before)

    def producer(self) -> "FakeProducer":
        """A producer; every record is acknowledged at once."""
        return FakeProducer(self)

    def consumer(self, group: str, auto_offset_reset: str = "earliest") -> "FakeConsumer":
        """A consumer of the group."""
        return FakeConsumer(self, self.groups.setdefault(group, Group()), next(self._ids), auto_offset_reset)

    def evict(self, consumer: "FakeConsumer") -> None:
        """What the coordinator does when the session of a silent or dead member has run out."""
        group = consumer.group
        if group.members.pop(consumer.member, None) is not None:
            self.unsettle(group)

    def unsettle(self, group: Group) -> None:
        """Somebody came or went: everybody must join again."""
        group.stable = False
        group.joined.clear()

    def settle(self, group: Group) -> None:
        """Share the partitions out when everybody has joined."""
        if group.stable or group.joined != set(group.members):
            return
        group.stable = True
        group.generation += 1
        group.assignment = dict.fromkeys(group.members, ())
        topics = {topic for member in group.members.values() for topic in member.topics}
        for topic in sorted(topics & set(self.topics)):
            takers = sorted(number for number, member in group.members.items() if topic in member.topics)
            for partition in range(len(self.topics[topic])):
                taker = takers[partition % len(takers)]
                group.assignment[taker] += (TopicPartition(topic, partition),)


@dataclass(frozen=True)
class Acknowledged:
    """A record that has been stored, and where; ``get`` as futures have it."""

    topic: str
    partition: int
    offset: int
    error: KafkaError | None = None

    def get(self, timeout: float | None = None) -> "Acknowledged":
        """Where it is. Raises what the broker refused it with."""
        if self.error is not None:
            raise self.error
        return self


class FakeProducer:
    """Appends records to the logs."""

    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker

    def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> Acknowledged:
        """Store one record, in the partition that its key says unless one is given."""
        logs = self._broker.topics.get(topic)
        if logs is None:
            raise UnknownTopicOrPartitionError(topic)
        number = sum(key or b"") % len(logs) if partition is None else partition
        log = logs[number]
        if len(value or b"") + len(key or b"") + RECORD_OVERHEAD > self._broker.largest[topic]:
            return Acknowledged(topic, number, -1, MessageSizeTooLargeError(f"{topic} takes no record of this size"))
        unknown = (None, -1, -1, -1)
        log.records.append(
            ConsumerRecord(topic, number, -1, log.end, timestamp_ms or 0, 0, key, value, list(headers or ()), *unknown)
        )
        return Acknowledged(topic, number, log.end - 1)

    def close(self, timeout: float | None = None) -> None:
        """Nothing is in flight."""


class _Done:
    """What ``commit_async`` gives: something to await that is done already."""

    def __init__(self, error: KafkaError | None) -> None:
        self._error = error

    def __await__(self) -> Generator[None, None, None]:
        if self._error is not None:
            raise self._error
        return
        yield


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a listener's method to its end; it may await nothing but what this broker gives."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("the listener waits for something that this broker does not know")


class FakeConsumer:
    """One member of a group, under the names of kafka-python's KafkaConsumer."""

    def __init__(self, broker: FakeBroker, group: Group, member: int, auto_offset_reset: str) -> None:
        self.group = group
        self.member = member
        self.topics: tuple[str, ...] = ()
        self._broker = broker
        self._reset = auto_offset_reset
        self._listener: AsyncConsumerRebalanceListener | None = None
        self._generation = -1
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._highwater: dict[TopicPartition, int] = {}
        self._closed = False

    def subscribe(self, topics: Iterable[str], listener: AsyncConsumerRebalanceListener | None = None) -> None:
        """Become a member at the next poll."""
        self.topics, self._listener = tuple(topics), listener

    def partitions_for_topic(self, topic: str) -> set[int]:
        """The partitions of a topic; none where there is no such topic."""
        return set(range(len(self._broker.topics.get(topic, ()))))

    def assignment(self) -> set[TopicPartition]:
        """The partitions of this member."""
        return set(self._positions)

    def poll(self, timeout_ms: int = 0, max_records: int = 500) -> dict[TopicPartition, list[ConsumerRecord]]:
        """Take part in the group, then give records of partitions that are not paused."""
        assert not self._closed
        if (fault := self._broker.poll_fault) is not None:
            self._broker.poll_fault = None
            raise fault
        self._take_part()
        polled: dict[TopicPartition, list[ConsumerRecord]] = {}
        for place, position in self._positions.items():
            log = self._broker.partition(place)
            self._highwater[place] = log.end
            if place in self._paused:
                continue
            start = position if log.start <= position <= log.end else self._start(log)
            records = log.records[start - log.start :][: max_records - sum(map(len, polled.values()))]
            self._positions[place] = start + len(records)
            if records:
                polled[place] = records
        return polled

    def commit(self, offsets: Mapping[TopicPartition, OffsetAndMetadata], timeout_ms: int | None = None) -> None:
        """Commit. Raises CommitFailedError for who is no member any more, RebalanceInProgressError while one ends."""
        error = self._commit(offsets)
        if error is not None:
            raise error

    def commit_async(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> _Done:
        """The same, to be awaited in a listener."""
        return _Done(self._commit(offsets))

    def committed(self, partition: TopicPartition) -> int | None:
        """What the group has committed."""
        return self.group.committed.get(partition)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Read on from here."""
        assert partition in self._positions
        self._positions[partition] = offset

    def position(self, partition: TopicPartition) -> int:
        """The offset of the next record to be given."""
        return self._positions[partition]

    def pause(self, *partitions: TopicPartition) -> None:
        """Give no records of these."""
        self._paused |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        """Give records of these again."""
        self._paused -= set(partitions)

    def paused(self) -> set[TopicPartition]:
        """The paused partitions."""
        return set(self._paused)

    def highwater(self, partition: TopicPartition) -> int | None:
        """The end of the partition as of the last poll."""
        return self._highwater.get(partition)

    def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offset of each."""
        return {place: self._broker.partition(place).start for place in partitions}

    def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The next offset of each."""
        return {place: self._broker.partition(place).end for place in partitions}

    def close(self, autocommit: bool = True, timeout_ms: int | None = None) -> None:
        """Give everything up and leave the group."""
        if self._closed:
            return
        if self._positions and self.member in self.group.members:
            self._revoke()
        self._closed = True
        self._broker.evict(self)

    def _start(self, log: Partition) -> int:
        return log.start if self._reset == "earliest" else log.end

    def _commit(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> KafkaError | None:
        if self.member not in self.group.members:
            return CommitFailedError()
        if self.member in self.group.joined or self._generation != self.group.generation:
            return RebalanceInProgressError()
        fault, self._broker.commit_fault = self._broker.commit_fault, None
        if fault is None or self._broker.commit_applied:
            self.group.committed.update({place: stored.offset for place, stored in offsets.items()})
        return fault

    def _take_part(self) -> None:
        group = self.group
        if self.member not in group.members:
            if self._positions:
                self._lose()
            self._generation = -1
            group.members[self.member] = self
            self._broker.unsettle(group)
        if not group.stable and self.member not in group.joined:
            if self._positions:
                self._revoke()
            group.joined.add(self.member)
            self._broker.settle(group)
        if group.stable and self._generation != group.generation:
            self._assigned(group.assignment[self.member])
            group.joined.discard(self.member)

    def _assigned(self, places: tuple[TopicPartition, ...]) -> None:
        self._generation = self.group.generation
        for place in places:
            committed = self.group.committed.get(place)
            self._positions[place] = self._start(self._broker.partition(place)) if committed is None else committed
        if self._listener is not None:
            _run(self._listener.on_partitions_assigned(set(places)))

    def _revoke(self) -> None:
        if self._listener is not None:
            _run(self._listener.on_partitions_revoked(set(self._positions)))
        self._forget()

    def _lose(self) -> None:
        if self._listener is not None:
            _run(self._listener.on_partitions_lost(set(self._positions)))
        self._forget()

    def _forget(self) -> None:
        self._positions.clear()
        self._paused.clear()
        self._highwater.clear()
