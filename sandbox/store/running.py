"""A store for as long as a ``with`` block: for tests, benchmarks and stories."""

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.processes.child import Child
from sandbox.processes.ports import LOOPBACK, free_port
from sandbox.processes.readiness import http_answers, wait_ready
from sandbox.store.users import EVERY_DATABASE, Access, User, password_hash, save

READY_SECONDS = 60.0
END_SECONDS = 60.0
"""How long it may take to end: it first answers what it was asked."""

ADMIN = "admin"


@dataclass(frozen=True)
class StoreAddress:
    """Where a store is, and the passwords of its users. ``user`` and ``password`` are those of the owner of all."""

    host: str
    port: int
    passwords: Mapping[str, str]
    child: Child
    user: str = ADMIN

    @property
    def password(self) -> str:
        """The password of ``user``."""
        return self.passwords[self.user]

    def connect(self, user: str | None = None) -> dict[str, Any]:
        """The arguments of ``clickhouse_connect.get_client`` for a user."""
        name = user or self.user
        return {"host": self.host, "port": self.port, "username": name, "password": self.passwords[name]}


@contextmanager
def running(
    folder: Path, users: Mapping[str, Mapping[str, Access]] | None = None, port: int | None = None
) -> Iterator[StoreAddress]:
    """A store with its data and log in ``folder``, on a free port unless one is given.

    There is always a user ``admin`` who owns every database; ``users`` adds others, with their access by database.
    Raises ChildEnded or NotReady when it does not start.
    """
    port = port or free_port()
    everyone: dict[str, Mapping[str, Access]] = {ADMIN: {EVERY_DATABASE: Access.OWN}, **(users or {})}
    passwords = {name: secrets.token_urlsafe(16) for name in everyone}
    folder.mkdir(parents=True, exist_ok=True)
    users_file = folder / "users.json"
    save(
        users_file,
        {
            name: User(password_sha256=password_hash(passwords[name]), databases=databases)
            for name, databases in everyone.items()
        },
    )
    child = Child(
        "store",
        [sys.executable, "-m", "sandbox.store"],
        os.environ
        | {
            "DRAAGVLAK_STORE_PORT": str(port),
            "DRAAGVLAK_STORE_FOLDER": str(folder),
            "DRAAGVLAK_STORE_USERS_FILE": str(users_file),
        },
        folder / "store.log",
        grace=END_SECONDS,
    )
    try:
        wait_ready(child, http_answers(f"http://{LOOPBACK}:{port}/ping"), READY_SECONDS)
        yield StoreAddress(LOOPBACK, port, passwords, child)
    finally:
        child.stop()
