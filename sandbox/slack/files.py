"""Files that the bot uploaded: asked for, sent, completed; kept in a folder of the workspace's state."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import orjson

from sandbox.slack.identifiers import file_id
from sandbox.slack.limits import FILE_BYTES
from sandbox.slack.wire import Json, SlackError

_IMAGES: Final = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
_OTHERS: Final = {".csv": "text/csv; charset=utf-8", ".json": "application/json; charset=utf-8"}
_KEPT_NAME = re.compile(r"^F[A-Z0-9]+$")


@dataclass(frozen=True, slots=True)
class File:
    """One file. ``complete``: it was finished, and messages may show it."""

    id: str
    name: str
    length: int
    alt_text: str = ""
    title: str = ""
    received: bool = False
    complete: bool = False

    @property
    def is_image(self) -> bool:
        """Whether an image block can show it."""
        return Path(self.name).suffix.lower() in _IMAGES

    @property
    def media_type(self) -> str:
        """What a browser is told that it is."""
        suffix = Path(self.name).suffix.lower()
        return _IMAGES.get(suffix) or _OTHERS.get(suffix) or "application/octet-stream"


@dataclass
class Files:
    """All files below ``folder``; upload addresses live for as long as the process."""

    folder: Path
    _known: dict[str, File] = field(default_factory=dict)
    _uploads: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what an earlier process kept."""
        for path in self.folder.glob("F*.json"):
            kept = File(**orjson.loads(path.read_bytes()))
            self._known[kept.id] = kept

    def ask(self, name: str, length: int, alt_text: str) -> tuple[File, str]:
        """A place for a file to come; gives the secret of its upload address."""
        if not 0 < length <= FILE_BYTES:
            raise SlackError(
                "invalid_arguments",
                messages=(f"[ERROR] length must be 1 to {FILE_BYTES} bytes [json-pointer:/length]",),
            )
        file = File(file_id(), name, length, alt_text)
        self._known[file.id] = file
        secret = secrets.token_urlsafe(18)
        self._uploads[secret] = file.id
        return file, secret

    def receive(self, secret: str, content: bytes) -> File | None:
        """The content of a file, once; None for an unknown or used address or a length that was not announced."""
        known = self._known.get(self._uploads.get(secret, ""))
        if known is None or len(content) != known.length:
            return None
        del self._uploads[secret]
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path(known.id).write_bytes(content)
        return self._put(replace(known, received=True))

    def complete(self, wanted: str, title: str) -> File:
        """Finish an upload; raises ``file_not_found`` and ``file_upload_not_complete``."""
        known = self._known.get(wanted)
        if known is None:
            raise SlackError("file_not_found")
        if not known.received:
            raise SlackError("file_update_failed")
        return self._put(replace(known, title=title or known.name, complete=True))

    def find(self, wanted: str) -> File | None:
        """A finished file."""
        known = self._known.get(wanted)
        return known if known is not None and known.complete else None

    def path(self, wanted: str) -> Path | None:
        """Where a finished file lies."""
        return self._path(wanted) if self.find(wanted) is not None else None

    def require_images(self, blocks: list[Json]) -> None:
        """Raises ``invalid_blocks`` when an image of these blocks names no finished image."""
        named = [("", block) for block in blocks if block.get("type") == "image"]
        named += [("/accessory", b["accessory"]) for b in blocks if b.get("accessory", {}).get("type") == "image"]
        for where, image in named:
            asked = image.get("slack_file")
            if asked is None:
                continue
            found = self.find(str(asked.get("id", "")))
            if found is None or not found.is_image:
                fault = f"invalid slack file [json-pointer:/blocks{where}/slack_file]"
                raise SlackError("invalid_blocks", messages=(f"[ERROR] {fault}",), details={"errors": [fault]})

    def _put(self, file: File) -> File:
        self._known[file.id] = file
        about = {name: getattr(file, name) for name in File.__slots__}
        self._path(file.id).with_suffix(".json").write_bytes(orjson.dumps(about))
        return file

    def _path(self, kept: str) -> Path:
        if not _KEPT_NAME.match(kept):
            raise SlackError("file_not_found")
        return self.folder / kept
