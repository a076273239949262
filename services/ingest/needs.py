"""What the consumer needs before it can start, and the putting together of its parts."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

from services.ingest.assignment import Assignment
from services.ingest.causes import CONSUMER, Obstacles
from services.ingest.clickhouse_store import ClickHouseStore
from services.ingest.consumer import Consumer
from services.ingest.flushing import Flush
from services.ingest.heartbeat import Heartbeat
from services.ingest.invalid_share import InvalidShare
from services.ingest.letters import TopicLetterBox
from services.ingest.migrating.runner import schema_fault
from services.ingest.offsets import Offsets
from services.ingest.pipeline import Pipeline
from services.ingest.settings import IngestSettings
from services.ingest.waves import KnownWaves
from services.ingest.writing import Writer
from services.runtime import clickhouse, kafka
from services.runtime.causes import Cause
from services.runtime.causes.account import lack
from services.runtime.causes.kafka import look

INSERT_SECONDS: Final = 10
"""The longest wait for one insert: well under the time without movement that liveness allows."""

LONGEST_REBALANCE_FLUSH_SECONDS: Final = 5.0

Attempt = Callable[[], Cause | None]
"""Gives None, or what is missing.

May raise the errors of ClickHouse and Kafka, OSError, Unavailable and SettingsFault.
"""


class Needs:
    """The connections, made one after the other in the order of ``attempts``; ``stack`` closes them."""

    def __init__(self, settings: IngestSettings, stack: ExitStack) -> None:
        self._settings = settings
        self._stack = stack

    @property
    def attempts(self) -> Sequence[tuple[str, Attempt]]:
        """Each with whom it asks."""
        return (
            ("Kafka", self._topics),
            ("ClickHouse", self._tables),
            ("ClickHouse", self._facts),
            ("Kafka", self._clients),
        )

    def consumer(self, heartbeat: Heartbeat, obstacles: Obstacles) -> Consumer:
        """The consumer, after every attempt has succeeded. All pipelines share one watch over invalid records."""
        settings, share, offsets = self._settings, InvalidShare(), Offsets(self._kafka)
        writer = Writer(self._store, self._letters, self._waves)
        assignment = Assignment(
            lambda: Flush(writer, settings.limits, obstacles.storing),
            lambda topic, flush: Pipeline(topic, flush, self._waves, share),
            offsets,
            min(LONGEST_REBALANCE_FLUSH_SECONDS, settings.session_seconds / 3),
        )
        return Consumer(self._kafka, assignment, offsets, self._waves, heartbeat, obstacles=obstacles)

    def _tables(self) -> Cause | None:
        client = clickhouse.client(self._settings, timeout_seconds=INSERT_SECONDS)
        fault = schema_fault(client)
        if fault is not None:
            client.close()
            return fault
        self._stack.callback(client.close)
        self._store = ClickHouseStore(client)
        self._waves = KnownWaves(self._store)
        return None

    def _topics(self) -> Cause | None:
        """Looked at first, since a client takes its time before it says that it was not let in."""
        settings = self._settings
        return look(settings) or lack(settings, "draagvlak-ingest", CONSUMER, settings.ingest_group)

    def _facts(self) -> None:
        self._waves.released()
        self._waves.renew()

    def _clients(self) -> None:
        with ExitStack() as made:
            producer = kafka.producer(self._settings, "draagvlak-ingest")
            made.callback(kafka.end_producer, producer, 1)
            self._kafka = kafka.consumer(self._settings, "draagvlak-ingest", self._settings.ingest_group)
            self._stack.push(made.pop_all())
        self._letters = TopicLetterBox(producer)
