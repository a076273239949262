"""Wave keys: 32 random bytes that alone connect a person with a ballot, in a file of their own while a wave is open.

Erasing overwrites and removes the file. On SSDs and copy-on-write disks that is no promise of physical erasure.
"""

import os
import secrets
from pathlib import Path
from typing import Final, Protocol

KEY_BYTES: Final = 32


class KeyLost(RuntimeError):
    """The key of an open wave is gone or damaged; the wave has to close, since no ballot can be found any more."""


class WaveKeys(Protocol):
    """Where the keys are. All methods block; not for an event loop."""

    def ensure(self, wave_id: str) -> bytes:
        """The wave's key, made now unless it is there."""

    def read(self, wave_id: str) -> bytes:
        """The wave's key. Raises KeyLost."""

    def destroy(self, wave_id: str) -> None:
        """Leave nothing of the key."""


class WaveKeyFiles:
    """The keys in ``folder``, one file of mode 0600 a wave. All methods block briefly on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ensure(self, wave_id: str) -> bytes:
        """The wave's key, made now unless it is there. Raises KeyLost when the file is damaged."""
        path = self._path(wave_id)
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                _to_disk(file.fileno())
            draft.rename(path)
            self._folder_to_disk()
        return self.read(wave_id)

    def read(self, wave_id: str) -> bytes:
        """The wave's key. Raises KeyLost."""
        try:
            key = self._path(wave_id).read_bytes()
        except FileNotFoundError:
            raise KeyLost(f"the key of the wave {wave_id} is gone") from None
        if len(key) != KEY_BYTES:
            raise KeyLost(f"the key of the wave {wave_id} is damaged: {len(key)} bytes instead of {KEY_BYTES}")
        return key

    def destroy(self, wave_id: str) -> None:
        """Overwrite and remove the key, and a draft that a crash left; nothing to do where there is none."""
        for path in (self._path(wave_id), self._path(wave_id).with_suffix(".draft")):
            try:
                size = path.stat().st_size
            except FileNotFoundError:
                continue
            with path.open("r+b") as file:
                file.write(bytes(size))
                _to_disk(file.fileno())
            path.unlink()
        if self._folder.exists():
            self._folder_to_disk()

    def _path(self, wave_id: str) -> Path:
        return self._folder / f"{wave_id}.key"

    def _folder_to_disk(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            _to_disk(descriptor)
        finally:
            os.close(descriptor)


def _to_disk(descriptor: int) -> None:
    os.fsync(descriptor)
