"""The process: the consumer in a thread of its own, beside a small application that tells how it is."""

import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import FastAPI
from kafka.errors import KafkaError

from services.ingest import telemetry
from services.ingest.clickhouse_store import ClickHouseStore
from services.ingest.consumer import SOURCES, Consumer
from services.ingest.errors import IngestStopped, Unavailable
from services.ingest.heartbeat import Heartbeat
from services.ingest.invalid_share import InvalidShare
from services.ingest.letters import TopicLetterBox
from services.ingest.migrating.runner import schema_fault
from services.ingest.pipeline import Pipeline
from services.ingest.settings import IngestSettings
from services.ingest.waves import KnownWaves
from services.ingest.writing import Writer
from services.runtime import clickhouse, health, kafka, serving
from services.runtime import telemetry as prometheus

JOIN_SECONDS: Final = 25.0
"""The longest end of the consumer's thread."""

INSERT_SECONDS: Final = 10
"""The longest wait for one insert: well under the time without movement that liveness allows."""

_RETRY_SECONDS: Final = 0.5
_log = structlog.get_logger("draagvlak.ingest")


class Ingest:
    """The consumer's thread, from waiting for what it needs to its end. ``failure`` says why it ended by itself."""

    def __init__(self, settings: IngestSettings, heartbeat: Heartbeat) -> None:
        self._settings = settings
        self._heartbeat = heartbeat
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="consumer", daemon=True)
        self._server: uvicorn.Server | None = None
        self.failure: str | None = None

    def start(self, server: uvicorn.Server) -> None:
        """Start the thread; ``server`` is asked to end when the thread ends by itself."""
        self._server = server
        self._thread.start()

    def end(self) -> None:
        """Ask the thread to flush, commit and end, and wait for it."""
        self._stop.set()
        self._thread.join(JOIN_SECONDS)
        if self._thread.is_alive():
            _log.error("the consumer did not end in time; what it had not committed is read again")

    def _run(self) -> None:
        try:
            self._consume()
        except IngestStopped as stopped:
            self._failed(str(stopped))
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            self._failed(
                f"Ingest has stopped by a fault of its own: {type(error).__name__} at {Path(where.filename).name}:"
                f"{where.lineno}. Nothing is lost; start it again, and report this line."
            )
        finally:
            if self._server is not None:
                self._server.should_exit = True

    def _failed(self, sentence: str) -> None:
        telemetry.STOPPED.set(1)
        self.failure = sentence
        _log.error(sentence)

    def _consume(self) -> None:
        with ExitStack() as stack:
            needs = _Needs(self._settings, stack)
            for attempt in (needs.tables, needs.topics, needs.facts, needs.consumer):
                if not self._until(attempt):
                    return
            Consumer(needs.kafka, needs.pipelines(), needs.waves, self._heartbeat, self._settings.session_seconds).run(
                self._stop
            )

    def _until(self, attempt: Callable[[], str | None]) -> bool:
        """Repeat until the attempt gives None; its reason is what the process waits for. False when asked to stop."""
        told = None
        while not self._stop.is_set():
            self._heartbeat.tick()
            try:
                reason = attempt()
            except (ClickHouseError, KafkaError) as error:
                reason = f"{attempt.__doc__} {type(error).__name__}"
            except Unavailable as error:
                reason = str(error)
            if reason is None:
                return True
            self._heartbeat.waiting_for = reason
            if reason != told:
                _log.warning("waiting", reason=reason)
                told = reason
            self._stop.wait(_RETRY_SECONDS)
        return False


class _Needs:
    """What the consumer needs, got one after the other; each method gives None, or what is missing.

    The first line of each docstring is what is said when a connection fails.
    """

    def __init__(self, settings: IngestSettings, stack: ExitStack) -> None:
        self._settings = settings
        self._stack = stack

    def tables(self) -> str | None:
        """ClickHouse does not answer:"""
        client = clickhouse.client(self._settings, timeout_seconds=INSERT_SECONDS)
        fault = schema_fault(client)
        if fault is not None:
            client.close()
            return fault
        self._stack.callback(client.close)
        self._store = ClickHouseStore(client)
        self.waves = KnownWaves(self._store)
        return None

    def topics(self) -> str | None:
        """Kafka does not answer:"""
        admin = kafka.admin(self._settings, "draagvlak-ingest")
        try:
            missing = sorted(set(SOURCES) - set(admin.list_topics()))
        finally:
            admin.close()
        return f"the topic {missing[0]} is missing: run `draagvlak topics apply`" if missing else None

    def facts(self) -> str | None:
        """ClickHouse does not tell of waves:"""
        self.waves.released()
        self.waves.renew()
        return None

    def consumer(self) -> str | None:
        """Kafka does not take a consumer:"""
        producer = kafka.producer(self._settings, "draagvlak-ingest")
        try:
            self.kafka = kafka.consumer(self._settings, "draagvlak-ingest", self._settings.ingest_group)
        except KafkaError:
            producer.close(timeout=1)
            raise
        self._stack.callback(producer.close, timeout=1)
        self._letters = TopicLetterBox(producer)
        return None

    def pipelines(self) -> Callable[[], Pipeline]:
        """What makes a pipeline for a partition; all share one writer and one watch over invalid records."""
        writer = Writer(self._store, self._letters, self.waves)
        share = InvalidShare()
        limits = self._settings.limits
        return lambda: Pipeline(writer, self.waves, share, limits)


def application(heartbeat: Heartbeat) -> FastAPI:
    """Health and nothing else."""
    app = FastAPI(title="Draagvlak ingest", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health.router(heartbeat.live, heartbeat.ready))
    return app


def run(settings: IngestSettings) -> str | None:
    """Serve until SIGTERM or SIGINT, or until ingest must stop; gives the reason for the latter. Raises PortTaken."""
    prometheus.expose(settings)
    heartbeat = Heartbeat()
    listening = serving.bind(settings.ingest_host, settings.ingest_port, "DRAAGVLAK_INGEST_PORT")
    server = serving.server(application(heartbeat), shutdown_seconds=2)
    ingest = Ingest(settings, heartbeat)
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn repeats a signal when it has ended: nobody else acts on it
        signal.signal(number, lambda *_: None)
    ingest.start(server)
    server.run(sockets=[listening])
    ingest.end()
    return ingest.failure
