"""The gateway's part of the ingest process, from connecting to letting go."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog
from fastapi import FastAPI
from kafka import KafkaProducer

from services.ingest.causes import GATEWAY, why
from services.ingest.gateway.application import install
from services.ingest.gateway.outbox import Outbox
from services.ingest.gateway.rates import Rates
from services.ingest.gateway.records import Records
from services.ingest.gateway.taking import Taker
from services.ingest.settings import IngestSettings
from services.runtime import clickhouse, kafka
from services.runtime.causes import Cause
from services.runtime.causes.account import lack
from services.runtime.causes.obstacle import Obstacle
from services.runtime.health import Check
from services.runtime.tokens import TokenFile

_CLICKHOUSE_SECONDS = 5
_log = structlog.get_logger("draagvlak.gateway")


@contextmanager
def gateway(application: FastAPI, settings: IngestSettings, ready: list[Check] | None = None) -> Iterator[None]:
    """The gateway on ``application`` for as long as the block; none without tokens. Raises SettingsFault.

    ``ready`` gets its part of the process's readiness: no report is sent here before Kafka takes it.
    """
    if settings.tokens_file is None:
        _log.info("no gateway: it does not listen without tokens (DRAAGVLAK_TOKENS_FILE)")
        yield
        return
    tokens = TokenFile(settings.tokens_file)
    records = Records(lambda: clickhouse.client(settings, timeout_seconds=_CLICKHOUSE_SECONDS))
    obstacle = Obstacle("Kafka, for the gateway,", lambda error: why(settings, error))
    outbox = Outbox(lambda: _connected(settings), settings.gateway_patience_seconds, obstacle)
    rates = Rates(settings.gateway_requests_per_minute, settings.gateway_burst)
    install(application, Taker(records, outbox), tokens, rates, settings.gateway_requests_at_once)
    outbox.start()
    if ready is not None:
        ready.append(outbox.why_not)
    try:
        yield
    finally:
        outbox.close()
        records.close()


def _connected(settings: IngestSettings) -> KafkaProducer | Cause:
    """A producer that knows its topics already: no report waits for that. Or what is lacking of topics and rights.

    Raises kafka-python's errors, SettingsFault, OSError and ValueError.
    """
    with ExitStack() as unless_it_is_given:
        producer = kafka.producer(settings, "draagvlak-gateway")
        unless_it_is_given.callback(kafka.end_producer, producer, 0.0)
        if lacking := lack(settings, "draagvlak-gateway", GATEWAY):
            return lacking
        for topic in GATEWAY:
            producer.partitions_for(topic.value)
        unless_it_is_given.pop_all()
        return producer
