"""The ClickHouse engine of this process: one data folder, and a connection of its own for every request."""

import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from sandbox.store.faults import Code, EngineFault, from_engine, refused
from sandbox.store.folder import DataFolder
from sandbox.store.statement import Kind, Statement
from sandbox.store.users import Users, role

_SETTING_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_STREAMED_FORMATS = {"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"}
"""Formats without header or footer: the blocks of a stream can be put one after the other."""

_STRING, _NAME = "'", "`"


@dataclass(frozen=True)
class Counts:
    """What a finished statement read or wrote."""

    rows_read: int = 0
    bytes_read: int = 0
    rows_written: int = 0
    bytes_written: int = 0


@dataclass(frozen=True)
class Request:
    """One statement with all that a request says about it: the user who asks, database, settings, bound parameters."""

    user: str
    statement: Statement
    default_format: str = "TabSeparated"
    database: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def output_format(self) -> str:
        """The format of the rows it gives."""
        return self.statement.format or self.default_format

    @property
    def can_stream(self) -> bool:
        """Whether its rows can be given block by block."""
        return self.statement.kind is Kind.SELECT and self.output_format in _STREAMED_FORMATS


class Engine:
    """The engine on ``folder``. Raises StoreFault, in one sentence, when the folder cannot be used.

    Only one process at a time can have a folder.
    """

    def __init__(self, folder: Path, users: Users) -> None:
        self._folder = DataFolder(folder)
        self._address = self._folder.prepare(users)
        os.environ["TZ"] = "UTC"  # before the engine reads it: times without a zone are UTC, as on our servers
        import chdb  # noqa: PLC0415 - half a second and 200 MB, for the process that needs it

        self._connect = cast(Callable[[str], Any], chdb.connect)
        try:
            self._root = self._connect(self._address)
        except Exception as error:
            raise self._folder.cannot_start(error) from None
        self._folder.clear_incoming()
        self.version: str = self._root.query("SELECT version()", "TSVRaw").bytes().decode().strip()

    def rows(self, request: Request) -> tuple[bytes, Counts]:
        """Run it to its end and give everything it prints. Raises EngineFault."""
        with self._session(request) as session:
            result = session.query(request.statement.text, request.output_format, params=dict(request.parameters))
            return result.bytes(), Counts(result.storage_rows_read(), result.storage_bytes_read())

    def stream(self, request: Request) -> Generator[bytes, None, None]:
        """Give what it prints block by block. Raises EngineFault, at the first block for a faulty statement."""
        with self._session(request) as session:
            text, parameters = request.statement.text, dict(request.parameters)
            with session.send_query(text, request.output_format, params=parameters) as blocks:
                for block in blocks:
                    yield block.bytes()

    def insert(self, request: Request) -> Counts:
        """Store the data that follows an INSERT, and give what was written. Raises EngineFault."""
        statement = request.statement
        with self._folder.incoming(statement.data) as path, self._session(request) as session:
            source = f"FROM INFILE {_quoted(str(path), _STRING)} COMPRESSION 'none'"
            query = f"{statement.text} {source} {statement.settings} FORMAT {statement.format}"
            written = session.query(query, params=dict(request.parameters))
            return Counts(rows_written=written.rows_written(), bytes_written=written.bytes_written())

    def close(self) -> None:
        """Let go of the folder; requests must have ended."""
        self._root.close()

    @contextmanager
    def _session(self, request: Request) -> Iterator[Any]:
        """A connection for one request: nothing that it sets outlives it."""
        for name in request.settings:
            if not _SETTING_NAME.match(name):
                raise refused(Code.BAD_ARGUMENTS, f"{name!r} is not the name of a setting")
        try:
            session = self._connect(self._address)
            try:
                session.query(f"SET ROLE {role(request.user)}")
                if request.database:
                    session.query(f"USE {_quoted(request.database, _NAME)}")
                if request.settings:
                    values = [f"{name} = {_quoted(value, _STRING)}" for name, value in request.settings.items()]
                    session.query("SET " + ", ".join(values))
                yield session
            finally:
                session.close()
        except EngineFault:
            raise
        except Exception as error:
            raise from_engine(error, request.user) from None


def _quoted(text: str, quote: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{escaped}{quote}"
