"""The rights that the manifests give, and those that compose has given, on Apache Kafka itself: enough for what each
service does by its own code, no more."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    OffsetSpec,
    ResourcePattern,
    ResourceType,
)
from kafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from services.contracts.topics import TOPICS, TopicName
from services.ingest import topics as topic_steps
from services.ingest.backing_up import replay
from services.ingest.causes import CONSUMER, DEAD_LETTERS, GATEWAY, RETENTION, replaying
from services.ingest.consumer import SOURCES
from services.ingest.dead_letters import records_of
from services.ingest.retention import topics as records
from services.ingest.rights import EVERY_RIGHT, RightsFault, exactly, plan, wanted
from services.pulse_bot.answers.rights import WRITES
from services.runtime import kafka
from services.runtime.causes.account import Rights, lack
from services.runtime.settings import KafkaSettings
from tests.deploy import guarded_kafka
from tests.deploy.guarded_kafka import GROUP, GuardedCluster, draagvlak, of_compose, wait_for_rights
from tests.deploy.manifests import overlay
from tests.deploy.test_compose import as_compose_reads
from tests.kafka.cluster import Cluster

pytestmark = pytest.mark.needs("kustomize", "java", "maven")

SOURCE_NAMES = [TopicName(source) for source in SOURCES]
As = Callable[[str], KafkaSettings]


@pytest.fixture(scope="module", params=["kubernetes", "compose"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedCluster]:
    """With rights as a deployment gives them."""
    folder = tmp_path_factory.mktemp("kafka")
    if request.param == "kubernetes":
        started = guarded_kafka.running(folder, overlay("production"))
    else:
        started = of_compose(folder, as_compose_reads())
    with started as running:
        yield running


@pytest.fixture
def as_user(cluster: GuardedCluster, tmp_path: Path) -> As:
    """The settings of a user of that deployment."""
    password = tmp_path / "password"
    password.write_text(guarded_kafka.PASSWORD)

    def settings(user: str) -> KafkaSettings:
        return KafkaSettings(
            kafka_bootstrap=cluster.door,
            kafka_security_protocol="SASL_PLAINTEXT",
            kafka_sasl_mechanism="PLAIN",
            kafka_username=user,
            kafka_password_file=password,
            kafka_session_timeout_ms=6_000,
        )

    return settings


@pytest.mark.parametrize(
    ("user", "needs", "group"),
    [
        ("pulse-bot", WRITES, None),
        ("ingest", CONSUMER, GROUP),
        ("ingest", GATEWAY, None),
        ("retention", RETENTION, None),
        ("dead-letters", DEAD_LETTERS, None),
        ("dead-letters", replaying(SOURCE_NAMES), None),
    ],
)
def test_each_workload_has_what_it_asks_for(as_user: As, user: str, needs: Rights, group: str | None) -> None:
    assert lack(as_user(user), "test", needs, group) is None


def test_who_may_write_nowhere_is_told_before_a_replay_begins(as_user: As) -> None:
    lacking = lack(as_user("retention"), "test", replaying([TopicName.ANSWERS]))
    assert lacking is not None
    assert f"may not Write topic {TopicName.ANSWERS}" in lacking.what


def write(settings: KafkaSettings, topic: TopicName) -> None:
    """Write a record as a service does. Raises kafka-python's errors."""
    producer = kafka.producer(settings, "test")
    try:
        producer.send(topic, key=b"k", value=b"{}").get(timeout=60)
    finally:
        kafka.end_producer(producer, 1)


def read(settings: KafkaSettings, topic: TopicName) -> int:
    """How many records a reader of no group finds. Raises kafka-python's errors."""
    with closing(kafka.reader(settings, "test")) as reader:
        partitions = [TopicPartition(topic, number) for number in range(TOPICS[topic].partitions)]
        reader.assign(partitions)
        reader.seek_to_beginning()
        for _ in range(240):
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
            consumer.poll(timeout_ms=60_000)


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


@pytest.mark.parametrize("cluster", ["kubernetes"], indirect=True)
def test_keda_sees_the_lag_and_no_record(as_user: As) -> None:
    """It scales on Kubernetes alone."""
    keda = as_user("kafka-keda")
    partitions = dict.fromkeys((TopicPartition(TopicName.ANSWERS, number) for number in range(12)), OffsetSpec.LATEST)
    with closing(kafka.admin(keda, "test")) as admin:
        assert len(admin.list_partition_offsets(partitions, timeout_ms=60_000)) == 12
        admin.list_group_offsets([GROUP])
    with pytest.raises(TopicAuthorizationFailedError):
        read(keda, TopicName.ANSWERS)


@pytest.mark.parametrize("cluster", ["compose"], indirect=True)
def test_compose_gives_the_rights_of_the_manifests_and_no_others(cluster: GuardedCluster, tmp_path: Path) -> None:
    """On the one where nothing is left to do, one is taken, one is added, and one is a stranger's look.

    Elsewhere Strimzi gives them.
    """
    ours = set(wanted(GROUP))
    keda = {right for right in guarded_kafka.rights(overlay("production")) if right.principal == "User:kafka-keda"}
    assert set(guarded_kafka.rights(overlay("production"))) - keda == ours
    answers = ResourcePattern(ResourceType.TOPIC, str(TopicName.ANSWERS))

    def may(user: str, operation: ACLOperation) -> ACL:
        return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, answers)

    with closing(KafkaAdminClient(bootstrap_servers=cluster.bootstrap)) as admin:
        assert plan(admin, GROUP).steps == ()
        assert set(admin.describe_acls(EVERY_RIGHT)[0]) == ours
        added = {may("pulse-bot", ACLOperation.READ), may("somebody", ACLOperation.DESCRIBE)}
        admin.create_acls([*added])
        admin.delete_acls([exactly(may("pulse-bot", ACLOperation.WRITE))])
        wait_for_rights(admin, ours - {may("pulse-bot", ACLOperation.WRITE)} | added)
    apply = ("topics", "apply", "--rights")
    foreseen = draagvlak(cluster, tmp_path, (*apply, "--dry-run"))
    assert f"would give User:pulse-bot Write on topic {TopicName.ANSWERS}\n" in foreseen.stdout
    assert f"would take User:pulse-bot Read on topic {TopicName.ANSWERS}\n" in foreseen.stdout
    done = draagvlak(cluster, tmp_path, apply)
    assert (done.returncode, done.stdout) == (0, foreseen.stdout.replace("would ", ""))
    assert f"note: User:somebody Describe on topic {TopicName.ANSWERS}: nobody of ours" in done.stdout
    with closing(KafkaAdminClient(bootstrap_servers=cluster.bootstrap)) as admin:
        wait_for_rights(admin, {*ours, may("somebody", ACLOperation.DESCRIBE)})
        assert draagvlak(cluster, tmp_path, apply).stdout.endswith("every user has its rights\n")
        assert set(admin.describe_acls(EVERY_RIGHT)[0]) == {*ours, may("somebody", ACLOperation.DESCRIBE)}
        admin.delete_acls([exactly(may("somebody", ACLOperation.DESCRIBE))])
        wait_for_rights(admin, ours)
    assert draagvlak(cluster, tmp_path, apply).stdout.endswith("every user has its rights and no others\n")


@pytest.mark.parametrize("cluster", ["compose"], indirect=True)
def test_compose_does_not_go_well_while_strangers_may_read_answers(cluster: GuardedCluster, tmp_path: Path) -> None:
    everything = ResourcePattern(ResourceType.TOPIC, "pulse.", ACLResourcePatternType.PREFIXED)
    group = ResourcePattern(ResourceType.GROUP, GROUP)
    theirs = (
        ACL("User:*", "*", ACLOperation.READ, ACLPermissionType.ALLOW, everything),
        ACL("User:somebody", "*", ACLOperation.DELETE, ACLPermissionType.ALLOW, group),
    )
    apply = ("topics", "apply", "--rights")
    with closing(KafkaAdminClient(bootstrap_servers=cluster.bootstrap)) as admin:
        admin.create_acls(list(theirs))
        wait_for_rights(admin, {*wanted(GROUP), *theirs})
        for words in (apply, (*apply, "--dry-run")):
            done = draagvlak(cluster, tmp_path, words)
            assert done.returncode == 1
            assert "no others" not in done.stdout
            assert "User:* Read on topic whatever begins with pulse.: that is everybody, ours too" in done.stderr
            assert f"User:somebody Delete on group {GROUP}: nobody of ours" in done.stderr
            assert "`draagvlak topics apply --rights --also-others`" in done.stderr
        done = draagvlak(cluster, tmp_path, (*apply, "--also-others"))
        assert done.returncode == 0, done.stderr
        assert "take User:* Read on topic whatever begins with pulse." in done.stdout
        wait_for_rights(admin, wanted(GROUP))
    assert draagvlak(cluster, tmp_path, apply).stdout.endswith("every user has its rights and no others\n")


def test_a_kafka_that_keeps_no_rights_is_refused_with_the_mend(tmp_path: Path) -> None:
    with closing(Cluster(tmp_path, 1, {}, 256)) as open_to_all:
        open_to_all.start()
        with (
            closing(KafkaAdminClient(bootstrap_servers=open_to_all.bootstrap)) as admin,
            pytest.raises(RightsFault) as no,
        ):
            plan(admin, GROUP)
    assert "StandardAuthorizer" in str(no.value)
