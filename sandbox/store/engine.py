"""The ClickHouse engine of this process: one data folder, and a connection of its own for every request."""

import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from sandbox.store.faults import Code, EngineFault, StoreFault, from_engine, refused
from sandbox.store.statement import Kind, Statement
from sandbox.store.users import Users, engine_users, role

_CONFIGURATION = """<clickhouse>
  <users_config>{users}</users_config>
  <merge_tree>
    <!-- An acknowledged batch survives the machine, not only the process: 5.6 ms become 7.2 ms an insert. -->
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
  </merge_tree>
</clickhouse>
"""
_SETTING_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_STREAMED_FORMATS = {"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"}
"""Formats without header or footer: the blocks of a stream can be put one after the other."""

_STRING, _NAME = "'", "`"
_UNUSABLE = "?&%*{}[]"
"""Characters of a path that mean something in the engine's addresses or file names."""

_DISK_FULL = ("No space left on device", "NOT_ENOUGH_SPACE", "Cannot reserve")
MINIMUM_FREE_BYTES = 200 * 1024 * 1024


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
        if set(_UNUSABLE) & set(str(folder.resolve())):
            raise StoreFault(f"The store cannot use {folder}: choose a folder without any of {_UNUSABLE} in its path.")
        _require_space(folder)
        self._incoming = folder.resolve() / "incoming"
        users_file, configuration = folder / "users.xml", folder / "config.xml"
        _write_private(users_file, engine_users(users))
        _write_private(configuration, _CONFIGURATION.format(users=users_file.resolve()).encode())
        os.environ["TZ"] = "UTC"  # before the engine reads it: times without a zone are UTC, as on our servers
        import chdb  # noqa: PLC0415 - half a second and 200 MB, for the process that needs it

        self._connect = cast(Callable[[str], Any], chdb.connect)
        self._address = f"{(folder / 'data').resolve()}?config-file={configuration.resolve()}"
        try:
            self._root = self._connect(self._address)
        except Exception as error:
            raise _cannot_start(error, folder) from None
        _empty_folder(self._incoming)  # of what a killed store left there; nobody else has the folder now
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
        with self._incoming_file(statement.data) as path, self._session(request) as session:
            source = f"FROM INFILE {_quoted(str(path), _STRING)} COMPRESSION 'none'"
            query = f"{statement.text} {source} {statement.settings} FORMAT {statement.format}"
            written = session.query(query, params=dict(request.parameters))
            return Counts(rows_written=written.rows_written(), bytes_written=written.bytes_written())

    def close(self) -> None:
        """Let go of the folder; requests must have ended."""
        self._root.close()

    @contextmanager
    def _incoming_file(self, data: bytes) -> Iterator[Path]:
        """A file with the data of one INSERT.

        The engine's other two ways do not do: its streaming insert (chDB 4.4) reports success when the commit failed,
        and data in the text of a query is cut at an empty line.
        """
        try:
            handle, name = tempfile.mkstemp(dir=self._incoming)
        except OSError as error:
            raise _not_stored(error) from None
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            yield path
        except OSError as error:
            raise _not_stored(error) from None
        finally:
            path.unlink()

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


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _empty_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.iterdir():
        left.unlink()


def _not_stored(error: OSError) -> EngineFault:
    """The fault of an INSERT whose data cannot be written to disk."""
    code = Code.NOT_ENOUGH_SPACE if error.errno == errno.ENOSPC else Code.UNKNOWN_EXCEPTION
    return refused(code, f"The data of the INSERT cannot be written: {error.strerror}")


def _require_space(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise StoreFault(f"The store cannot use {folder}: {error.strerror}.") from None
    if free < MINIMUM_FREE_BYTES:
        raise StoreFault(
            f"The disk of {folder} is full ({free >> 20} MB free, the store needs {MINIMUM_FREE_BYTES >> 20} MB): "
            "free some space, or set DRAAGVLAK_STATE to a folder on another disk."
        )


def _cannot_start(error: Exception, folder: Path) -> StoreFault:
    """The sentence for what the engine says when it does not start."""
    message = " ".join(str(error).split())
    if any(sign in message for sign in _DISK_FULL):
        return StoreFault(f"The disk of {folder} is full: free some space, or set DRAAGVLAK_STATE to another disk.")
    owner = _owner(folder / "data" / "status")
    if owner is not None:
        return StoreFault(
            f"Another process ({owner}) already has the store in {folder}: stop that one first, "
            "or set DRAAGVLAK_STATE to another folder."
        )
    return StoreFault(f"The store cannot start in {folder}: {message} (the engine wrote its reason on the line before)")


def _owner(status: Path) -> str | None:
    """Which process holds the engine's lock on its status file, or None when nobody does."""
    try:
        with status.open("r+") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return held.readline().strip() or "it does not say which"
    except OSError:
        return None
    return None
