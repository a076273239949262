"""The sandbox's broker speaks Kafka's protocol well enough for what the services ask of it."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

PARTITIONS = 12
RECORDS = 600


@pytest.fixture
def topic(broker: str) -> Iterator[str]:
    name = f"test.answers.{uuid.uuid4().hex[:8]}"
    with closing(KafkaAdminClient(bootstrap_servers=broker)) as admin:
        admin.create_topics([NewTopic(name, PARTITIONS, 1)])
        yield name
        admin.delete_topics([name])


def consumer(broker: str, group: str, topic: str) -> KafkaConsumer:
    made = KafkaConsumer(
        bootstrap_servers=broker,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=6_000,
        heartbeat_interval_ms=1_000,
    )
    made.subscribe([topic])
    return made


def read(reader: KafkaConsumer, wanted: int, seconds: float = 60.0) -> list[int]:
    """At least this many values, and everything that arrives with the last of them."""
    values: list[int] = []
    give_up = time.monotonic() + seconds
    while len(values) < wanted:
        assert time.monotonic() < give_up, f"{len(values)} of {wanted} records in {seconds} s"
        for records in reader.poll(timeout_ms=200).values():
            values += [int(record.value) for record in records]
    return values


def test_a_topic_has_the_partitions_it_was_made_with(broker: str, topic: str) -> None:
    with closing(KafkaProducer(bootstrap_servers=broker)) as producer:
        assert producer.partitions_for(topic) == set(range(PARTITIONS))


def test_a_group_goes_on_where_it_committed(broker: str, topic: str) -> None:
    with closing(KafkaProducer(bootstrap_servers=broker, acks="all", enable_idempotence=True)) as producer:
        sent = [producer.send(topic, key=b"%d" % value, value=b"%d" % value) for value in range(RECORDS)]
        acknowledged = [future.get(30) for future in sent]
    assert len({record.partition for record in acknowledged}) == PARTITIONS

    group = f"group-{uuid.uuid4().hex[:8]}"
    with closing(consumer(broker, group, topic)) as first:
        assert sorted(read(first, RECORDS)) == list(range(RECORDS))
        first.commit()

    with closing(KafkaProducer(bootstrap_servers=broker, acks="all", enable_idempotence=True)) as producer:
        for value in range(RECORDS, RECORDS + 50):
            producer.send(topic, key=b"%d" % value, value=b"%d" % value).get(30)
    with closing(consumer(broker, group, topic)) as second:
        assert sorted(read(second, 50)) == list(range(RECORDS, RECORDS + 50))


def test_what_was_not_committed_comes_again(broker: str, topic: str) -> None:
    with closing(KafkaProducer(bootstrap_servers=broker, acks="all")) as producer:
        for value in range(20):
            producer.send(topic, value=b"%d" % value, partition=3).get(30)
    group = f"group-{uuid.uuid4().hex[:8]}"
    with closing(consumer(broker, group, topic)) as first:
        assert sorted(read(first, 20)) == list(range(20))
    with closing(consumer(broker, group, topic)) as second:
        assert sorted(read(second, 20)) == list(range(20))
        assert second.position(TopicPartition(topic, 3)) == 20


def test_it_listens_on_loopback_alone(broker: str) -> None:
    assert broker.startswith("127.0.0.1:")


def test_a_taken_port_is_said_with_the_mend(broker: str) -> None:
    port = broker.rpartition(":")[2]
    environment = os.environ | {"DRAAGVLAK_BROKER_PORT": port}
    command = [sys.executable, "-m", "sandbox.broker"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"Port {port} is taken (broker). Stop what uses it, or set DRAAGVLAK_BROKER_PORT.\n"
