"""The consumer's loop: poll, hand each record to its partition's pipeline, commit the low-water marks."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog
from kafka import KafkaConsumer
from kafka.errors import KafkaError

from services.contracts.topics import TopicName
from services.ingest.assignment import Assignment
from services.ingest.causes import Obstacles
from services.ingest.errors import IngestStopped, Unavailable
from services.ingest.heartbeat import Heartbeat
from services.ingest.lag import Lag
from services.ingest.offsets import Offsets
from services.ingest.telemetry import HELD
from services.ingest.waves import KnownWaves

SOURCES: Final = tuple(str(topic) for topic in TopicName if topic is not TopicName.DEAD_LETTERS)
"""The topics that are taken in."""

POLL_RECORDS: Final = 2_000
POLL_MS: Final = 100
CLOSE_SECONDS: Final = 20.0
"""How long the last flush may take after SIGTERM; with the commit and leaving the group it stays under 25 s."""

_log = structlog.get_logger("draagvlak.ingest")


class Consumer:
    """One run of the loop, in the thread that calls ``run``."""

    def __init__(
        self,
        consumer: KafkaConsumer,
        assignment: Assignment,
        offsets: Offsets,
        waves: KnownWaves,
        heartbeat: Heartbeat,
        *,
        obstacles: Obstacles,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._consumer = consumer
        self._assignment = assignment
        self._offsets = offsets
        self._waves = waves
        self._heartbeat = heartbeat
        self._obstacles = obstacles
        self._lag = Lag()
        self._now = now

    def run(self, stop: threading.Event) -> None:
        """Take records in until ``stop``; then flush, commit and leave the group. Raises IngestStopped.

        After IngestStopped nothing is flushed or committed any more: everything since the last commit is read again.
        """
        try:
            self.join()
            while not stop.is_set():
                self._heartbeat.tick()
                self.round()
            self.finish()
        except BaseException as error:
            self._assignment.failure = self._assignment.failure or IngestStopped(str(error))
            raise
        finally:
            self._leave()

    def join(self) -> None:
        """Subscribe, with every topic's partitions known.

        A member of kafka-python 3.0.12 that leads its group before it knows them gives nobody a partition, and may not
        notice until its metadata are renewed minutes later.
        """
        for topic in SOURCES:
            try:
                self._consumer.partitions_for_topic(topic)
            except KafkaError as error:
                _log.warning("Kafka does not tell of a topic", topic=topic, reason=type(error).__name__)
        self._consumer.subscribe(SOURCES, listener=self._assignment)

    def round(self) -> None:
        """Poll once, flush what is due, commit what is durable, hold back what must wait. Raises IngestStopped."""
        self._poll()
        self._assignment.flush.poll()
        self._offsets.commit(self._assignment.marks())
        self._pause_held()
        self._renew_waves()
        self._tell()

    def _poll(self) -> None:
        try:
            polled = self._consumer.poll(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
        except KafkaError as error:
            if self._assignment.failure is not None:
                raise self._assignment.failure from self._assignment.failure.__cause__
            if not error.retriable:
                raise IngestStopped(
                    f"Ingest has stopped: Kafka refuses to be read ({type(error).__name__}: {error}). Nothing is "
                    "lost. Check the topics (`draagvlak topics apply`) and what ingest may read."
                ) from error
            self._obstacles.reading.met(error)
            return
        self._obstacles.reading.gone()
        if self._assignment.failure is not None:
            raise self._assignment.failure
        for partition, records in polled.items():
            self._assignment.pipelines[partition].submit(records)
            self._heartbeat.tick()

    def _pause_held(self) -> None:
        """While a flush fails nothing more is read, but polling goes on: the group must not think us dead."""
        held, paused = self._assignment.flush.held, self._consumer.paused()
        if held:
            self._consumer.pause(*self._assignment.pipelines)
        elif paused:
            self._consumer.resume(*paused)
        HELD.set(len(self._assignment.pipelines) if held else 0)

    def _renew_waves(self) -> None:
        try:
            self._waves.renew()
        except Unavailable as error:
            _log.debug("waves not renewed", reason=str(error))

    def _tell(self) -> None:
        unknown = self._lag.tell(self._consumer, self._assignment.pipelines)
        not_yet = unknown if self._assignment.assigned else "no partitions are assigned yet"
        self._heartbeat.waiting_for = self._obstacles.lasting or not_yet

    def _leave(self) -> None:
        try:
            self._consumer.close(autocommit=False, timeout_ms=3_000)
        except KafkaError as error:
            _log.warning("the consumer group was not told; it will notice", reason=type(error).__name__)

    def finish(self) -> None:
        """Flush and commit within the time that a shutdown has."""
        self._assignment.flush.close()
        done = self._assignment.flush.join(self._now() + CLOSE_SECONDS)
        self._offsets.commit(self._assignment.marks())
        if done:
            _log.info("ingest has ended; everything that it read is stored")
        else:
            _log.warning("ingest has ended without ClickHouse; what was not stored is read again")
