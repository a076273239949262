"""Statements of the hot path.

SQLAlchemy takes 0.13 ms around a statement that SQLite runs in 0.01 (measured), three times for every answer, in a
thread that holds up all others meanwhile. On SQLite they are therefore run on the driver's own cursor, inside the
transaction of SQLAlchemy's connection. PostgreSQL is away over a network, and its lost connections are SQLAlchemy's to
notice: there nothing changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, TextClause, Update
from sqlalchemy.engine import Dialect


@dataclass(frozen=True)
class _Compiled:
    """SQL with a ``?`` for each of ``names``; ``fixed``: the values that the statement itself has for some of them."""

    sql: str
    names: tuple[str, ...]
    fixed: dict[str, Any]


class Prepared:
    """A statement, compiled for SQLite at most once. Parameters go by the names that it binds."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | TextClause | Update) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None

    def first(self, connection: Connection, **parameters: Any) -> Sequence[Any] | None:
        """The first row, by position, of a statement that gives rows."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, parameters).first()
        rows = self._run(connection, parameters)
        return rows[0] if rows else None

    def one(self, connection: Connection, **parameters: Any) -> Sequence[Any]:
        """The row of a statement that always gives one."""
        row = self.first(connection, **parameters)
        if row is None:
            raise RuntimeError("a statement gave no row")
        return row

    def run(self, connection: Connection, **parameters: Any) -> None:
        """Run a statement that gives no rows."""
        if connection.dialect.name != "sqlite":
            connection.execute(self._statement, parameters)
        else:
            self._run(connection, parameters)

    def _run(self, connection: Connection, parameters: dict[str, Any]) -> list[Sequence[Any]]:
        compiled = self._for_sqlite(connection.dialect)
        values = compiled.fixed | parameters
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.sql, tuple(values[name] for name in compiled.names))
            return list(cursor.fetchall())  # to the end: SQLite commits nothing while a statement gives rows
        finally:
            cursor.close()

    def _for_sqlite(self, dialect: Dialect) -> _Compiled:
        if self._compiled is None:
            made = self._statement.compile(dialect=dialect)
            fixed = {name: value for name, value in made.params.items() if value is not None}
            self._compiled = _Compiled(str(made), tuple(getattr(made, "positiontup", None) or ()), fixed)
        return self._compiled
