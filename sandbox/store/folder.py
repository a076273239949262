"""The store's folder: the engine's configuration and data, what is on its way in, and why it may not be usable."""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.store.faults import Code, EngineFault, StoreFault, refused
from sandbox.store.users import Users, engine_users

_CONFIGURATION = """<clickhouse>
  <users_config>{users}</users_config>
  <merge_tree>
    <!-- An acknowledged batch survives the machine, not only the process: 5.6 ms become 7.2 ms an insert. -->
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
  </merge_tree>
</clickhouse>
"""
_UNUSABLE = "?&%*{}[]"
"""Characters of a path that mean something in the engine's addresses or file names."""

_DISK_FULL = ("No space left on device", "NOT_ENOUGH_SPACE", "Cannot reserve")
MINIMUM_FREE_BYTES = 200 * 1024 * 1024


class DataFolder:
    """``path`` as the engine's folder. Raises StoreFault when its name cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        if set(_UNUSABLE) & set(str(self._path)):
            raise StoreFault(f"The store cannot use {path}: choose a folder without any of {_UNUSABLE} in its path.")

    def prepare(self, users: Users) -> str:
        """Write the engine's configuration and give the engine's address. Raises StoreFault, in one sentence."""
        self._require_space()
        users_file, configuration = self._path / "users.xml", self._path / "config.xml"
        _write_private(users_file, engine_users(users))
        _write_private(configuration, _CONFIGURATION.format(users=users_file).encode())
        return f"{self._path / 'data'}?config-file={configuration}"

    def clear_incoming(self) -> None:
        """Remove what a killed store left on its way in; for whoever has the folder to itself."""
        self._incoming.mkdir(mode=0o700, exist_ok=True)
        for left in self._incoming.iterdir():
            left.unlink()

    @contextmanager
    def incoming(self, data: bytes) -> Iterator[Path]:
        """A file with the data of one INSERT, for as long as the block. Raises EngineFault.

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

    def cannot_start(self, error: Exception) -> StoreFault:
        """The sentence for what the engine says when it does not start."""
        message = " ".join(str(error).split())
        if any(sign in message for sign in _DISK_FULL):
            return StoreFault(
                f"The disk of {self._path} is full: free some space, or set DRAAGVLAK_STATE to another disk."
            )
        owner = _owner(self._path / "data" / "status")
        if owner is not None:
            return StoreFault(
                f"Another process ({owner}) already has the store in {self._path}: stop that one first, "
                "or set DRAAGVLAK_STATE to another folder."
            )
        return StoreFault(
            f"The store cannot start in {self._path}: {message} (the engine wrote its reason on the line before)"
        )

    @property
    def _incoming(self) -> Path:
        return self._path / "incoming"

    def _require_space(self) -> None:
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self._path).free
        except OSError as error:
            raise StoreFault(f"The store cannot use {self._path}: {error.strerror}.") from None
        if free < MINIMUM_FREE_BYTES:
            raise StoreFault(
                f"The disk of {self._path} is full ({free >> 20} MB free, the store needs "
                f"{MINIMUM_FREE_BYTES >> 20} MB): free some space, or set DRAAGVLAK_STATE to a folder on another disk."
            )


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _not_stored(error: OSError) -> EngineFault:
    """The fault of an INSERT whose data cannot be written to disk."""
    code = Code.NOT_ENOUGH_SPACE if error.errno == errno.ENOSPC else Code.UNKNOWN_EXCEPTION
    return refused(code, f"The data of the INSERT cannot be written: {error.strerror}")


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
