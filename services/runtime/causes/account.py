"""The topics, and what our user may do with them: read from Kafka before anything is written or read."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.admin import ACLOperation
from kafka.errors import GroupAuthorizationFailedError, KafkaError

from services.contracts.topics import TopicName
from services.runtime import kafka
from services.runtime.causes import Cause
from services.runtime.causes.kafka import denied, missing
from services.runtime.settings import KafkaSettings

MISSING: Final = 3
DENIED: Final = 29
"""Kafka's codes for a topic that is not there, and for one that we may not see."""

_PATIENCE: Final = 3.0
"""Seconds for a connection: somebody waits for an answer of whoever asks, and tries again."""

Rights = Mapping[TopicName, tuple[ACLOperation, ...]]
"""What a workload does with topics; at least one operation each."""


def lack(settings: KafkaSettings, client_id: str, needs: Rights, group: str | None = None) -> Cause | None:
    """What this account lacks of topics and rights, with the number of what else; None where nothing is known to.

    ``group`` is read in. Raises kafka-python's errors.
    """
    with closing(kafka.admin(settings, client_id, _PATIENCE)) as admin:
        found = list(_topics(settings, admin, needs))
        if group is not None:
            found += _group(settings, admin, group)
    if len(found) < 2:
        return found[0] if found else None
    first, others = found[0], len(found) - 1
    return Cause(f"{first.what}, and {others} more like it", f"{first.mend}; `draagvlak doctor` names the others")


def known(told: Any) -> frozenset[int] | None:
    """The operations that a broker told, as kafka-python names them; None where it told nothing."""
    if not told or isinstance(told, int):
        return None
    return frozenset(int(ACLOperation[one]) for one in told)


def spoken(operation: ACLOperation) -> str:
    """As the tool of Kafka names it: Read, AlterConfigs."""
    return operation.name.title().replace("_", "")


def group_operations(admin: KafkaAdminClient, group: str) -> frozenset[int] | None:
    """What we may do with a consumer group; nothing where we may not see it, None where this broker does not tell."""
    try:
        described = admin.describe_groups([group])
    except GroupAuthorizationFailedError:
        return frozenset()
    except (KafkaError, TypeError, ValueError, KeyError):  # the sandbox's broker does not know the request
        return None
    return known(described.get(group, {}).get("authorized_operations"))


def _topics(settings: KafkaSettings, admin: KafkaAdminClient, needs: Rights) -> Iterable[Cause]:
    described = {one["name"]: one for one in admin.describe_topics([str(name) for name in needs])}
    for name, operations in needs.items():
        told = described.get(str(name), {"error_code": MISSING})
        if told["error_code"] == MISSING:
            yield missing(str(name))
            continue
        may = frozenset() if told["error_code"] == DENIED else known(told.get("authorized_operations"))
        yield from _lacking(settings, operations, may, f"--topic {name}")


def _group(settings: KafkaSettings, admin: KafkaAdminClient, group: str) -> Iterable[Cause]:
    return _lacking(settings, (ACLOperation.READ,), group_operations(admin, group), f"--group {group}")


def _lacking(
    settings: KafkaSettings, operations: Iterable[ACLOperation], may: frozenset[int] | None, resource: str
) -> Iterable[Cause]:
    if may is not None:
        yield from (denied(settings, spoken(one), resource) for one in operations if one not in may)
