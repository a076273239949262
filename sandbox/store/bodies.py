"""Bodies of HTTP requests: chunked or not, compressed or not, a form or not."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable
from email.message import Message
from importlib import import_module
from io import BufferedIOBase

import python_multipart

from sandbox.store.faults import Code, EngineFault, refused

MAXIMUM_BYTES = 1 << 30
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"


def _by_package(name: str) -> Callable[[bytes], bytes]:
    """Decompress with a package that clickhouse-connect uses where it is installed."""
    return lambda content: bytes(import_module(name).decompress(content))


_DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    "identity": lambda content: content,
    "deflate": zlib.decompress,
    "gzip": gzip.decompress,
    "lz4": _by_package("lz4.frame"),
    "zstd": _by_package(_ZSTD),
}


class BrokenBody(ConnectionError):
    """The body ended early or is not framed as HTTP asks: the connection cannot be used any more."""


def read_body(headers: Message, stream: BufferedIOBase) -> bytes:
    """The whole body, decompressed: an INSERT that breaks off leaves nothing behind.

    Raises BrokenBody, and EngineFault for an encoding that is unknown or wrong.
    """
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        content = _read_chunks(stream)
    else:
        content = _read_exactly(stream, _length(headers.get("Content-Length", "0")))
    encoding = headers.get("Content-Encoding", "").lower()
    if encoding not in _DECOMPRESS:
        known = ", ".join(name for name in _DECOMPRESS if name)
        raise refused(Code.NOT_IMPLEMENTED, f"Content-Encoding {encoding!r} is not supported; use one of {known}")
    if not content:
        return content
    try:
        return _DECOMPRESS[encoding](content)
    except Exception as error:  # every package has exceptions of its own
        raise refused(Code.CANNOT_DECOMPRESS, f"The body is not {encoding}: {error}") from None


def form_of(headers: Message, body: bytes) -> dict[str, str] | None:
    """The fields of a form, or None when the body is no form. Raises EngineFault."""
    content_type = headers.get("Content-Type", "")
    if not content_type.startswith(_FORMS):
        return None
    fields: dict[str, str] = {}
    faults: list[EngineFault] = []

    def on_field(found: python_multipart.multipart.Field) -> None:
        fields[(found.field_name or b"").decode()] = (found.value or b"").decode()

    def on_file(_: python_multipart.multipart.File) -> None:
        faults.append(refused(Code.NOT_IMPLEMENTED, "External data is not supported"))

    sizes = {"Content-Type": content_type.encode(), "Content-Length": str(len(body)).encode()}
    try:
        python_multipart.parse_form(sizes, io.BytesIO(body), on_field, on_file)
    except (python_multipart.exceptions.FormParserError, UnicodeDecodeError) as error:
        raise refused(Code.BAD_ARGUMENTS, f"The form cannot be read: {error}") from None
    if faults:
        raise faults[0]
    return fields


def _length(text: str, base: int = 10) -> int:
    try:
        length = int(text, base)
    except ValueError:
        raise BrokenBody(f"{text!r} is not a length") from None
    if not 0 <= length <= MAXIMUM_BYTES:
        raise BrokenBody(f"a body of {length} bytes is not accepted")
    return length


def _read_exactly(stream: BufferedIOBase, length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise BrokenBody("the body ended early")
    return content


def _read_chunks(stream: BufferedIOBase) -> bytes:
    content = bytearray()
    while length := _length(stream.readline(64).split(b";")[0].strip().decode("latin-1"), 16):
        if len(content) + length > MAXIMUM_BYTES:
            raise BrokenBody(f"a body over {MAXIMUM_BYTES} bytes is not accepted")
        content += _read_exactly(stream, length)
        if stream.readline(8).strip():
            raise BrokenBody("a chunk is longer than it says")
    while stream.readline(8192).strip():
        pass  # trailers
    return bytes(content)
