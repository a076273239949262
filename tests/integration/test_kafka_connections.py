"""Connections to Kafka that end for certain, whatever the broker does."""

import threading
import time
import uuid
from collections.abc import Iterable
from contextlib import closing

import psutil
import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import NewTopic
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener
from kafka.errors import KafkaError

from sandbox import broker as brokers
from services.runtime import kafka
from services.runtime.settings import KafkaSettings
from tests.leftovers import connect_in_vain, nothing_left
from tests.low_ports import low_port


def test_clients_that_cannot_connect_leave_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    """Who waits for Kafka makes one after the other, for as long as it is away."""
    settings = KafkaSettings(kafka_bootstrap=f"127.0.0.1:{low_port()}")
    with nothing_left():
        connect_in_vain(settings, caplog)


def test_a_producer_whose_records_cannot_be_delivered_leaves_no_thread_behind() -> None:
    topic = f"test.ended.{uuid.uuid4().hex[:8]}"
    with nothing_left(files=False):
        with brokers.running() as bootstrap:
            with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
                admin.create_topics([NewTopic(topic, 1, 1)])
            producer = kafka.producer(KafkaSettings(kafka_bootstrap=bootstrap), "test")
            producer.send(topic, value=b"1").get(60)
        unsettled = producer.send(topic, value=b"2")  # the broker is gone
        kafka.end_producer(producer, 0.0)
    with pytest.raises(KafkaError):
        unsettled.get(0)


def test_a_producer_waits_for_a_broker_that_stands_still_instead_of_asking_all_the_time() -> None:
    """Its thread holds Python's lock while it asks: presses would wait that have nothing to do with Kafka."""
    topic = f"test.still.{uuid.uuid4().hex[:8]}"
    with brokers.running() as bootstrap:
        with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
            admin.create_topics([NewTopic(topic, 12, 1)])
        every = psutil.Process().children(recursive=True)
        (program,) = [each for each in every if any(bootstrap in word for word in each.cmdline()) and is_broker(each)]
        producer = kafka.producer(KafkaSettings(kafka_bootstrap=bootstrap), "test")
        producer.send(topic, value=b"0").get(60)
        program.suspend()
        try:
            unsettled = []
            for number in range(40):  # more requests than may be under way at once
                unsettled.append(producer.send(topic, key=b"%d" % number, value=b"1"))
                time.sleep(0.02)
            began = seconds_of(producer._sender)
            time.sleep(2.0)
            spent = seconds_of(producer._sender) - began
        finally:
            program.resume()
        for each in unsettled:
            each.get(60)
        kafka.end_producer(producer, 5.0)
    assert spent < 0.5, f"{spent} s of work in 2 s of waiting"


def is_broker(process: psutil.Process) -> bool:
    return process.name().startswith("tansu")


def seconds_of(thread: threading.Thread) -> float:
    """The processor's time that a thread has had."""
    (found,) = [each for each in psutil.Process().threads() if each.id == thread.native_id]
    return float(found.user_time + found.system_time)


class Silent(AsyncConsumerRebalanceListener):
    """Somebody whom the consumer tells of rebalances."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None: ...

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None: ...


def test_a_rejoin_that_has_begun_is_finished_even_when_its_reason_is_gone(broker: str) -> None:
    topic = f"test.rejoin.{uuid.uuid4().hex[:8]}"
    everything = {TopicPartition(topic, partition) for partition in range(3)}
    settings = KafkaSettings(kafka_bootstrap=broker, kafka_session_timeout_ms=6_000)
    with (
        closing(KafkaAdminClient(bootstrap_servers=broker)) as admin,
        closing(kafka.consumer(settings, "test", topic)) as consumer,
    ):
        admin.create_topics([NewTopic(topic, 3, 1)])
        consumer.partitions_for_topic(topic)
        consumer.subscribe([topic], listener=Silent())
        give_up = time.monotonic() + 120
        while consumer.assignment() != everything:
            consumer.poll(timeout_ms=100)
            assert time.monotonic() < give_up
        coordinator = consumer._coordinator
        while not coordinator.rejoining:  # revoked, and the join is under way
            coordinator._assignment_snapshot = {}  # it divided what it knew before it knew the topics
            consumer.poll(timeout_ms=1)
            assert time.monotonic() < give_up
        while coordinator.need_rejoin():  # it divides anew, in its own thread
            time.sleep(0.01)
            assert time.monotonic() < give_up
        while set(consumer._subscription.fetchable_partitions()) != everything:
            consumer.poll(timeout_ms=100)
            assert time.monotonic() < give_up, "nothing is read ever again"
