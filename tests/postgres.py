"""A PostgreSQL of the tests' own: Debian's binaries, a fresh cluster below /tmp, reached through its socket alone."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.files import raw

_PORT = 5432  # names the socket's file; nothing listens on TCP


def binaries() -> Path | None:
    """The folder of the newest installed PostgreSQL, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(found, key=lambda path: int(path.parent.name)) if found else None


@dataclass(frozen=True)
class Postgres:
    """A running server. ``folder`` holds every byte of it."""

    folder: Path
    socket: Path
    user: str

    def new_database(self) -> str:
        """The SQLAlchemy address of a new, empty database."""
        name = f"ledger_{secrets.token_hex(6)}"
        with psycopg.connect(host=str(self.socket), port=_PORT, user=self.user, dbname="postgres") as connection:
            connection.autocommit = True
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://{self.user}@/{name}?host={self.socket}&port={_PORT}"

    def control(self, *arguments: str) -> None:
        """Run pg_ctl on the server."""
        options = f"-k {self.socket} -p {_PORT} -c listen_addresses='' -c fsync=off -c max_connections=60"
        how = ("-w", "-t", "240", "-s", "-o", options, "-l", str(self.socket / "log"))
        _run("pg_ctl", "-D", str(self.folder), *how, *arguments)

    def restart(self, *, crash: bool = False) -> None:
        """Stop in order (everything in memory is written down), or crash; then start again."""
        self.control("restart", "-m", "immediate" if crash else "fast")

    def raw(self) -> bytes:
        """Every byte of every file of the server, the write-ahead log included."""
        return raw(self.folder)


@contextmanager
def running() -> Iterator[Postgres]:
    """A server until the block ends. PostgreSQL refuses to run as root, so root hands it to another user."""
    account = _account()
    base = Path(tempfile.mkdtemp(prefix="dv-pg-", dir="/tmp"))
    server = Postgres(base / "data", base / "socket", account.pw_name)
    try:
        for folder in (base, server.folder, server.socket):
            folder.mkdir(exist_ok=True, mode=0o700)
            os.chown(folder, account.pw_uid, account.pw_gid)
        _run("initdb", "-D", str(server.folder), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        server.control("start")
        try:
            yield server
        finally:
            server.control("stop", "-m", "immediate")
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _account() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _run(program: str, *arguments: str) -> None:
    folder = binaries()
    assert folder is not None, "PostgreSQL is not installed"
    account = _account()
    as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [str(folder / program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,  # a server keeps what it inherits open
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ.get("PATH", "/usr/bin"), "LC_ALL": "C.UTF-8"},
        cwd="/",
        check=False,
        **as_user,
    )
    assert done.returncode == 0, f"{program}: {(done.stdout or b'').decode()}"
