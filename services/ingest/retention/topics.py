"""Deleting the records of answers and comments that ingest has stored, once no wave needs them any more."""

from collections.abc import Mapping
from typing import Final

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from services.contracts.topics import TOPICS

Ends = Mapping[TopicPartition, int]
"""Partition -> the first offset that stays."""

DAYS_KEPT: Final = max((topic.retention_ms or 0) for topic in TOPICS.values() if topic.barrier) // (24 * 60 * 60 * 1000)
"""After how many days a broker forgets records of answers and comments by itself."""

_TIMEOUT_MS: Final = 15_000


class NotDeleted(RuntimeError):
    """A broker said that it deleted records, and still has them."""


def stored_until(admin: KafkaAdminClient, group: str) -> Ends:
    """What ``group`` has committed of answers and comments: every earlier record is stored for certain.

    Raises kafka-python's errors.
    """
    barrier = {str(topic.name) for topic in TOPICS.values() if topic.barrier}
    offsets = admin.list_group_offsets([group])[group]
    return {
        partition: stored.offset
        for partition, stored in offsets.items()
        if partition.topic in barrier and stored.offset > 0
    }


def deletable(admin: KafkaAdminClient, until: Ends) -> Ends:
    """Those partitions that still have records before ``until``. Raises kafka-python's errors."""
    if not until:
        return {}
    first = admin.list_partition_offsets(dict.fromkeys(until, OffsetSpec.EARLIEST), timeout_ms=_TIMEOUT_MS)
    return {partition: end for partition, end in until.items() if first[partition].offset < end}


def delete(admin: KafkaAdminClient, until: Ends) -> None:
    """Delete all records before these offsets, and ask whether they are gone. Raises kafka-python's errors.

    Raises NotDeleted.
    """
    admin.delete_records(dict(until), timeout_ms=_TIMEOUT_MS)
    left = deletable(admin, until)
    if left:
        raise NotDeleted(f"{len(left)} partitions still have their records")
