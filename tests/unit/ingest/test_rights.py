"""What each workload asks of Kafka is what the table of rights gives its user; and what others have is told."""

from collections.abc import Iterable, Mapping

import pytest
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

from services.contracts.topics import TopicName
from services.ingest.causes import CONSUMER, DEAD_LETTERS, GATEWAY, RETENTION, replaying
from services.ingest.consumer import SOURCES
from services.ingest.rights import TOPIC_RIGHTS, compared, wanted
from services.pulse_bot.answers.rights import WRITES
from services.runtime.causes.account import Rights

GROUP = "pulse-ingest"
ANSWERS = str(TopicName.ANSWERS)
LITERAL, PREFIXED = ACLResourcePatternType.LITERAL, ACLResourcePatternType.PREFIXED
ALLOW, DENY = ACLPermissionType.ALLOW, ACLPermissionType.DENY


def pairs(rights: Iterable[Rights]) -> set[tuple[TopicName, ACLOperation]]:
    """Topic and operation; Describe is left out, which reading, writing and deleting bring with them."""
    return {
        (topic, operation)
        for one in rights
        for topic, operations in one.items()
        for operation in operations
        if operation is not ACLOperation.DESCRIBE
    }


EVERY_LETTER = [topic for topic in TopicName if topic is not TopicName.DEAD_LETTERS]


@pytest.mark.parametrize(
    ("user", "asked"),
    [
        ("ingest", [CONSUMER, GATEWAY]),
        ("retention", [RETENTION]),
        ("dead-letters", [DEAD_LETTERS, replaying(EVERY_LETTER)]),
    ],
)
def test_a_workload_asks_for_exactly_what_its_user_has(user: str, asked: list[Rights]) -> None:
    assert pairs(asked) == pairs([TOPIC_RIGHTS[user]])


def test_the_bot_asks_for_everything_that_it_writes() -> None:
    table: Mapping[TopicName, tuple[ACLOperation, ...]] = TOPIC_RIGHTS["pulse-bot"]
    assert pairs([WRITES]) == {(topic, one) for topic, one in pairs([table]) if one is ACLOperation.WRITE}


def test_the_consumer_asks_to_read_every_topic_that_it_takes_in() -> None:
    assert {str(topic) for topic, one in pairs([CONSUMER]) if one is ACLOperation.READ} == set(SOURCES)


def test_a_replay_asks_to_write_to_where_its_letters_came_from_and_nowhere_else() -> None:
    assert replaying([TopicName.ANSWERS, TopicName.ANSWERS]) == {
        TopicName.ANSWERS: (ACLOperation.WRITE,),
        TopicName.WAVES: (ACLOperation.READ,),
    }


def right(
    operation: ACLOperation,
    name: str = ANSWERS,
    kind: ResourceType = ResourceType.TOPIC,
    pattern: ACLResourcePatternType = LITERAL,
    permission: ACLPermissionType = ALLOW,
    who: str = "User:somebody",
) -> ACL:
    return ACL(who, "*", operation, permission, ResourcePattern(kind, name, pattern))


HARMFUL = [
    right(ACLOperation.READ),
    right(ACLOperation.ALL, "*"),
    right(ACLOperation.WRITE, str(TopicName.COMMENTS)),
    right(ACLOperation.ALTER, "pulse.a", pattern=PREFIXED),
    right(ACLOperation.DELETE, "pulse-", ResourceType.GROUP, PREFIXED),
    right(ACLOperation.READ, GROUP, ResourceType.GROUP),
    right(ACLOperation.READ, "*", ResourceType.GROUP, who="User:*"),
]
STRANGE = [
    right(ACLOperation.DESCRIBE),
    right(ACLOperation.DESCRIBE, GROUP, ResourceType.GROUP),
    right(ACLOperation.READ, str(TopicName.WAVES)),
    right(ACLOperation.READ, permission=DENY, who="User:*"),
]
NOT_OURS = [
    right(ACLOperation.READ, "orders"),
    right(ACLOperation.READ, "orders", pattern=PREFIXED),
    right(ACLOperation.READ, GROUP),
    right(ACLOperation.READ, ANSWERS, ResourceType.GROUP),
    right(ACLOperation.ALL, "kafka-cluster", ResourceType.CLUSTER),
]


def test_what_others_may_read_or_change_is_a_fault_and_taken_only_when_asked() -> None:
    there = [*wanted(GROUP), *HARMFUL, *STRANGE, *NOT_OURS]
    left = compared(there, GROUP)
    assert (set(left.harmful), set(left.strange)) == (set(HARMFUL), set(STRANGE))
    assert (left.lacking, left.too_many) == ((), ())
    taken = compared(there, GROUP, also_others=True)
    assert (set(taken.too_many), taken.harmful, set(taken.strange)) == (set(HARMFUL), (), set(STRANGE))


def test_everybody_is_not_called_nobody_of_ours() -> None:
    found = compared([*wanted(GROUP), *HARMFUL, *STRANGE], GROUP)
    assert f"User:somebody Read on topic {ANSWERS}: nobody of ours" in found.faults
    assert "User:* Read on group *: that is everybody, ours too" in found.faults
    assert f"User:* not Read on topic {ANSWERS}: that is everybody, ours too, so it was left as it is" in found.remarks
