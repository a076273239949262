"""Reading the dead letters back, from the restricted table and from the topic."""

import base64
import binascii
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from clickhouse_connect.driver.client import Client
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from services.contracts import wire
from services.contracts.events import DeadLetter
from services.contracts.topics import TopicName
from services.ingest.letters import wave_id_in
from services.runtime import kafka
from services.runtime.clickhouse import sql
from services.runtime.settings import KafkaSettings

_CUT: Final = "only the first "

NO_LETTER: Final = "not_a_dead_letter"
"""The class of a record in the topic of dead letters that is none."""


@dataclass(frozen=True)
class Kept:
    """A dead letter as it is kept; ``place`` is partition and offset of its source, never kept for answers."""

    letter_id: str
    topic: TopicName
    wave_id: str
    error_class: str
    error_text: str
    raw: bytes
    key: bytes | None
    place: str = ""
    replayed: bool = False

    @property
    def short_id(self) -> str:
        """Enough of the id to find it again."""
        return self.letter_id[:12]

    @property
    def cut(self) -> bool:
        """Whether it is only the beginning of the record that it was."""
        return self.error_text.startswith(_CUT)


@dataclass(frozen=True)
class Wanted:
    """Which letters are asked for; what is not named is not looked at. ``ids`` are the first characters of ids."""

    topic: TopicName | None = None
    error_class: str | None = None
    wave_id: str | None = None
    ids: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Wanted()

    def has(self, letter: Kept) -> bool:
        """Whether the letter is one of them."""
        return (
            self.topic in (None, letter.topic)
            and self.error_class in (None, letter.error_class)
            and self.wave_id in (None, letter.wave_id)
            and (not self.ids or any(letter.letter_id.startswith(part) for part in self.ids))
        )


def everything(client: Client, settings: KafkaSettings) -> list[Kept]:
    """All dead letters, those of answers and comments first. Raises clickhouse-connect's and kafka-python's errors."""
    replayed = {letter for (letter,) in client.query(sql("services.ingest.sql", "replayed_letters")).result_rows}
    of_topic = (replace(letter, replayed=letter.letter_id in replayed) for letter in _in_topic(settings))
    return [*_in_store(client), *of_topic]


def _in_store(client: Client) -> list[Kept]:
    rows = client.query(sql("services.ingest.sql", "dead_letters")).result_rows
    return [
        Kept(
            letter_id,
            TopicName(topic),
            *(wave_id, error_class, error_text),
            base64.b64decode(raw),
            base64.b64decode(key) or None,
            replayed=bool(replayed),
        )
        for letter_id, topic, wave_id, error_class, error_text, raw, key, replayed in rows
    ]


def _in_topic(settings: KafkaSettings) -> Iterator[Kept]:
    return (_kept(record) for record in records_of(settings, TopicName.DEAD_LETTERS))


def records_of(settings: KafkaSettings, topic: TopicName) -> Iterator[ConsumerRecord]:
    """Every record of the topic, each partition's oldest first. Raises kafka-python's errors."""
    with closing(
        KafkaConsumer(
            **kafka.connection(settings, "draagvlak-dead-letters"), group_id=None, auto_offset_reset="earliest"
        )
    ) as consumer:
        partitions = consumer.partitions_for_topic(topic) or set()
        yield from kafka.everything(consumer, [TopicPartition(topic, partition) for partition in partitions])


def _kept(record: ConsumerRecord) -> Kept:
    raw: bytes = record.value or b""
    try:
        letter = wire.parse(TopicName.DEAD_LETTERS, raw).event
        assert isinstance(letter, DeadLetter)  # noqa: S101 - the topic carries nothing else
        source = base64.b64decode(letter.raw, validate=True)
    except (wire.InvalidRecord, binascii.Error):  # somebody else's; shown all the same
        place, said = f"partition {record.partition}, offset {record.offset}", "this record is no dead letter"
        return Kept(sha256(raw).hexdigest(), TopicName.DEAD_LETTERS, "", NO_LETTER, said, raw, record.key, place)
    return Kept(
        letter.event_id.hex,
        letter.source_topic,
        wave_id_in(source),
        letter.error_class,
        letter.error_text,
        source,
        record.key,
        f"partition {letter.source_partition}, offset {letter.source_offset}",
    )
