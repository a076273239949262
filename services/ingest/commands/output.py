"""What the commands of ingest share: where they write, and how they end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from kafka.errors import KafkaError
from rich.console import Console

from services.ingest.migrating.runner import schema_fault
from services.runtime.causes import clickhouse, kafka
from services.runtime.causes.account import Rights, lack
from services.runtime.clickhouse import client as connect
from services.runtime.settings import ClickHouseSettings, KafkaSettings

out = Console(highlight=False, soft_wrap=True, markup=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def failed(sentence: str) -> NoReturn:
    """Say what went wrong and end with exit code 1."""
    err.print(sentence)
    raise typer.Exit(1)


def misused(sentence: str) -> NoReturn:
    """Say what was asked for wrongly and end with exit code 2."""
    err.print(sentence)
    raise typer.Exit(2)


@contextmanager
def store(settings: ClickHouseSettings) -> Iterator[Client]:
    """A connection to ClickHouse whose faults end the command with one sentence."""
    try:
        with connect(settings) as client:
            yield client
    except ClickHouseError as error:
        failed(str(clickhouse.why(settings, error)))


@contextmanager
def tables(settings: ClickHouseSettings) -> Iterator[Client]:
    """The same, where the tables are those of this software."""
    with store(settings) as client:
        if (fault := schema_fault(client)) is not None:
            failed(str(fault))
        yield client


def allowed(settings: KafkaSettings, client_id: str, needs: Rights, after: str = "") -> None:
    """End the command where Kafka, a topic or a right is lacking; ``after`` is said last.

    Read beforehand, since a reader who may not read finds a topic empty, and says nothing.
    """
    try:
        cause = kafka.look(settings) or lack(settings, client_id, needs)
    except KafkaError as error:
        kafka_failed(settings, error, after)
    if cause is not None:
        failed(f"{cause}{after}")


def kafka_failed(settings: KafkaSettings, error: KafkaError, after: str = "") -> NoReturn:
    """Say why Kafka does not do what it is asked, and ``after``, and end with exit code 1."""
    failed(f"{kafka.why(settings, error)}{after}")
