"""Connections to Kafka that end for certain, whatever the broker does."""

import threading
import uuid
from contextlib import closing

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError

from sandbox import broker as brokers
from services.runtime import kafka
from services.runtime.settings import KafkaSettings


def test_a_producer_whose_records_cannot_be_delivered_leaves_no_thread_behind() -> None:
    topic = f"test.ended.{uuid.uuid4().hex[:8]}"
    before = set(threading.enumerate())
    with brokers.running() as bootstrap:
        with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
            admin.create_topics([NewTopic(topic, 1, 1)])
        producer = kafka.producer(KafkaSettings(kafka_bootstrap=bootstrap), "test")
        producer.send(topic, value=b"1").get(10)
    unsettled = producer.send(topic, value=b"2")  # the broker is gone
    kafka.end_producer(producer, 0.0)
    assert [thread for thread in threading.enumerate() if thread not in before] == []
    with pytest.raises(KafkaError):
        unsettled.get(0)
