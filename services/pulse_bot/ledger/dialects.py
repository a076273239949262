"""Insert-or-update, which each database spells in a dialect of its own."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite


def insert_for(connection: Connection, table: Any) -> Any:
    """An ``insert(table)`` with ``on_conflict_do_update`` and ``on_conflict_do_nothing`` for this database."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
