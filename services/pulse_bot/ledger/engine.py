"""Opening the ledger's database, with what SQLite needs to keep its promises."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event

from services.pulse_bot.ledger import announcing, migrating  # noqa: F401 -- announcing: its tables are the ledger's too
from services.pulse_bot.ledger.address import checked
from services.runtime.settings import SettingsFault

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
)


def open_engine(address: str) -> Engine:
    """An engine for the ledger at ``address``, its tables there. Raises SettingsFault for an address of no use.

    Errors of the database never carry the values of a statement (``hide_parameters``), since those name people.
    """
    url = checked(address)
    if url.get_backend_name() == "sqlite":
        _make_private(Path(url.database or ""))
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=url.get_backend_name() == "postgresql")
    if url.get_backend_name() == "sqlite":
        _prepare_sqlite(engine)
    try:
        migrating.upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _make_private(path: Path) -> None:
    """Make the file before SQLite would, which makes it with the umask; its -wal and -shm get the mode of the file.

    A file that is there is not opened: closing it would let go of the locks that this process holds on it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise SettingsFault(f"DRAAGVLAK_LEDGER_URL: {path} cannot be made ({error.strerror})") from None


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: the driver's own comes too late and is always deferred
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
