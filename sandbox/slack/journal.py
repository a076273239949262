"""The workspace's SQLite file: writes gathered and committed together by a thread of their own.

Memory is what the workspace reads from; the journal is what it starts from again. A caller that must not
answer before its change is safe awaits :meth:`Journal.durable`. A commit is one transaction, so a kill leaves
whole batches only. (WAL with ``synchronous=NORMAL``: safe against a killed process; a power cut may take
the last moments, never the file.)
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import IO

from sandbox.slack.wire import WorkspaceStartError

Parameters = Sequence[str | int | bytes | None]
Row = tuple[str | int | bytes | None, ...]

_SQL = Path(__file__).parent / "sql"
_RETRY_SECONDS = 1.0
_log = logging.getLogger("sandbox.slack.journal")


@cache
def statement(name: str) -> str:
    """The text of ``sql/<name>.sql``."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


class Journal:
    """One SQLite file, owned by one process. Make it with :meth:`open`, end it with :meth:`close`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "workspace.sqlite3"
        self._lock = _take_lock(folder / "workspace.lock")
        try:
            self._connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(statement("schema"))
        except sqlite3.Error as error:
            self._lock.close()
            raise WorkspaceStartError(
                f"The workspace cannot use {self._path}: {error}. Free the disk or choose another state folder "
                f"(DRAAGVLAK_SANDBOX_STATE)."
            ) from error
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._pending: list[tuple[str, Parameters]] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def load(self, name: str) -> list[Row]:
        """All rows of a ``load_…`` statement; used once, at start."""
        return self._connection.execute(statement(name)).fetchall()

    def start(self) -> None:
        """Begins committing; call inside the running event loop."""
        self._task = asyncio.create_task(self._commit_forever())

    def write(self, name: str, parameters: Parameters) -> None:
        """Queues one statement for the next commit."""
        self._pending.append((statement(name), parameters))
        self._wake.set()

    async def durable(self) -> None:
        """Returns once everything written before this call is committed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(done)
        self._wake.set()
        await done

    async def close(self) -> None:
        """Commits what is left and releases the file."""
        if self._task is not None:
            await self.durable()
            self._task.cancel()
        self._thread.shutdown(wait=True)
        self._connection.close()
        self._lock.close()

    async def _commit_forever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, waiters = self._pending, self._waiters
            self._pending, self._waiters = [], []
            try:
                if batch:
                    await loop.run_in_executor(self._thread, self._commit, batch)
            except sqlite3.Error as error:
                _log.error(
                    "the workspace cannot write %s: %s; free some disk, it tries again every second",
                    self._path,
                    error,
                )
                self._pending[:0], self._waiters[:0] = batch, waiters
                await asyncio.sleep(_RETRY_SECONDS)
                self._wake.set()
                continue
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def _commit(self, batch: list[tuple[str, Parameters]]) -> None:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            for sql, parameters in batch:
                execute(sql, parameters)
            execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise


def _take_lock(path: Path) -> IO[bytes]:
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise WorkspaceStartError(
            f"Another workspace is running on {path.parent}. End that process, or choose another state folder "
            f"(DRAAGVLAK_SANDBOX_STATE)."
        ) from error
    return lock
