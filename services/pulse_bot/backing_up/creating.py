"""Making a backup of the ledger: one moment of all tables, as lines of JSON, the same from SQLite and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import Connection

from services.pulse_bot.backing_up.tables import KEPT, Row, columns_of, rows_of
from services.pulse_bot.ledger import migrating
from services.pulse_bot.ledger.store import Ledger
from services.runtime import backups
from services.runtime.backups import Part

ENDING: Final = ".jsonl"


def create(ledger: Ledger, root: Path) -> Path:
    """Write a backup below ``root`` and give its folder. Raises BackupFault, LedgerAway."""

    def read(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")  # all tables as they were at one moment
        with backups.writing(root, Part.LEDGER, migrating.newest()) as draft:
            for name in KEPT:
                rows, columns = rows_of(connection, name), columns_of(name)
                draft.add(name + ENDING, _lines(rows, columns), rows=len(rows), columns=columns)

    ledger.read_now(read)
    return backups.latest(root, Part.LEDGER)


def _lines(rows: list[Row], columns: tuple[str, ...]) -> Iterator[bytes]:
    for row in rows:
        yield orjson.dumps({name: row[name] for name in columns}) + b"\n"
