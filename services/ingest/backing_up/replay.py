"""Having ingest read Kafka from its beginning again: what no backup holds comes back from there.

Answers of unreleased waves, their trees and closing markers are in Kafka until they are released. Those of released
waves are counted and dropped, and everything has a natural key, so that reading twice changes nothing.
"""

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import NoError

from services.contracts.topics import TOPICS, TopicName
from services.runtime.backups import BackupFault


def refuse_running(admin: KafkaAdminClient, group: str) -> None:
    """Raises BackupFault while a consumer of the group is there, and kafka-python's errors."""
    try:
        members = admin.describe_groups([group])[group]["members"]
    except ValueError:
        return  # the sandbox's broker describes groups in a way that kafka-python 3.0.12 cannot read
    if members:
        raise BackupFault(
            f"ingest is running ({len(members)} in the group {group}): stop every replica of it before a restore; "
            "one that was killed leaves the group within half a minute"
        )


def from_the_beginning(admin: KafkaAdminClient, group: str) -> int:
    """Set the group before the first record of every partition. Gives how many partitions.

    Raises BackupFault, and kafka-python's errors.
    """
    wanted = {
        TopicPartition(topic.name.value, partition): OffsetSpec.EARLIEST
        for topic in TOPICS.values()
        if topic.name is not TopicName.DEAD_LETTERS
        for partition in range(topic.partitions)
    }
    done = admin.reset_group_offsets(group, wanted)
    refused = {result["error"].__name__ for result in done.values() if result["error"] is not NoError}
    if refused:
        raise BackupFault(f"Kafka does not set the group {group} back ({', '.join(sorted(refused))}): is ingest ended?")
    return len(done)
