"""What a migration would throw away: a statement that takes a table or its rows is refused while there are rows."""

import re
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client

from services.ingest.migrating.plan import Migration, MigrationFault
from services.runtime.clickhouse import sql

_SQL: Final = "services.ingest.migrating.sql"
_NAME: Final = r"`?(?P<database>\w+)`?(?:\.`?(?P<table>\w+)`?)?"
_TAKES: Final = re.compile(
    r"^(?:DROP\s+(?P<whole>DATABASE)|(?:DROP|TRUNCATE|DETACH)\s+(?:TABLE)|TRUNCATE(?!\s+(?:TABLE|DATABASE)))\s+"
    rf"(?:IF\s+EXISTS\s+)?{_NAME}"
    r"|^CREATE\s+OR\s+REPLACE\s+TABLE\s+`?(?P<replaced_in>\w+)`?\.`?(?P<replaced>\w+)`?"
    r"|^ALTER\s+TABLE\s+`?(?P<altered_in>\w+)`?\.`?(?P<altered>\w+)`?.*?\b(?:DROP|DETACH|CLEAR)\s+(?:PARTITION|PART|COLUMN)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Taken:
    """What a statement takes rows from; ``table`` is empty for a whole database."""

    database: str
    table: str


def taken_by(statement: str) -> Taken | None:
    """What the statement would take rows from, or None."""
    match = _TAKES.match(statement)
    if match is None:
        return None
    database = match["database"] or match["replaced_in"] or match["altered_in"]
    table = match["table"] or match["replaced"] or match["altered"] or ""
    return Taken(database, "" if match["whole"] else table)


def refuse_losses(client: Client, migration: Migration, statement: str) -> None:
    """Raises MigrationFault when the statement would take a table that holds rows, or some of its rows or columns."""
    taken = taken_by(statement)
    if taken is None:
        return
    parameters = {"database": taken.database, "table": taken.table}
    holding = client.query(sql(_SQL, "tables_with_rows"), parameters=parameters).result_rows
    if holding:
        name, rows = holding[0]
        raise MigrationFault(
            f"{migration.name} would take {taken.database}.{name}, which holds {rows:,} rows: copy what is needed, "
            f"empty the table yourself (TRUNCATE TABLE {taken.database}.{name}), and apply again"
        )
