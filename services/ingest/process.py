"""The process: the consumer in a thread of its own, beside a small application that tells how it is."""

import gc
import signal
import threading
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import FastAPI
from kafka.errors import KafkaError

from services.ingest import telemetry
from services.ingest.causes import Obstacles, told, why
from services.ingest.errors import IngestStopped, Unavailable
from services.ingest.gateway.service import gateway
from services.ingest.heartbeat import Heartbeat
from services.ingest.needs import Attempt, Needs
from services.ingest.settings import IngestSettings
from services.runtime import health, serving
from services.runtime import telemetry as prometheus
from services.runtime.causes import Cause
from services.runtime.causes.obstacle import Obstacle
from services.runtime.health import Check
from services.runtime.metric_names.kinds import Service
from services.runtime.settings import SettingsFault
from services.runtime.tracing import starting as tracing

JOIN_SECONDS: Final = 25.0
"""The longest end of the consumer's thread."""

SHUTDOWN_SECONDS: Final = 4
"""How long requests of the gateway may take to finish: a little over its patience with Kafka."""

ATTEMPT_SECONDS: Final = 120.0
"""How long one attempt at the start may take before the process counts as dead: Kafka may take all its time for each of
a look, a connection and three requests, together about 45 s, and the names of its nodes must be found before that."""

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
            cause = told(self._settings, stopped)
            self._failed(f"{stopped} What is wrong: {cause}." if cause else str(stopped))
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
            needs = Needs(self._settings, stack)
            for need, attempt in needs.attempts:
                if not self._until(Obstacle(need, self._why), attempt):
                    return
            obstacles = Obstacles(
                Obstacle("what ingest reads", self._why), Obstacle("what ingest writes to", self._why)
            )
            consumer = needs.consumer(self._heartbeat, obstacles)
            gc.freeze()  # what is there by now stays: it is not looked through again at every collection
            consumer.run(self._stop)

    def _until(self, obstacle: Obstacle, attempt: Attempt) -> bool:
        """Repeat until the attempt succeeds; readiness says what is waited for. False when asked to stop."""
        while not self._stop.is_set():
            self._heartbeat.tick(ATTEMPT_SECONDS)
            try:
                cause = attempt()
            except (ClickHouseError, KafkaError, OSError, Unavailable, SettingsFault) as error:
                obstacle.met(error)
            else:
                if cause is None:
                    obstacle.gone()
                    return True
                obstacle.told(cause)
            self._heartbeat.waiting_for = obstacle.sentence
            self._stop.wait(_RETRY_SECONDS)
        return False

    def _why(self, error: BaseException) -> Cause:
        return why(self._settings, error)


def application(heartbeat: Heartbeat, also_ready: Sequence[Check] = ()) -> FastAPI:
    """Health; the gateway is put on it where there are tokens, and adds to ``also_ready``."""
    app = FastAPI(
        title="Draagvlak ingest",
        version="1",
        telemetry=serving.SILENT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.include_router(
        health.router(
            heartbeat.live,
            lambda: "\n".join(wrong for check in (heartbeat.ready, *also_ready) if (wrong := check())) or None,
        )
    )
    return app


def run(settings: IngestSettings) -> str | None:
    """Serve until SIGTERM or SIGINT, or until ingest must stop; gives the reason for the latter.

    Raises PortTaken and SettingsFault.
    """
    prometheus.expose(settings, Service.INGEST)
    tracing.configure(settings, Service.INGEST)
    heartbeat = Heartbeat()
    also_ready: list[Check] = []
    app = application(heartbeat, also_ready)
    listening = serving.bind(settings.ingest_host, settings.ingest_port, "DRAAGVLAK_INGEST_PORT")
    with gateway(app, settings, also_ready):
        server = serving.server(app, shutdown_seconds=SHUTDOWN_SECONDS, delay_seconds=settings.shutdown_delay_seconds)
        ingest = Ingest(settings, heartbeat)
        for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn repeats a signal when it has ended: nobody acts on it
            signal.signal(number, lambda *_: None)
        ingest.start(server)
        server.run(sockets=[listening])
        ingest.end()
    return ingest.failure
