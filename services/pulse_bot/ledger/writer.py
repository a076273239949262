"""The one thread of a process that writes to the ledger, several operations to a commit.

A commit with ``synchronous=FULL`` waits for the disk; the operations that arrive meanwhile share the next one.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

T = TypeVar("T")
Operation = Callable[[Connection], T]
"""Reads and writes on the connection, inside a transaction that is not its own; may be run a second time."""

GROUP = 256


@dataclass(frozen=True)
class _Job:
    operation: Operation[Any]
    result: Future[Any]
    alone: bool = False


class LedgerAway(RuntimeError):
    """The ledger's database does not answer; whether the last operations were committed is not known."""


class LedgerFault(RuntimeError):
    """The database refused an operation. PostgreSQL's own words hold whole rows, so only their kind is told."""


class LedgerClosed(RuntimeError):
    """The ledger is shut; nothing more is written by this process."""


class GroupCommitWriter:
    """Runs operations in the order of their submission. A result is given only after its commit.

    When an operation of a group fails, the group is rolled back and each operation runs in a transaction of its
    own, so that the faulty one fails alone. When the connection is lost, all of the group fail with LedgerAway: none is
    run again by itself, since the database may have come back without what a crash takes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation[T]) -> Future[T]:
        """Queue an operation. The future carries its result or its error. Raises LedgerClosed."""
        return self._put(_Job(operation, Future()))

    def submit_outside_transaction(self, operation: Operation[T]) -> Future[T]:
        """Queue maintenance (such as VACUUM) that must run outside any transaction. Raises LedgerClosed."""
        return self._put(_Job(operation, Future(), alone=True))

    def close(self) -> None:
        """Finish what was submitted and end the thread."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _put(self, job: _Job) -> Future[Any]:
        job.result.set_running_or_notify_cancel()  # a caller who stops waiting cannot cancel what is queued
        with self._gate:
            if self._closed:
                raise LedgerClosed("the ledger of this process is shut")
            self._jobs.put(job)
        return job.result

    def _run(self) -> None:
        with self._engine.connect() as connection:
            ended = False
            while not ended:
                group, maintenance, ended = self._next_group()
                if group:
                    _commit_together(connection, group)
                if maintenance is not None:
                    _run_outside_transaction(connection, maintenance)

    def _next_group(self) -> tuple[list[_Job], _Job | None, bool]:
        """The jobs to commit together, a maintenance job that came after them, and whether the queue has ended."""
        job = self._jobs.get()
        group: list[_Job] = []
        while True:
            if job is None:
                return group, None, True
            if job.alone:
                return group, job, False
            group.append(job)
            if len(group) >= GROUP:
                return group, None, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, None, False


def _commit_together(connection: Connection, group: list[_Job]) -> None:
    try:
        with connection.begin():
            results = [job.operation(connection) for job in group]
    except DBAPIError as error:
        if not is_lost(error) and len(group) > 1:
            _commit_one_by_one(connection, group)
            return
        for job in group:
            job.result.set_exception(told(error))
        return
    except Exception as error:  # any fault of any operation: the faulty one is found below
        if len(group) == 1:
            group[0].result.set_exception(error)
            return
        _commit_one_by_one(connection, group)
        return
    for job, result in zip(group, results, strict=True):
        job.result.set_result(result)


def _commit_one_by_one(connection: Connection, group: list[_Job]) -> None:
    for job in group:
        _commit_together(connection, [job])


def told(error: DBAPIError) -> Exception:
    """The error as it may be told: without any value of a row."""
    if is_lost(error):
        return LedgerAway("the ledger's database does not answer")
    if _is_psycopg(error):
        return LedgerFault(f"{type(error.orig).__name__} ({getattr(error.orig, 'sqlstate', None)})")
    return error


def _is_psycopg(error: DBAPIError) -> bool:
    return type(error.orig).__module__.startswith("psycopg")


def is_lost(error: DBAPIError) -> bool:
    """Whether the connection to the database is gone, or could not be made."""
    return error.connection_invalidated or (type(error) is OperationalError and _is_psycopg(error) and _no_state(error))


def _no_state(error: DBAPIError) -> bool:
    """Errors that the server sends have a state (a deadlock: 40P01); those of a connection have none, or 57P and 08."""
    state = getattr(error.orig, "sqlstate", None)
    return state is None or str(state).startswith(("57P", "08"))


def _run_outside_transaction(connection: Connection, job: _Job) -> None:
    try:
        result = job.operation(connection)
    except Exception as error:  # handed to the caller
        job.result.set_exception(told(error) if isinstance(error, DBAPIError) else error)
    else:
        job.result.set_result(result)
    finally:
        connection.rollback()
