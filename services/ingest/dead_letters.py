"""Reading the dead letters back, from the restricted table and from the topic."""

import base64
from dataclasses import dataclass
from typing import Final

import orjson
from clickhouse_connect.driver.client import Client
from kafka import KafkaConsumer, TopicPartition

from services.contracts.topics import TopicName
from services.ingest.letters import wave_id_in
from services.runtime.clickhouse import sql
from services.runtime.kafka import connection
from services.runtime.settings import KafkaSettings

_IDLE_MS: Final = 1_000
"""How long nothing may come before the topic counts as read: end offsets are not to be relied on in the sandbox."""


@dataclass(frozen=True)
class Kept:
    """A dead letter as it is kept; ``place`` is partition and offset of its source, never kept for answers."""

    letter_id: str
    topic: str
    wave_id: str
    error_class: str
    error_text: str
    raw: bytes
    place: str = ""

    @property
    def short_id(self) -> str:
        """Enough of the id to find it again."""
        return self.letter_id[:12]


def in_store(client: Client) -> list[Kept]:
    """Those of answers and comments. Raises clickhouse-connect's errors."""
    rows = client.query(sql("services.ingest.sql", "dead_letters")).result_rows
    return [
        Kept(letter_id, topic, wave_id, error_class, error_text, base64.b64decode(raw))
        for letter_id, topic, wave_id, error_class, error_text, raw in rows
    ]


def in_topic(settings: KafkaSettings) -> list[Kept]:
    """Those of all other topics, oldest first. Raises kafka-python's errors."""
    consumer = KafkaConsumer(
        **connection(settings, "draagvlak-dead-letters"), group_id=None, auto_offset_reset="earliest"
    )
    try:
        partitions = consumer.partitions_for_topic(TopicName.DEAD_LETTERS) or set()
        consumer.assign([TopicPartition(TopicName.DEAD_LETTERS, partition) for partition in partitions])
        letters: list[Kept] = []
        while polled := consumer.poll(timeout_ms=_IDLE_MS):
            letters += [_kept(record.value) for records in polled.values() for record in records]
        return letters
    finally:
        consumer.close()


def _kept(value: bytes) -> Kept:
    content = orjson.loads(value)
    raw = base64.b64decode(content["raw"])
    place = f"partition {content['source_partition']}, offset {content['source_offset']}"
    letter_id = content["event_id"].replace("-", "")
    topic, reason = content["source_topic"], (content["error_class"], content["error_text"])
    return Kept(letter_id, topic, wave_id_in(raw), *reason, raw, place)
