"""Creating the topics of the contracts, and setting how long they keep records: again and again with the same end."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError

from services.contracts.topics import Topic
from services.ingest.following import FOLLOWS_SECONDS, left_after

NEVER = "-1"
SAFE_REPLICAS = 3
"""Replicas from which one broker can be lost without a pause: two must have a record before it is acknowledged."""


class TopicFault(RuntimeError):
    """A topic that cannot be brought to its contract; the text says which, and what to do."""


@dataclass(frozen=True)
class Step:
    """One thing to do: create the topic, or set configurations that differ."""

    topic: Topic
    create: bool
    configurations: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        settings = ", ".join(f"{key}={value}" for key, value in self.configurations.items())
        verb = f"create with {self.topic.partitions} partitions" if self.create else "set"
        return f"{self.topic.name}: {verb}{', ' if self.create else ' '}{settings}"


@dataclass(frozen=True)
class TopicPlan:
    """The steps, and what the broker does not tell or cannot do (sandbox brokers lack some of it)."""

    steps: tuple[Step, ...]
    remarks: tuple[str, ...] = ()


def configurations(topic: Topic, replication_factor: int = 1) -> dict[str, str]:
    """What the contract asks of the broker for this topic, as Kafka names it."""
    asked = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": NEVER if topic.retention_ms is None else str(topic.retention_ms),
        "message.timestamp.type": "CreateTime",  # a broker's own time would be the moment of the click
    }
    if replication_factor >= SAFE_REPLICAS:
        asked["min.insync.replicas"] = "2"  # what is acknowledged survives the loss of a broker
    return asked


def plan(admin: KafkaAdminClient, topics: Iterable[Topic], replication_factor: int = 1) -> TopicPlan:
    """What is to be done. Changes nothing. Raises TopicFault where a topic has another number of partitions.

    Partitions are never added: the key decides on the partition, and a ballot's answers must stay in one.
    """
    wanted = {str(topic.name): topic for topic in topics}
    present = _partitions(admin, sorted(set(admin.list_topics()) & set(wanted)))
    steps, remarks = [], []
    for name, topic in wanted.items():
        asked = configurations(topic, replication_factor)
        if name not in present:
            steps.append(Step(topic, create=True, configurations=asked))
            continue
        if present[name] != topic.partitions:
            raise TopicFault(
                f"{name} has {present[name]} partitions, the contract says {topic.partitions}; they cannot be changed "
                "while waves run: delete the topic when no wave is open, and apply again"
            )
        told = actual(admin, name)
        missing = [key for key in asked if key not in told]
        if missing:
            remarks.append(f"{name}: this broker does not tell its {' and '.join(missing)}, so it was left as it is")
        differing = {k: v for k, v in asked.items() if k in told and told[k] != v}
        if differing:
            steps.append(Step(topic, create=False, configurations=differing))
    return TopicPlan(tuple(steps), tuple(remarks))


def apply(
    admin: KafkaAdminClient, steps: Sequence[Step], replication_factor: int, tell: Callable[[Step], None]
) -> tuple[str, ...]:
    """Do the steps; ``tell`` is called after each. Gives what the broker could not do. Raises TopicFault."""
    remarks = []
    for step in steps:
        try:
            if step.create:
                _create(admin, step, replication_factor)
            else:
                _configure(admin, step)
        except TopicAlreadyExistsError:
            remarks.append(f"{step.topic.name}: somebody else has just created it; apply again to check it")
        except KafkaError as error:
            raise TopicFault(f"{step.topic.name}: the broker refuses: {error}") from error
        tell(step)
    return tuple(remarks)


def verify(
    admin: KafkaAdminClient, topics: Iterable[Topic], replication_factor: int = 1, seconds: float = FOLLOWS_SECONDS
) -> None:
    """Ask the broker again, for so many ``seconds``. Raises TopicFault where a topic is still not as it was asked."""
    wanted = tuple(topics)
    if left := left_after(seconds, lambda: plan(admin, wanted, replication_factor).steps):
        raise TopicFault(f"{left[0].topic.name}: the broker does not have what was set: {left[0]}")


def _create(admin: KafkaAdminClient, step: Step, replication_factor: int) -> None:
    name = str(step.topic.name)
    created = {
        "num_partitions": step.topic.partitions,
        "replication_factor": replication_factor,
        "configs": step.configurations,
    }
    admin.create_topics({name: created}, timeout_ms=15_000)
    admin.wait_for_topics([name], timeout_ms=FOLLOWS_SECONDS * 1000)


def _configure(admin: KafkaAdminClient, step: Step) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, str(step.topic.name), step.configurations)
    answers = admin.alter_configs([resource])
    for answer in answers.get("topic", {}).values():
        if answer != "OK":
            raise TopicFault(f"{step.topic.name}: the broker refuses {step.configurations}: {answer}")


def _partitions(admin: KafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    described = admin.describe_topics(names) if names else []  # no names would mean every topic there is
    return {one["name"]: len(one["partitions"]) for one in described if one["partitions"]}  # none: it knows it not yet


def actual(admin: KafkaAdminClient, name: str) -> dict[str, str]:
    """The configuration of a topic as the broker tells it; nothing where it does not."""
    try:
        described: Any = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)], config_filter="all")
    except KafkaError:
        return {}
    entries = described.get("topic", {}).get(name, {})
    return {key: str(entry["value"]) for key, entry in entries.items() if isinstance(entry, dict) and "value" in entry}
