"""Dead letters: records that were not understood, kept with the reason, before their offset may pass.

Those of answers and comments live with the ballots, in the restricted table alone and without an offset. All others
go to a topic of their own with the place that they came from.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from typing import Final, Protocol

import orjson
from kafka import KafkaProducer
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError
from pydantic import TypeAdapter, ValidationError

from services.contracts import wire
from services.contracts.base import WaveId
from services.contracts.events import DeadLetter
from services.contracts.topics import TopicName
from services.ingest.errors import IngestStopped, Unavailable
from services.ingest.tables import DEAD_LETTERS
from services.runtime.tracing.records import headers

RESTRICTED: Final = frozenset({TopicName.ANSWERS, TopicName.COMMENTS})
"""Topics whose dead letters never leave the ballots."""

LARGEST: Final = 512 * 1024
"""Bytes of a record that fit a dead letter in the topic; in the table there is no limit."""

_SECONDS: Final = 30.0
_SOFTWARE: Final = version("draagvlak")
_WAVE_ID: Final = TypeAdapter(WaveId)


@dataclass(frozen=True)
class Letter:
    """A record and why it was put aside. The text names fields and rules, never a value."""

    record: ConsumerRecord
    error_class: str
    error_text: str

    @property
    def restricted(self) -> bool:
        """Whether it belongs to the ballots."""
        return self.record.topic in RESTRICTED

    @property
    def record_hash(self) -> str:
        """SHA-256 of topic, key and value, each with its length: the same record lands once."""
        digest = sha256()
        for part in (self.record.topic.encode(), self.record.key or b"", self.record.value or b""):
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    @cached_property
    def wave_id(self) -> str:
        """The wave that the record says it is of, where that can be read; else nothing."""
        return wave_id_in(self.record.value)

    def row(self) -> bytes:
        """The row of the restricted table."""
        return DEAD_LETTERS.row(
            self.record.topic,
            self.record_hash,
            self.wave_id,
            self.record.key or b"",
            self.record.value or b"",
            self.error_class,
            self.error_text,
            _SOFTWARE,
        )

    def event(self) -> DeadLetter:
        """The event for the topic; a record over the limit is cut, and the text says so."""
        raw, text = self.record.value or b"", self.error_text
        if len(raw) > LARGEST:
            text = f"only the first {LARGEST} of {len(raw)} bytes are kept (sha256 {sha256(raw).hexdigest()}). {text}"
        return DeadLetter(
            source_topic=TopicName(self.record.topic),
            source_partition=self.record.partition,
            source_offset=self.record.offset,
            error_class=self.error_class,
            error_text=text[:2000],
            raw=b64encode(raw[:LARGEST]).decode("ascii"),
        )


def wave_id_in(raw: bytes | None) -> str:
    """The wave of a record that could not be understood, where it can be read after all; else nothing."""
    try:
        content = orjson.loads(raw or b"")
        return _WAVE_ID.validate_python(content["wave_id"])
    except (orjson.JSONDecodeError, ValidationError, KeyError, TypeError, IndexError):
        return ""


class LetterBox(Protocol):
    """Where the letters of other topics go."""

    def send(self, letters: list[Letter]) -> None:
        """Return only when every letter is durable. Raises Unavailable; sending again is harmless."""


class TopicLetterBox:
    """The topic of dead letters. ``producer`` must wait for all in-sync replicas."""

    def __init__(self, producer: KafkaProducer) -> None:
        self._producer = producer

    def send(self, letters: list[Letter]) -> None:
        """Send them under the keys of their sources and wait for the acknowledgements."""
        try:
            sent = [
                self._producer.send(
                    TopicName.DEAD_LETTERS,
                    key=letter.record.key,
                    value=wire.encode(letter.event()),
                    headers=headers(TopicName.DEAD_LETTERS),
                )
                for letter in letters
            ]
            for acknowledgement in sent:
                acknowledgement.get(timeout=_SECONDS)
        except KafkaError as error:
            if error.retriable:
                raise Unavailable(f"Kafka does not take dead letters: {type(error).__name__}") from error
            raise IngestStopped(
                f"Ingest has stopped: Kafka refuses a dead letter ({type(error).__name__}). Nothing is lost. Check "
                f"that the topic {TopicName.DEAD_LETTERS} exists and that ingest may write to it."
            ) from error
