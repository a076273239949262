"""Connections to ClickHouse, the same for a server and the sandbox's store; and SQL from files."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.runtime.settings import ClickHouseSettings, read_secret

ON_A_CLUSTER: Final[dict[str, Any]] = {
    "insert_quorum": "auto",  # an insert is acknowledged when most replicas have it, not one
    "alter_sync": 2,  # what is dropped is gone on every replica when the statement ends
}
"""Settings of every statement where tables are replicated."""

MIGRATION: Final = 50
"""The newest migration that this software comes with (services/ingest/migrations)."""


class SchemaBehind(ClickHouseError):
    """The tables are older than this software."""


def client(settings: ClickHouseSettings, *, timeout_seconds: int = 60) -> Client:
    """A client of its own for the calling thread; every insert is synchronous. ``timeout_seconds`` is for each answer.

    Raises SettingsFault for an unreadable password file, and clickhouse-connect's errors when the server refuses.
    """
    password = ""
    if settings.clickhouse_password_file is not None:
        password = read_secret(settings.clickhouse_password_file, "clickhouse_password_file").get_secret_value()
    return clickhouse_connect.get_client(
        host=settings.clickhouse_host,
        port=settings.clickhouse_port,
        username=settings.clickhouse_user,
        password=password,
        secure=settings.clickhouse_secure,
        ca_cert=str(settings.clickhouse_ca_file) if settings.clickhouse_ca_file else None,
        autogenerate_session_id=False,
        connect_timeout=5,
        send_receive_timeout=timeout_seconds,
        settings={"async_insert": 0, **(ON_A_CLUSTER if settings.clickhouse_cluster else {})},
    )


def migrated_client(settings: ClickHouseSettings) -> Client:
    """The same, where the tables are not older than this software. Raises SchemaBehind too."""
    made = client(settings)
    try:
        newest = made.query(sql("services.runtime.sql", "newest_migration")).result_rows[0][0]
        if newest < MIGRATION:
            raise SchemaBehind(f"the tables are those of migration {newest}, and this software needs {MIGRATION}")
    except ClickHouseError:
        made.close()
        raise
    return made


@cache
def sql(package: str, name: str) -> str:
    """The statement in ``name``.sql in ``package``; values are bound as ``{name:Type}`` parameters."""
    return files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
