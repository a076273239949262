"""The rights of the manifests on Apache Kafka itself: enough for what each service does by its own code, no more."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from services.contracts.topics import TOPICS, TopicName
from services.ingest import topics as topic_steps
from services.ingest.backing_up import replay
from services.ingest.consumer import SOURCES
from services.ingest.dead_letters import records_of
from services.ingest.retention import topics as records
from services.runtime import kafka
from services.runtime.settings import KafkaSettings
from tests.deploy import guarded_kafka
from tests.deploy.manifests import overlay

pytestmark = pytest.mark.needs("kustomize", "java", "maven")

GROUP = "pulse-ingest"
As = Callable[[str], KafkaSettings]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where users show their passwords; a record of each topic has been written."""
    with guarded_kafka.running(tmp_path_factory.mktemp("kafka"), overlay("production")) as cluster:
        yield cluster.door


@pytest.fixture
def as_user(door: str, tmp_path: Path) -> As:
    """The settings of a user of the manifests."""
    password = tmp_path / "password"
    password.write_text(guarded_kafka.PASSWORD)

    def settings(user: str) -> KafkaSettings:
        return KafkaSettings(
            kafka_bootstrap=door,
            kafka_security_protocol="SASL_PLAINTEXT",
            kafka_sasl_mechanism="PLAIN",
            kafka_username=user,
            kafka_password_file=password,
            kafka_session_timeout_ms=6_000,
        )

    return settings


def write(settings: KafkaSettings, topic: TopicName) -> None:
    """Write a record as a service does. Raises kafka-python's errors."""
    producer = kafka.producer(settings, "test")
    try:
        producer.send(topic, key=b"k", value=b"{}").get(timeout=20)
    finally:
        kafka.end_producer(producer, 1)


def read(settings: KafkaSettings, topic: TopicName) -> int:
    """How many records a reader of no group finds. Raises kafka-python's errors."""
    with closing(kafka.reader(settings, "test")) as reader:
        partitions = [TopicPartition(topic, number) for number in range(TOPICS[topic].partitions)]
        reader.assign(partitions)
        reader.seek_to_beginning()
        for _ in range(40):
            if found := reader.poll(timeout_ms=250):
                return sum(len(some) for some in found.values())
    return 0


def test_the_bot_writes_answers_and_cannot_read_them(as_user: As) -> None:
    bot = as_user("pulse-bot")
    for topic in (TopicName.ANSWERS, TopicName.COMMENTS, TopicName.WAVES, TopicName.ANNOUNCEMENTS):
        write(bot, topic)
    assert read(bot, TopicName.ANNOUNCEMENTS) > 0
    assert read(bot, TopicName.WAVES) > 0
    for topic in (TopicName.ANSWERS, TopicName.COMMENTS):
        with pytest.raises(TopicAuthorizationFailedError):
            read(bot, topic)
    for topic in (TopicName.OUTCOMES, TopicName.DEAD_LETTERS):
        with pytest.raises(TopicAuthorizationFailedError):
            write(bot, topic)


def test_ingest_reads_everything_and_writes_no_answer(as_user: As) -> None:
    write(as_user("pulse-bot"), TopicName.ANSWERS)
    ingest = as_user("ingest")
    with closing(kafka.admin(ingest, "test")) as admin:
        assert {str(topic) for topic in TopicName} <= set(admin.list_topics())
    with closing(kafka.consumer(ingest, "test", GROUP)) as consumer:
        consumer.subscribe(list(SOURCES))
        found = next(polled for _ in range(200) if (polled := consumer.poll(timeout_ms=250)))
        assert found
        consumer.commit()
    for topic in (TopicName.DEAD_LETTERS, TopicName.OUTCOMES, TopicName.ANNOUNCEMENTS):
        write(ingest, topic)
    with pytest.raises(TopicAuthorizationFailedError):
        write(ingest, TopicName.ANSWERS)
    with closing(kafka.consumer(ingest, "test", "another")) as consumer:
        consumer.subscribe(list(SOURCES))
        with pytest.raises(GroupAuthorizationFailedError):
            consumer.poll(timeout_ms=20_000)


def test_a_restore_sets_ingest_back_as_ingest(as_user: As) -> None:
    with closing(kafka.admin(as_user("ingest"), "test")) as admin:
        replay.refuse_running(admin, GROUP)
        assert replay.from_the_beginning(admin, GROUP) == sum(
            topic.partitions for topic in TOPICS.values() if topic.name is not TopicName.DEAD_LETTERS
        )


def test_retention_deletes_records_and_reads_none(as_user: As) -> None:
    write(as_user("pulse-bot"), TopicName.ANSWERS)
    with closing(kafka.consumer(as_user("ingest"), "test", GROUP)) as consumer:
        partition = TopicPartition(TopicName.ANSWERS, 0)
        consumer.assign([TopicPartition(TopicName.ANSWERS, number) for number in range(12)])
        consumer.seek_to_end()
        assert consumer.position(partition) >= 0
        for _ in range(200):
            consumer.poll(timeout_ms=50)
            if all(consumer.position(one) is not None for one in consumer.assignment()):
                break
        consumer.commit()
    retention = as_user("retention")
    with closing(kafka.admin(retention, "test")) as admin:
        topic_steps.verify(admin, TOPICS.values())
        until = records.deletable(admin, records.stored_until(admin, GROUP))
        assert until
        records.delete(admin, until)
        assert records.deletable(admin, records.stored_until(admin, GROUP)) == {}
    with pytest.raises(TopicAuthorizationFailedError):
        read(retention, TopicName.ANSWERS)
    with pytest.raises(KafkaError, match="AuthorizationFailed"):  # it may not even begin: it writes nowhere
        write(retention, TopicName.ANSWERS)


def test_an_import_writes_a_round_and_reads_nothing(as_user: As) -> None:
    importer = as_user("import")
    write(importer, TopicName.WAVES)
    write(importer, TopicName.ANSWERS)
    with pytest.raises(TopicAuthorizationFailedError):
        read(importer, TopicName.ANSWERS)


def test_dead_letters_are_read_and_written_back_by_who_reads_no_answer(as_user: As) -> None:
    write(as_user("ingest"), TopicName.DEAD_LETTERS)
    write(as_user("pulse-bot"), TopicName.WAVES)
    mender = as_user("dead-letters")
    assert list(records_of(mender, TopicName.DEAD_LETTERS))
    assert list(records_of(mender, TopicName.WAVES))
    for topic in (TopicName.ANSWERS, TopicName.COMMENTS, TopicName.OUTCOMES, TopicName.ANNOUNCEMENTS, TopicName.WAVES):
        write(mender, topic)
    with pytest.raises(TopicAuthorizationFailedError):
        read(mender, TopicName.COMMENTS)


def test_keda_sees_the_lag_and_no_record(as_user: As) -> None:
    keda = as_user("kafka-keda")
    partitions = dict.fromkeys((TopicPartition(TopicName.ANSWERS, number) for number in range(12)), OffsetSpec.LATEST)
    with closing(kafka.admin(keda, "test")) as admin:
        assert len(admin.list_partition_offsets(partitions, timeout_ms=15_000)) == 12
        admin.list_group_offsets([GROUP])
    with pytest.raises(TopicAuthorizationFailedError):
        read(keda, TopicName.ANSWERS)
