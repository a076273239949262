"""The three brokers behind one face. Where one differs on purpose or by a known gap, ``DIFFERENCES`` says so."""

import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, Protocol

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from tests.kafka.fake import FakeBroker

DIFFERENCES: Final[Mapping[tuple[str, str], str]] = {
    ("tansu", "test_a_record_over_the_limit_is_refused_and_costs_no_other"): "it takes a record of any size",
    ("tansu", "test_the_ends_of_a_partition_are_told"): "the end that it tells is that of the last batch's base, + 1",
    (
        "tansu",
        "test_deleted_records_are_gone_and_a_reader_whose_offset_is_gone_goes_on_at_the_first_that_is_left",
    ): "it hangs up on a request to delete records",
    ("tansu", "test_a_topic_that_nobody_made_is_not_made_by_asking_for_it"): "it makes any topic that it is sent to",
    ("tansu", "test_who_is_no_member_any_more_cannot_commit"): "who has left on its own still holds its partitions",
}
"""(broker, test) -> what it does instead. A difference that is gone fails its test: then it goes from here too."""

SLOW: Final = frozenset({("tansu", "test_who_is_no_member_any_more_cannot_commit")})
"""Differences that show only when all patience is over: not run."""


class Backend(Protocol):
    """A broker. Producers and consumers are kafka-python's, or look like them."""

    name: str

    def create(self, partitions: int = 1, largest: int | None = None) -> str:
        """A new topic of a name of its own; ``largest`` is the size of record that it takes, in bytes."""

    def delete_records(self, partition: TopicPartition, before: int) -> None:
        """Forget the records before this offset."""

    def producer(self, patience_ms: int = 30_000) -> Any:
        """A producer that waits for all in-sync replicas, and so long to hear of a topic."""

    def consumer(self, group: str, **settings: Any) -> Any:
        """A consumer that commits by hand and starts at the earliest record. Not subscribed yet."""

    def let_expire(self, consumer: Any) -> None:
        """Have the group give up on a member that still lives; where a real broker does so, nothing is done."""


def fresh(word: str) -> str:
    """A name that no other test uses."""
    return f"test.{word}.{uuid.uuid4().hex[:8]}"


class Fake:
    """The one in memory."""

    name = "fake"

    def __init__(self) -> None:
        self.broker = FakeBroker()

    def create(self, partitions: int = 1, largest: int | None = None) -> str:
        """See ``Backend``."""
        topic = fresh("topic")
        self.broker.create(topic, partitions, *([largest] if largest else []))
        return topic

    def delete_records(self, partition: TopicPartition, before: int) -> None:
        """See ``Backend``."""
        self.broker.delete_records(partition, before)

    def producer(self, patience_ms: int = 30_000) -> Any:
        """See ``Backend``."""
        return self.broker.producer()

    def consumer(self, group: str, **settings: Any) -> Any:
        """See ``Backend``."""
        return self.broker.consumer(group, **settings)

    def let_expire(self, consumer: Any) -> None:
        """See ``Backend``."""
        self.broker.evict(consumer)


@dataclass
class Real:
    """One that is reached over a connection."""

    name: str
    bootstrap: str
    session_ms: int
    copies: int = 1

    def create(self, partitions: int = 1, largest: int | None = None) -> str:
        """See ``Backend``."""
        topic = fresh("topic")
        configs = {"max.message.bytes": str(largest)} if largest else {}
        with closing(KafkaAdminClient(bootstrap_servers=self.bootstrap.split(","))) as admin:
            admin.create_topics([NewTopic(topic, partitions, self.copies, topic_configs=configs)])
            admin.wait_for_topics([topic], timeout_ms=60_000)
        return topic

    def delete_records(self, partition: TopicPartition, before: int) -> None:
        """See ``Backend``."""
        with closing(KafkaAdminClient(bootstrap_servers=self.bootstrap.split(","))) as admin:
            admin.delete_records({partition: before})

    def producer(self, patience_ms: int = 30_000) -> Any:
        """See ``Backend``."""
        return KafkaProducer(
            bootstrap_servers=self.bootstrap.split(","),
            acks="all",
            enable_idempotence=True,
            max_request_size=4_000_000,
            allow_auto_create_topics=False,
            max_block_ms=patience_ms,
        )

    def consumer(self, group: str, **settings: Any) -> Any:
        """See ``Backend``."""
        return KafkaConsumer(
            bootstrap_servers=self.bootstrap.split(","),
            group_id=group,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            session_timeout_ms=self.session_ms,
            heartbeat_interval_ms=self.session_ms // 4,
            **{"auto_offset_reset": "earliest", **settings},
        )

    def let_expire(self, consumer: Any) -> None:
        """See ``Backend``."""
