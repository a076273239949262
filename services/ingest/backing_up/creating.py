"""Making a backup: each table as ClickHouse's own Native format, the releases read first.

What is released never changes, and a release writes its row of ``releases`` last. So the waves that are in it when a
backup begins are whole in every other table, whatever is written meanwhile.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from services.ingest.backing_up.tables import KEPT, Rows, Table
from services.ingest.migrating import runner
from services.runtime import backups
from services.runtime.backups import BackupFault, Part
from services.runtime.clickhouse import sql

SQL: Final = "services.ingest.backing_up.sql"
FORMAT: Final = "Native"
ENDING: Final = ".native"
_PIECE: Final = 1 << 20
_WHOLE: Final = {"wait_end_of_query": "1"}
"""A query that fails half way gives an error and no half of a file."""

Tell = Callable[[str, int, int], None]


def create(client: Client, root: Path, tell: Tell) -> Path:
    """Write a backup below ``root`` and give its folder. ``tell`` hears of each table.

    Raises BackupFault, and clickhouse-connect's errors; then there is no backup.
    """
    applied = runner.applied(client)
    if not applied:
        raise BackupFault("there are no tables yet: nothing to back up")
    releases = published(client)
    revision = f"{max(migration.number for migration in applied):04}"
    with backups.writing(root, Part.CLICKHOUSE, revision, releases) as draft:
        for done, table in enumerate(KEPT):
            tell("backing up", done, len(KEPT))
            draft.add(
                table.full_name + ENDING,
                _content(client, table, list(releases)),
                rows=count(client, table, list(releases)),
                columns=columns(client, table),
            )
        tell("backing up", len(KEPT), len(KEPT))
    return backups.latest(root, Part.CLICKHOUSE)


def published(client: Client) -> dict[str, str]:
    """Released wave -> hash of what was published."""
    return {str(wave): str(found) for wave, found in client.query(sql(SQL, "released")).result_rows}


def count(client: Client, table: Table, waves: list[str]) -> int:
    """How many rows of the table a backup of these released waves has."""
    return int(client.query(sql(SQL, f"count_{_kind(table)}"), parameters=_parameters(table, waves)).result_rows[0][0])


def columns(client: Client, table: Table) -> tuple[str, ...]:
    """The table's columns in their order."""
    parameters = {"database": table.database, "table": table.name}
    return tuple(name for (name,) in client.query(sql(SQL, "columns"), parameters=parameters).result_rows)


def _content(client: Client, table: Table, waves: list[str]) -> Iterator[bytes]:
    stream: Any = client.raw_stream(
        sql(SQL, f"rows_{_kind(table)}"),
        parameters=_parameters(table, waves),
        fmt=FORMAT,
        settings=_WHOLE,
    )
    try:
        while piece := stream.read(_PIECE):
            yield piece
    finally:
        stream.close()


def _kind(table: Table) -> str:
    return "all" if table.rows is Rows.ALL else "released"


def _parameters(table: Table, waves: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"database": table.database, "table": table.name}
    return found if table.rows is Rows.ALL else found | {"waves": waves}
