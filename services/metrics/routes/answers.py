"""How rows become an answer: JSON or CSV by Accept, with an ETag, compressed on request, kept while the copy lasts."""

import csv
import gzip
import io
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Final, Self

import orjson
from fastapi import Depends, Request, Response
from pydantic import BaseModel

from services.metrics.released.copies import Copy
from services.metrics.routes.current import CurrentCopy
from services.metrics.routes.telemetry import ANSWERS_KEPT
from services.runtime.problems import Problem

COMPRESSED_FROM: Final = 1_000
"""Bytes; a smaller answer does not get smaller."""
_COMPRESSION: Final = 4
_LARGEST_CACHE: Final = 64_000_000
_AROUND: Final = 1_000
"""Bytes that keeping an answer takes beside those of the answer and of its question."""
_LONGEST_QUESTION: Final = 2_000
"""Characters; dashboards ask in a few hundred."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run; texts that begin so get an apostrophe in CSV."""


class Media(StrEnum):
    """The types that rows come in."""

    JSON = "application/json"
    CSV = "text/csv"


@dataclass(frozen=True, slots=True)
class Body:
    """An answer's bytes as they are kept, with gzip where that makes them smaller, and the hash of the plain ones."""

    kept: bytes
    compressed: bool
    media: str
    digest: str

    @classmethod
    def of(cls, content: bytes, media: str) -> Self:
        """Of plain bytes: their SHA-256, and compressed once for all who take gzip; the same bytes at every call."""
        compress = len(content) >= COMPRESSED_FROM
        kept = gzip.compress(content, _COMPRESSION, mtime=0) if compress else content
        return cls(kept, compress, media, sha256(content).hexdigest())

    @property
    def content(self) -> bytes:
        """The plain bytes."""
        return gzip.decompress(self.kept) if self.compressed else self.kept


class AnswerCache:
    """Answers by question, of one copy; the least recently used go when both together take too many bytes."""

    def __init__(self, largest: int = _LARGEST_CACHE) -> None:
        self._largest = largest
        self._copy: Copy | None = None
        self._bodies: OrderedDict[tuple[str, ...], Body] = OrderedDict()
        self._size = 0

    def body(self, copy: Copy, question: tuple[str, ...], make: Callable[[], Body]) -> Body:
        """The answer to a question, made where it is not kept."""
        if copy is not self._copy:
            self._copy, self._size = copy, 0
            self._bodies.clear()
        kept = self._bodies.get(question)
        ANSWERS_KEPT.labels("kept" if kept else "made").inc()
        if kept is not None:
            self._bodies.move_to_end(question)
            return kept
        made = make()
        if sum(map(len, question)) <= _LONGEST_QUESTION:
            self._bodies[question] = made
            self._size += _bytes_of(question, made)
        while self._size > self._largest:
            self._size -= _bytes_of(*self._bodies.popitem(last=False))
        return made


def _bytes_of(question: tuple[str, ...], body: Body) -> int:
    return _AROUND + sum(map(len, question)) + len(body.kept)


class Answering:
    """Answers one request."""

    def __init__(self, request: Request, copy: Copy) -> None:
        self._request = request
        self.copy = copy

    def rows(self, kind: type, make: Callable[[], Sequence[object]]) -> Response:
        """The rows that `make` gives, all of one `kind`, a model or a dataclass; made only where they are not kept.

        Raises a Problem (406) for a caller that takes neither JSON nor CSV.
        """
        media = preferred(self._request.headers.get("accept", "*/*"))
        cache: AnswerCache = self._request.app.state.answers
        scope = self._request.scope
        question = (scope["path"], scope["query_string"].decode("latin-1"), media.value)
        return self.body(cache.body(self.copy, question, lambda: _body(media, kind, make())))

    def body(self, body: Body) -> Response:
        """These bytes; 304 without them where the caller has them already."""
        headers = self._request.headers
        compress = body.compressed and takes_gzip(headers.get("accept-encoding", ""))
        told = {
            "ETag": f'{"W/" if compress else ""}"{body.digest}"',
            "Cache-Control": "private, no-cache",
            "Vary": "Accept, Accept-Encoding",
        }
        if _known(headers.get("if-none-match"), body.digest):
            return Response(status_code=304, headers=told)
        if compress:
            told["Content-Encoding"] = "gzip"
        return Response(body.kept if compress else body.content, media_type=body.media, headers=told)


async def answering(request: Request, copy: CurrentCopy) -> Answering:
    """How to answer this request, from the latest copy."""
    return Answering(request, copy)


Answer = Annotated[Answering, Depends(answering)]

ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Rows, as JSON or CSV.", "content": {Media.CSV.value: {"schema": {"type": "string"}}}},
    304: {"description": "The answer is the one with the ETag that was sent."},
}
"""What a route of rows answers besides errors, for OpenAPI."""


def preferred(accept: str) -> Media:
    """The type that a caller likes best, JSON where it likes both alike (RFC 9110, 12.5.1). Raises a Problem (406)."""
    liked = {media: _quality(accept, media.value) for media in Media}
    best = max(Media, key=lambda media: liked[media])
    if liked[best] <= 0:
        raise Problem(
            406,
            "not-acceptable",
            "Not acceptable",
            f"There is no {accept!r} of this.",
            valid=[one.value for one in Media],
        )
    return best


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a caller takes gzip (RFC 9110, 12.5.3)."""
    named = dict(_weighted(accept_encoding))
    return named.get("gzip", named.get("*", 0.0)) > 0


def _quality(accept: str, media: str) -> float:
    """The weight of the most specific range that matches; 0 where none does."""
    main = media.partition("/")[0]
    matching = {name: quality for name, quality in _weighted(accept) if name in (media, f"{main}/*", "*/*")}
    for name in (media, f"{main}/*", "*/*"):
        if name in matching:
            return matching[name]
    return 0.0


def _weighted(header: str) -> Iterable[tuple[str, float]]:
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = min(1.0, max(0.0, float(parameter[2:])))
                except ValueError:
                    quality = 0.0
        if name:
            yield name, quality


def _known(if_none_match: str | None, digest: str) -> bool:
    """Weak comparison (RFC 9110, 8.8.3.2)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or f'"{digest}"' in tags


def _body(media: Media, kind: type, rows: Sequence[object]) -> Body:
    if media is Media.CSV:
        return Body.of(_csv(kind, rows), "text/csv")
    # Fields of the rows without validating them again; what orjson does not know (a text in two languages) by name.
    content = orjson.dumps(_plain(kind, rows), default=_value, option=orjson.OPT_UTC_Z)
    return Body.of(content, Media.JSON.value)


def _plain(kind: type, rows: Sequence[object]) -> list[dict[str, Any]]:
    names = _names(kind)
    if all(field == name for field, name in names.items()):
        return [vars(row) for row in rows]
    return [{name: getattr(row, field) for field, name in names.items()} for row in rows]


@cache
def _names(kind: type) -> Mapping[str, str]:
    """Field -> its name outside."""
    if issubclass(kind, BaseModel):
        return {name: field.serialization_alias or name for name, field in kind.model_fields.items()}
    if is_dataclass(kind):
        return {field.name: field.name for field in fields(kind)}
    raise TypeError(f"{kind.__name__} is neither a model nor a dataclass")


def _value(value: object) -> object:
    if isinstance(value, BaseModel):
        return vars(value)
    raise TypeError(f"{type(value).__name__} cannot stand in an answer")


def _csv(kind: type, rows: Sequence[object]) -> bytes:
    """A header line and a line for each row, as RFC 4180 describes, in UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    names = _names(kind)
    writer.writerow(names.values())
    writer.writerows([_cell(getattr(row, field)) for field in names] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case list() | tuple():
            return _cell("; ".join(map(str, value)))
        case BaseModel():
            return _cell("; ".join(map(str, vars(value).values())))
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
        case _:
            return value
