"""How a command reaches ClickHouse, and ends where that cannot be used."""

from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.ingest.commands.output import failed
from services.ingest.migrating.runner import schema_fault
from services.runtime.causes import clickhouse
from services.runtime.clickhouse import client as connect
from services.runtime.settings import ClickHouseSettings


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
