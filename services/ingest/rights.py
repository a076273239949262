"""What each user of Kafka may do, and giving them exactly that: again and again with the same end.

For a Kafka that we run by ourselves, as compose does. Strimzi gives the same rights by its KafkaUsers
(deploy/k8s/components/strimzi/users); a test holds both to each other.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import SecurityDisabledError

from services.contracts.topics import TopicName
from services.ingest.following import FOLLOWS_SECONDS, left_after

READ: Final = (ACLOperation.READ, ACLOperation.DESCRIBE)
WRITE: Final = (ACLOperation.WRITE, ACLOperation.DESCRIBE)
READ_AND_WRITE: Final = (ACLOperation.READ, ACLOperation.WRITE, ACLOperation.DESCRIBE)
LOOK: Final = (ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS)
LOOK_AND_DELETE: Final = (*LOOK, ACLOperation.DELETE)

TOPIC_RIGHTS: Final[Mapping[str, Mapping[TopicName, tuple[ACLOperation, ...]]]] = {
    "pulse-bot": {
        TopicName.WAVES: READ_AND_WRITE,
        TopicName.ANSWERS: WRITE,
        TopicName.COMMENTS: WRITE,
        TopicName.ANNOUNCEMENTS: READ_AND_WRITE,
    },
    "ingest": {
        TopicName.WAVES: READ,
        TopicName.ANSWERS: READ,
        TopicName.COMMENTS: READ,
        TopicName.ANNOUNCEMENTS: READ_AND_WRITE,
        TopicName.OUTCOMES: READ_AND_WRITE,
        TopicName.DEAD_LETTERS: WRITE,
    },
    "retention": {
        **dict.fromkeys(TopicName, LOOK),
        TopicName.ANSWERS: LOOK_AND_DELETE,
        TopicName.COMMENTS: LOOK_AND_DELETE,
    },
    "import": {TopicName.WAVES: WRITE, TopicName.ANSWERS: WRITE},
    "dead-letters": {
        TopicName.DEAD_LETTERS: READ,
        TopicName.WAVES: READ_AND_WRITE,
        TopicName.ANSWERS: WRITE,
        TopicName.COMMENTS: WRITE,
        TopicName.ANNOUNCEMENTS: WRITE,
        TopicName.OUTCOMES: WRITE,
    },
}
"""User -> topic -> operations. Whoever is not here has none: ingest alone reads answers and comments."""

GROUP_RIGHTS: Final[Mapping[str, tuple[ACLOperation, ...]]] = {"ingest": READ, "retention": (ACLOperation.DESCRIBE,)}
"""User -> operations on the consumer group of ingest."""

EVERYBODY: Final = "User:*"
"""As Kafka calls every user together, ours too."""

_GUARDED: Final = frozenset({TopicName.ANSWERS, TopicName.COMMENTS})
_HARMFUL: Final = frozenset(
    {ACLOperation.READ, ACLOperation.ALL, ACLOperation.WRITE, ACLOperation.ALTER, ACLOperation.DELETE}
)
"""What nobody else may do with them and with the group of ingest: read or change what people said, or let others."""

EVERY_RIGHT: Final = ACLFilter(
    None,
    None,
    ACLOperation.ANY,
    ACLPermissionType.ANY,
    ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)


class RightsFault(RuntimeError):
    """The rights cannot be given; the text says why, and what to do."""


@dataclass(frozen=True)
class RightsPlan:
    """Rights that lack, rights to be taken away, and what others may do with our topics and the group of ingest.

    ``harmful`` are those of others by which they read or change answers and comments, or what ingest has read of them.
    """

    lacking: tuple[ACL, ...]
    too_many: tuple[ACL, ...]
    harmful: tuple[ACL, ...]
    strange: tuple[ACL, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """What is to be done, a sentence each."""
        return (*(f"give {spoken(one)}" for one in self.lacking), *(f"take {spoken(one)}" for one in self.too_many))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What somebody else gave, which is left as it is."""
        return tuple(f"{spoken(one)}: {_whose(one)}, so it was left as it is" for one in self.strange)

    @property
    def faults(self) -> tuple[str, ...]:
        """What somebody else must not have, a sentence each."""
        return tuple(f"{spoken(one)}: {_whose(one)}" for one in self.harmful)


def wanted(group: str) -> tuple[ACL, ...]:
    """Every right of every user; ``group`` is the consumer group of ingest."""
    topics = (
        (user, ResourcePattern(ResourceType.TOPIC, str(topic)), operations)
        for user, rights in TOPIC_RIGHTS.items()
        for topic, operations in rights.items()
    )
    groups = ((user, ResourcePattern(ResourceType.GROUP, group), given) for user, given in GROUP_RIGHTS.items())
    return tuple(
        ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, resource)
        for user, resource, operations in (*topics, *groups)
        for operation in operations
    )


def plan(admin: KafkaAdminClient, group: str, *, also_others: bool = False) -> RightsPlan:
    """What is to be done; ``also_others`` takes away what is harmful of others too. Changes nothing.

    Raises RightsFault where this Kafka keeps no rights, KafkaError.
    """
    return compared(_held(admin), group, also_others=also_others)


def compared(there: Iterable[ACL], group: str, *, also_others: bool = False) -> RightsPlan:
    """What is to be done where these rights are there."""
    asked, held = set(wanted(group)), set(there)
    users = {f"User:{user}" for user in TOPIC_RIGHTS}
    more = sorted(held - asked, key=spoken)
    ours, others = [one for one in more if one.principal in users], [one for one in more if one.principal not in users]
    harmful = [one for one in others if _harms(one, group)]
    left = [one for one in others if one not in harmful and _touches(one, frozenset(TopicName), group)]
    if also_others:
        ours, harmful = sorted((*ours, *harmful), key=spoken), []
    return RightsPlan(tuple(sorted(asked - held, key=spoken)), tuple(ours), tuple(harmful), tuple(left))


def apply(admin: KafkaAdminClient, todo: RightsPlan, tell: Callable[[str], None]) -> None:
    """Give what lacks, then take what is too much; ``tell`` gets each. Raises RightsFault, KafkaError."""
    if todo.lacking:
        refused = admin.create_acls(list(todo.lacking))["failed"]
        if refused:
            raise RightsFault(f"the broker refuses to give rights: {refused[0].__name__}")
    if todo.too_many:
        for _, _, error in admin.delete_acls([exactly(one) for one in todo.too_many]):
            if error.errno:
                raise RightsFault(f"the broker refuses to take rights away: {error.__name__}")
    for step in todo.steps:
        tell(step)


def verify(admin: KafkaAdminClient, group: str, *, also_others: bool = False) -> None:
    """Ask the broker again, until it has followed its controller.

    Raises RightsFault where it took a change and does not have it.
    """
    if left := left_after(FOLLOWS_SECONDS, lambda: plan(admin, group, also_others=also_others).steps):
        raise RightsFault(f"the broker does not have what was set: {left[0]}")


def spoken(right: ACL) -> str:
    """A right in words: ``User:ingest Read on topic pulse.answers.v1``."""
    resource = right.resource_pattern
    kind = resource.resource_type.name.lower()
    prefix = "" if resource.pattern_type is ACLResourcePatternType.LITERAL else "whatever begins with "
    host = "" if right.host == "*" else f" from {right.host}"
    verb = right.operation.name.title().replace("_", "")
    denied = "" if right.permission_type is ACLPermissionType.ALLOW else "not "
    return f"{right.principal} {denied}{verb} on {kind} {prefix}{resource.resource_name}{host}"


def _held(admin: KafkaAdminClient) -> set[ACL]:
    try:
        found: Iterable[ACL] = admin.describe_acls(EVERY_RIGHT)[0]
    except SecurityDisabledError:
        raise RightsFault(
            "this Kafka keeps no rights: whoever gets in may read answers. Set "
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer and start it again"
        ) from None
    return set(found)


def _harms(right: ACL, group: str) -> bool:
    allowed = right.permission_type is ACLPermissionType.ALLOW
    return allowed and right.operation in _HARMFUL and _touches(right, _GUARDED, group)


def _touches(right: ACL, topics: frozenset[TopicName], group: str) -> bool:
    """Whether a right is about one of these topics, or about the group."""
    resource = right.resource_pattern
    about = {ResourceType.TOPIC: topics, ResourceType.GROUP: {group}}.get(resource.resource_type, frozenset())
    if resource.pattern_type is ACLResourcePatternType.PREFIXED:
        return any(str(one).startswith(resource.resource_name) for one in about)
    return bool(about) and (resource.resource_name == "*" or resource.resource_name in about)


def _whose(right: ACL) -> str:
    return "that is everybody, ours too" if right.principal == EVERYBODY else "nobody of ours"


def exactly(right: ACL) -> ACLFilter:
    """What finds exactly this right."""
    named = right.resource_pattern
    resource = ResourcePatternFilter(named.resource_type, named.resource_name, named.pattern_type)
    return ACLFilter(right.principal, right.host, right.operation, right.permission_type, resource)
