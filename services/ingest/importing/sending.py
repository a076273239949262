"""Sending a wave through the topics, and waiting until ingest has stored it."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from kafka import KafkaProducer
from kafka.errors import KafkaError

from services.contracts import wire
from services.contracts.events import Event, WaveEnd, WaveOpened
from services.contracts.topics import TOPICS, TopicName, record_timestamp_ms
from services.ingest.importing.stored import Progress, Stored
from services.ingest.importing.wave import ImportedWave

CHUNK: Final = 1_000
_ACKNOWLEDGED_SECONDS: Final = 35.0
_LOOK_SECONDS: Final = 0.2

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


class SendingFailed(RuntimeError):
    """Kafka or ingest does not take the wave; the text says what to do. Importing again completes it."""


class Sender:
    """Sends events and waits for their acknowledgement, then for the rows."""

    def __init__(self, producer: KafkaProducer, stored: Stored, tell: Tell, patience_seconds: float) -> None:
        self._producer = producer
        self._stored = stored
        self._tell = tell
        self._patience = patience_seconds
        self._timestamp = record_timestamp_ms(datetime.now(UTC).date())

    def open(self, opened: WaveOpened) -> None:
        """Send the opening and wait until it is stored. Raises SendingFailed."""
        self._send([{"topic": TopicName.WAVES, "key": opened.wave_id.encode(), "value": wire.encode(opened)}])
        self._wait(opened.wave_id, "waiting for ingest to take the wave in", lambda progress: int(progress.opened), 1)

    def rest(self, wave: ImportedWave) -> None:
        """Send the answers, a marker in each partition, and the close; wait until all is stored. Raises SendingFailed.

        The markers go when every answer is acknowledged, the close when every marker is.
        """
        wave_id = wave.opened.wave_id
        answers = [
            {
                "topic": TopicName.ANSWERS,
                "key": answer.ballot_id.encode(),
                "value": wire.encode(answer),
                "timestamp_ms": self._timestamp,
            }
            for answer in wave.answers
        ]
        done = 0
        for chunk in _chunks(answers):
            self._tell("sending answers", done, len(answers))
            self._send(chunk)
            done += len(chunk)
        self._tell("sending answers", done, len(answers))
        self._send(self._markers(wave_id))
        key = f"{wave_id}.closed".encode()
        self._send([{"topic": TopicName.WAVES, "key": key, "value": wire.encode(wave.closed)}])
        total = sum(topic.partitions for topic in TOPICS.values() if topic.barrier) + 1
        waiting = "waiting for ingest to store everything"
        self._wait(wave_id, waiting, lambda progress: progress.markers + progress.closed, total)

    def _markers(self, wave_id: str) -> list[dict[str, Any]]:
        marker: Event = WaveEnd(wave_id=wave_id)
        return [
            {
                "topic": topic.name,
                "partition": partition,
                "value": wire.encode(marker),
                "timestamp_ms": self._timestamp,
            }
            for topic in TOPICS.values()
            if topic.barrier
            for partition in range(topic.partitions)
        ]

    def _send(self, records: Iterable[dict[str, Any]]) -> None:
        try:
            for sent in [self._producer.send(**record) for record in records]:
                sent.get(timeout=_ACKNOWLEDGED_SECONDS)
        except KafkaError as error:
            raise SendingFailed(
                f"Kafka does not take the wave ({type(error).__name__}). Nothing is published; when Kafka is back, run "
                "the same import again: it goes on where it was."
            ) from error

    def _wait(self, wave_id: str, doing: str, measure: Callable[[Progress], int], total: int) -> None:
        give_up = time.monotonic() + self._patience
        best = -1
        while True:
            done = measure(self._stored.progress(wave_id))
            if done > best:
                best, give_up = done, time.monotonic() + self._patience
                self._tell(doing, done, total)
            if done >= total:
                return
            if time.monotonic() > give_up:
                raise SendingFailed(
                    f"ingest has stored nothing for {self._patience:.0f} s ({best} of {total} steps are done). Start "
                    "`draagvlak ingest` or read its log, and run the same import again: it goes on where it was."
                )
            time.sleep(_LOOK_SECONDS)


def _chunks(records: Sequence[dict[str, Any]]) -> Iterable[Sequence[dict[str, Any]]]:
    for start in range(0, len(records), CHUNK):
        yield records[start : start + CHUNK]
