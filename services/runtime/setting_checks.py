"""What a single setting may be: addresses, and the files that settings name. Nothing is connected to."""

import os
import re
import ssl
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

SECRET_SUFFIXES: Final = ("_password_file", "_token_file", "_secret_file", "_key_file")
"""How the name of a setting ends whose file holds a secret."""

_PLACE: Final = re.compile(r"^(\[[0-9A-Fa-f:.]+\]|[^\s:/@]+):(\d{1,5})$")


class Unreadable(ValueError):
    """A file that a setting names cannot be used; the text says why, and never what is in it."""


def is_secret(setting: str) -> bool:
    """Whether the file that this setting names holds a secret."""
    return setting.endswith(SECRET_SUFFIXES)


def text_of(path: Path) -> str:
    """The content of a file, without surrounding white space. Raises Unreadable, also where it is empty."""
    try:
        content = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise Unreadable(f"{path} is not text in UTF-8") from None
    except OSError as error:
        raise Unreadable(f"{path} cannot be read ({error.strerror}){_mend(path, error)}") from None
    if not content:
        raise Unreadable(f"{path} is empty")
    return content


def _mend(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "; make it, or name another"
    if isinstance(error, PermissionError):
        return f"; let user {os.geteuid()} read it: chown {os.geteuid()} {path}"
    return ""


def authorities_in(path: Path) -> None:
    """Raises Unreadable unless the file holds certificates in PEM."""
    text_of(path)
    try:
        ssl.create_default_context(cafile=str(path))
    except (ssl.SSLError, OSError):
        raise Unreadable(f"{path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)") from None


def own_certificate(certificate: Path, key: Path) -> None:
    """Raises Unreadable unless the two files are a certificate and its key, without a pass phrase."""
    text_of(certificate)
    text_of(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_cert_chain(str(certificate), str(key), password=lambda: "")
    except (ssl.SSLError, OSError, ValueError):
        raise Unreadable(
            f"{certificate} and {key} are no certificate and its key in PEM, without a pass phrase"
        ) from None


def _http_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is no address such as https://metrics.example.org:8602")
    if parts.username or parts.password:
        raise ValueError("holds a name or password; those belong in a file of their own")
    if parts.port == 0:
        raise ValueError("has port 0")
    return value


def _places(value: str) -> str:
    for place in value.split(","):
        match = _PLACE.match(place.strip())
        if match is None or not 0 < int(match[2]) < 65_536:
            raise ValueError(
                "is not host:port, or several of them with commas between, such as kafka-0:9092,kafka-1:9092"
            )
    return ",".join(place.strip() for place in value.split(","))


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone such as Europe/Amsterdam") from None
    return value


HttpAddress = Annotated[str, AfterValidator(_http_address)]
"""The address of an HTTP interface."""

Places = Annotated[str, AfterValidator(_places)]
"""Hosts with ports, with commas between."""

Zone = Annotated[str, AfterValidator(_zone)]
"""The IANA name of a time zone."""

Port = Annotated[int, Field(ge=0, le=65_535)]
"""A TCP port; 0 lets the machine choose."""
