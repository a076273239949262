"""What the sandbox's broker cannot do, on Apache Kafka: settings of topics that are kept, records that are deleted."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import UnknownTopicOrPartitionError

from sandbox.stack.secret_files import Role
from services.contracts.topics import TopicName
from services.ingest.commands.retention import retention
from services.ingest.commands.topics import topics
from services.runtime.kafka import everything
from tests import kafka
from tests.integration.ingest.events import answer
from tests.integration.ingest.platform import Platform, Writer, wait_until
from tests.integration.ingest.test_retention import commit, stored_wave

pytestmark = pytest.mark.needs("java", "maven")

PARTITION = TopicPartition(str(TopicName.ANSWERS), 3)


@pytest.fixture(scope="module")
def on_kafka(there: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform with a broker of Apache Kafka instead, without topics yet."""
    with (
        kafka.running(tmp_path_factory.mktemp("kafka"), 1) as cluster,
        closing(KafkaAdminClient(bootstrap_servers=cluster.bootstrap)) as admin,
    ):
        yield replace(there, bootstrap=cluster.bootstrap, admin=admin)


def kept_for_ms(there: Platform, topic: TopicName) -> str | None:
    try:
        described = there.admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, str(topic))])
    except UnknownTopicOrPartitionError:
        return None
    return str(described["topic"][str(topic)]["retention.ms"]["value"])


def wait_until_kept(there: Platform, topic: TopicName, milliseconds: int) -> None:
    """What the controller has confirmed is with the broker a moment later."""
    wait_until(
        lambda: kept_for_ms(there, topic) == str(milliseconds),
        lambda: f"{topic} is kept for {milliseconds} ms: {kept_for_ms(there, topic)}",
    )


def test_topics_are_made_set_again_when_somebody_changed_them_and_then_left_alone(on_kafka: Platform) -> None:
    code, said = on_kafka.inside(topics, Role.ADMIN, "apply", "--dry-run")
    assert (code, said.count("would pulse.")) == (0, 6)
    assert not {str(topic) for topic in TopicName} & set(on_kafka.admin.list_topics())
    assert on_kafka.inside(topics, Role.ADMIN, "apply")[0] == 0
    for topic, milliseconds in ((TopicName.ANSWERS, 45 * 86_400_000), (TopicName.WAVES, -1)):
        wait_until_kept(on_kafka, topic, milliseconds)
    longer = ConfigResource(ConfigResourceType.TOPIC, str(TopicName.ANSWERS), {"retention.ms": "99999999999"})
    on_kafka.admin.alter_configs([longer])
    wait_until_kept(on_kafka, TopicName.ANSWERS, 99_999_999_999)
    code, said = on_kafka.inside(retention, Role.RETENTION)
    assert (code, "run `draagvlak topics apply`" in said) == (1, True), "answers would be kept too long"
    assert on_kafka.inside(topics, Role.ADMIN, "apply") == (0, "pulse.answers.v1: set retention.ms=3888000000\n")
    wait_until_kept(on_kafka, TopicName.ANSWERS, 45 * 86_400_000)
    assert on_kafka.inside(topics, Role.ADMIN, "apply") == (0, "nothing to do: every topic is as it should be\n")


def test_records_are_deleted_up_to_what_is_stored_once_every_wave_is_released(on_kafka: Platform) -> None:
    assert on_kafka.inside(topics, Role.ADMIN, "apply")[0] == 0
    writer = Writer(on_kafka.bootstrap)
    for ballot in range(10):
        writer.event(TopicName.ANSWERS, answer("w1", ballot), partition=PARTITION.partition)
    writer.close()
    stored_wave(on_kafka, "w1", None)
    commit(on_kafka, {PARTITION: 7})
    code, said = on_kafka.inside(retention, Role.RETENTION)
    assert (code, "are kept, since they may be needed until w1 is released" in said) == (0, True), said
    on_kafka.change("INSERT INTO pulse_release.releases SELECT 'w1', now64(3), now64(3), repeat('0', 64), 'published'")
    assert on_kafka.inside(retention, Role.RETENTION) == (
        0,
        "deleted the records of answers and comments in 1 partitions\n",
    )
    first = on_kafka.admin.list_partition_offsets({PARTITION: OffsetSpec.EARLIEST})
    assert first[PARTITION].offset == 7, "what ingest has not stored stays"
    with closing(KafkaConsumer(bootstrap_servers=on_kafka.bootstrap, auto_offset_reset="earliest")) as reader:
        assert [record.offset for record in everything(reader, [PARTITION])] == [7, 8, 9]
    assert on_kafka.inside(retention, Role.RETENTION) == (0, "nothing to do: everything whose time is over is gone\n")
