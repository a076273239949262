"""The sandbox's broker as a process; what it does for its clients is asked in tests/contract/brokers."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

PARTITIONS = 12


@pytest.fixture
def topic(broker: str) -> Iterator[str]:
    name = f"test.answers.{uuid.uuid4().hex[:8]}"
    with closing(KafkaAdminClient(bootstrap_servers=broker)) as admin:
        admin.create_topics([NewTopic(name, PARTITIONS, 1)])
        yield name
        admin.delete_topics([name])


def test_a_topic_has_the_partitions_it_was_made_with(broker: str, topic: str) -> None:
    with closing(KafkaProducer(bootstrap_servers=broker)) as producer:
        assert producer.partitions_for(topic) == set(range(PARTITIONS))


def test_it_listens_on_loopback_alone(broker: str) -> None:
    assert broker.startswith("127.0.0.1:")


def test_a_taken_port_is_said_with_the_mend(broker: str) -> None:
    port = broker.rpartition(":")[2]
    environment = os.environ | {"DRAAGVLAK_BROKER_PORT": port}
    command = [sys.executable, "-m", "sandbox.broker"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"Port {port} is taken (broker). Stop what uses it, or set DRAAGVLAK_BROKER_PORT.\n"
