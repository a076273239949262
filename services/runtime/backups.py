"""Backups on disk: a folder each, with a manifest that names every file and its SHA-256; nothing unnamed is believed.

What a backup of a part holds is that part's own knowledge. Here is only how it is written, checked, listed and removed.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.runtime.setting_checks import Zone
from services.runtime.settings import RuntimeSettings

MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.sha256"
_UNFINISHED: Final = ".unfinished"
_PIECE: Final = 1 << 20
_NAME: Final = re.compile(r"^(?P<part>clickhouse|ledger)-(?P<at>\d{8}T\d{6}Z)$")
_STAMP: Final = "%Y%m%dT%H%M%SZ"


class BackupFault(RuntimeError):
    """A backup that cannot be made, believed or brought back; the text names what and says what to do."""


class Part(StrEnum):
    """What is backed up by itself. No process that can read the one needs the other."""

    CLICKHOUSE = "clickhouse"
    LEDGER = "ledger"


class BackupSettings(RuntimeSettings):
    """Where backups are and how long, and when they are due where nothing else schedules them."""

    backup_at: time = Field(default=time(2), description="when a backup is due, for `create --nightly`")
    backup_timezone: Zone = Field(default="Europe/Amsterdam", description="in which zone that is")
    backup_folder: Path | None = Field(default=None, description="below `state` where not set")
    backup_days: int = Field(
        default=14, ge=1, le=30, description="days after which a backup is removed; at most as long as who left is kept"
    )

    @property
    def backups(self) -> Path:
        """The folder of all backups."""
        return self.backup_folder or self.state / "backups"


class BackupFile(BaseModel):
    """A file of a backup: its name, what its bytes hash to, how many bytes and rows, and which columns they have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z_.]+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)
    rows: int = Field(ge=0)
    columns: tuple[str, ...]


class Manifest(BaseModel):
    """What a backup holds. ``revision``: of the tables that it was made from; ``releases``: wave -> published hash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    part: Part
    made_at: datetime
    software: str
    revision: str
    files: tuple[BackupFile, ...]
    releases: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Listed:
    """A backup that is there: ``fault`` says why it cannot be used, if so."""

    path: Path
    manifest: Manifest | None
    fault: str | None


@dataclass
class Draft:
    """A backup being written."""

    folder: Path
    files: list[BackupFile] = field(default_factory=list)

    def add(self, name: str, content: Iterable[bytes], *, rows: int, columns: Iterable[str]) -> None:
        """Write a file, piece by piece, to the disk."""
        hashed, size = sha256(), 0
        handle = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            for piece in content:
                file.write(piece)
                hashed.update(piece)
                size += len(piece)
            file.flush()
            os.fsync(file.fileno())
        self.files.append(
            BackupFile(name=name, sha256=hashed.hexdigest(), bytes=size, rows=rows, columns=tuple(columns))
        )


@contextmanager
def writing(root: Path, part: Part, revision: str, releases: dict[str, str] | None = None) -> Iterator[Draft]:
    """A new backup below ``root``. It counts only when the block has ended well and every byte has been read back.

    What was begun before is removed. Raises BackupFault for a folder of no use, and for what reads back as another.
    """
    made_at = datetime.now(UTC)
    final = root / f"{part}-{made_at.strftime(_STAMP)}"
    unfinished = final.with_name(final.name + _UNFINISHED)
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in root.glob(f"{part}-*{_UNFINISHED}"):
            shutil.rmtree(left)
        if final.exists():
            raise BackupFault(f"{final} is there already: a second later it is another one")
        unfinished.mkdir(mode=0o700)
        draft = Draft(unfinished)
        yield draft
        manifest = Manifest(
            part=part,
            made_at=made_at.replace(microsecond=0),
            software=version("draagvlak"),
            revision=revision,
            files=tuple(draft.files),
            releases=releases or {},
        )
        content = manifest.model_dump_json(indent=2).encode() + b"\n"
        _write(unfinished / MANIFEST, content)
        _write(unfinished / SEAL, sha256(content).hexdigest().encode() + b"\n")
        verified(unfinished)
        unfinished.rename(final)
        _folder_to_disk(root)
    except OSError as error:
        raise BackupFault(f"DRAAGVLAK_BACKUP_FOLDER: {root} cannot be written ({error.strerror})") from None


def latest(root: Path, part: Part) -> Path:
    """The newest finished backup of a part. Raises BackupFault where there is none."""
    found = [path for path in _folders(root) if path.name.startswith(f"{part}-") and _NAME.match(path.name)]
    if not found:
        raise BackupFault(f"there is no backup of the {part} in {root}")
    return max(found, key=lambda path: path.name)


def newest_at(root: Path, part: Part) -> datetime | None:
    """When the newest finished backup of a part was made; None where there is none."""
    made = [match["at"] for path in _folders(root) if (match := _NAME.match(path.name)) and match["part"] == part]
    return datetime.strptime(max(made), _STAMP).replace(tzinfo=UTC) if made else None


def named(root: Path, part: Part, name: str | None) -> Path:
    """The folder of the backup ``name`` (or of the newest). Raises BackupFault for another part and for none."""
    if name is None:
        return latest(root, part)
    path = Path(name) if os.sep in name else root / name
    match = _NAME.match(path.name)
    if match is None or match["part"] != part:
        raise BackupFault(f"{path.name} is not the name of a backup of the {part}, such as {part}-20260105T020000Z")
    return path


def sealed(path: Path) -> Manifest:
    """The manifest of a backup, which itself is as it was written. Raises BackupFault."""
    content = _read(path, MANIFEST)
    if sha256(content).hexdigest() != _read(path, SEAL).decode("latin-1").strip():
        raise BackupFault(f"{path.name}: {MANIFEST} is damaged: it is not what {SEAL} says; use another backup")
    try:
        return Manifest.model_validate_json(content)
    except ValidationError:
        raise BackupFault(f"{path.name}: {MANIFEST} is of another software; use the version that made it") from None


def verified(path: Path) -> Manifest:
    """The manifest of a backup of which every byte is as it was written. Raises BackupFault that names what is not."""
    manifest = sealed(path)
    for file in manifest.files:
        found = path / file.name
        if not found.is_file():
            raise BackupFault(f"{path.name}: {file.name} is missing; use another backup")
        if _hash_of(found) != file.sha256:
            raise BackupFault(f"{path.name}: {file.name} is damaged: its SHA-256 is another; use another backup")
    known = {file.name for file in manifest.files} | {MANIFEST, SEAL}
    if unknown := sorted({found.name for found in path.iterdir()} - known):
        raise BackupFault(f"{path.name}: {unknown[0]} is no part of this backup; somebody put it there")
    return manifest


def listed(root: Path) -> tuple[Listed, ...]:
    """Every backup below ``root``, oldest first, each looked through byte by byte."""
    found = []
    for path in _folders(root):
        if path.name.endswith(_UNFINISHED):
            found.append(Listed(path, None, "was never finished"))
            continue
        if not _NAME.match(path.name):
            continue
        try:
            found.append(Listed(path, verified(path), None))
        except BackupFault as fault:
            found.append(Listed(path, None, str(fault)))
    return tuple(found)


def remove_old(root: Path, days: int) -> tuple[str, ...]:
    """Remove every backup older than ``days``, whole or not. Gives the names."""
    until = datetime.now(UTC) - timedelta(days=days)
    gone = []
    for path in _folders(root):
        match = _NAME.match(path.name.removesuffix(_UNFINISHED))
        if match is not None and datetime.strptime(match["at"], _STAMP).replace(tzinfo=UTC) <= until:
            shutil.rmtree(path)
            gone.append(path.name)
    return tuple(gone)


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _read(path: Path, name: str) -> bytes:
    try:
        return (path / name).read_bytes()
    except FileNotFoundError:
        what = "there is no such backup" if not path.is_dir() else f"{name} is missing; it was never finished"
        raise BackupFault(f"{path.name}: {what}") from None
    except OSError as error:
        raise BackupFault(f"{path.name}: {name} cannot be read ({error.strerror})") from None


def _hash_of(path: Path) -> str:
    hashed = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            hashed.update(piece)
    return hashed.hexdigest()


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _folder_to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
