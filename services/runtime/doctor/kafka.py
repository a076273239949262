"""Kafka, seen from one workload: there, its certificate, our name, the topics, and exactly the rights that it needs."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.admin import ACLOperation
from kafka.errors import KafkaError

from services.contracts.topics import TOPICS, TopicName
from services.runtime import kafka
from services.runtime.causes import Cause
from services.runtime.causes.account import DENIED, MISSING, Rights, group_operations, known, spoken
from services.runtime.causes.kafka import TOPICS_APPLY, denied, missing, node, places, who, why
from services.runtime.doctor.certificates import good_for, ours
from services.runtime.doctor.findings import Check, Finding, note, right, wrong
from services.runtime.settings import KafkaSettings

NAME: Final = "Kafka"
SECONDS: Final = 30.0

READ: Final = ACLOperation.READ
WRITE: Final = ACLOperation.WRITE
DELETE: Final = ACLOperation.DELETE
ALTER_CONFIGS: Final = ACLOperation.ALTER_CONFIGS


@dataclass(frozen=True)
class Account:
    """What a workload's user must be able to do in Kafka, and what it must not."""

    needs: Rights = field(default_factory=dict)
    must_not: Rights = field(default_factory=dict)
    groups: Mapping[str, tuple[ACLOperation, ...]] = field(default_factory=dict)


def kafka_check(
    settings: KafkaSettings, account: Account, more: Callable[[KafkaAdminClient], Iterable[Finding]] = lambda _: ()
) -> Check:
    """``more`` looks at what else there is, on the same connection."""
    return Check(NAME, lambda: _look(settings, account, more), SECONDS)


def _look(
    settings: KafkaSettings, account: Account, more: Callable[[KafkaAdminClient], Iterable[Finding]]
) -> Iterable[Finding]:
    yield from ours("DRAAGVLAK_KAFKA_CERT_FILE", settings.kafka_cert_file if settings.kafka_with_tls else None)
    reached = 0
    for host, port in places(settings):
        peer = node(settings, host, port)
        if isinstance(peer, Cause):
            yield wrong(NAME, peer.what, peer.mend)
        else:
            reached += 1
            yield from good_for(f"{NAME} at {host}:{port}", peer.until)
    if not reached:
        return
    try:
        with closing(kafka.admin(settings, "draagvlak-doctor")) as admin:
            yield right(NAME, f"{settings.kafka_bootstrap} answers, and knows us as {who(settings)}")
            yield from _topics(settings, admin, account)
            yield from _groups(settings, admin, account)
            yield from more(admin)
    except KafkaError as error:
        cause = why(settings, error)
        yield wrong(NAME, cause.what, cause.mend)


def _topics(settings: KafkaSettings, admin: KafkaAdminClient, account: Account) -> Iterable[Finding]:
    described = {one["name"]: one for one in admin.describe_topics([str(name) for name in TOPICS])}
    seen = 0
    for name, topic in TOPICS.items():
        found = described.get(str(name), {"error_code": MISSING})
        if found["error_code"] == DENIED:
            if name in account.needs:
                cause = denied(settings, "Describe", f"--topic {name}")
                yield wrong(f"topic {name}", cause.what, cause.mend)
            continue
        if found["error_code"]:
            cause = missing(str(name))
            yield wrong(f"topic {name}", cause.what, cause.mend)
            continue
        seen += 1
        yield from _partitions(settings, str(name), topic.partitions, found["partitions"])
        yield from _rights(settings, name, found.get("authorized_operations"), account)
    if seen:
        yield right("topics", f"{seen} of {len(TOPICS)} are there and are seen by us")


def _partitions(settings: KafkaSettings, name: str, wanted: int, partitions: list[Any]) -> Iterable[Finding]:
    if len(partitions) != wanted:
        yield wrong(
            f"topic {name}",
            f"it has {len(partitions)} partitions, and the contract says {wanted}",
            f"when no wave is open: delete the topic (kafka-topics.sh --delete --topic {name}), then `{TOPICS_APPLY}`",
        )
    leaderless = [one["partition_index"] for one in partitions if one.get("leader_id", 0) < 0]
    if leaderless:
        yield wrong(
            f"topic {name}",
            f"{len(leaderless)} of its partitions have no leader: nothing can be written to or read from them",
            "start the brokers that are down",
        )
    copies = min((len(one.get("replica_nodes") or [0]) for one in partitions), default=1)
    if copies < settings.kafka_replication_factor:
        yield wrong(
            f"topic {name}",
            f"it has {copies} replicas, and DRAAGVLAK_KAFKA_REPLICATION_FACTOR is {settings.kafka_replication_factor}",
            "kafka-reassign-partitions.sh, or set that to what it has",
        )
    behind = [one for one in partitions if len(one.get("isr_nodes") or [0]) < len(one.get("replica_nodes") or [0])]
    if behind and not leaderless:
        yield note(
            f"topic {name}",
            f"{len(behind)} of its partitions have replicas that are not in sync",
            "start the brokers that are down, or wait until they have caught up",
        )


def _rights(settings: KafkaSettings, name: TopicName, told: Any, account: Account) -> Iterable[Finding]:
    wanted, unwanted = account.needs.get(name, ()), account.must_not.get(name, ())
    may = known(told)
    if may is None:
        if wanted or unwanted:
            yield note("rights in Kafka", f"this broker does not tell what we may do with {name}")
        return
    for operation in wanted:
        if operation not in may:
            cause = denied(settings, spoken(operation), f"--topic {name}")
            yield wrong("rights in Kafka", cause.what, cause.mend)
    for operation in unwanted:
        if operation in may:
            yield _too_much(settings, name, operation)


def _too_much(settings: KafkaSettings, name: TopicName, operation: ACLOperation) -> Finding:
    verb = spoken(operation)
    if not settings.kafka_with_password and settings.kafka_cert_file is None:
        return note(
            "rights in Kafka",
            f"whoever reaches this Kafka may {verb} {name}: it asks nobody for a name",
            "let it listen with names and rules (docs/doctor.md), or let no more than this reach it",
        )
    return wrong(
        "rights in Kafka",
        f"{who(settings)} may {verb} {name}, and this workload never should",
        f"take the rule away, or give Kafka rules: kafka-acls.sh --bootstrap-server {settings.kafka_bootstrap} "
        f'--remove --allow-principal "{who(settings)}" --operation {verb} --topic {name}; and '
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    )


def _groups(settings: KafkaSettings, admin: KafkaAdminClient, account: Account) -> Iterable[Finding]:
    for group, operations in account.groups.items():
        may = group_operations(admin, group)
        if may is None:
            yield note("rights in Kafka", f"this broker does not tell what we may do with the group {group}")
            continue
        for operation in operations:
            if operation not in may:
                cause = denied(settings, spoken(operation), f"--group {group}")
                yield wrong("rights in Kafka", cause.what, cause.mend)
