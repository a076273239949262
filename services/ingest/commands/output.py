"""What the commands of ingest share: where they write, and how they end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console

from services.runtime.clickhouse import client as connect
from services.runtime.settings import ClickHouseSettings

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
    where = f"ClickHouse at {settings.clickhouse_host}:{settings.clickhouse_port}"
    try:
        with connect(settings) as client:
            yield client
    except ClickHouseError as error:
        failed(f"{where}: {' '.join(str(error).split())}")
