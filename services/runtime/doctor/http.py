"""An HTTP interface of ours, seen from who calls it: there, ready, and taking the caller's token."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from services.runtime.doctor.clocks import by_header
from services.runtime.doctor.findings import Check, Finding, note, right, wrong
from services.runtime.settings import read_secret
from services.runtime.tokens import Scope

SECONDS: Final = 5.0


@dataclass(frozen=True)
class Interface:
    """``name`` is what people call it, ``setting`` the field of its address, ``path`` what the token may read."""

    name: str
    setting: str
    url: str
    path: str
    token_file: Path | None
    scope: Scope


def interface_check(interface: Interface) -> Check:
    """Whether it is there, ready, and takes our token."""
    return Check(interface.name, lambda: _interface(interface))


def _interface(one: Interface) -> Iterable[Finding]:
    url, address = one.url.rstrip("/"), f"DRAAGVLAK_{one.setting.upper()}"
    asked = datetime.now(UTC)
    try:
        health = httpx.get(f"{url}/healthz/ready", timeout=SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield wrong(
            one.name,
            f"{url} does not answer ({type(error).__name__})",
            f"start it, let a network policy pass us, or set {address} to where it is",
        )
        return
    if clock := by_header(one.name, health.headers.get("Date"), asked, datetime.now(UTC)):
        yield clock
    if health.status_code == 200:
        yield right(one.name, f"{url} is there and ready")
    elif health.status_code == 503:
        yield wrong(one.name, f"{url} is there and not ready", "run the doctor there: it says why")
    else:
        yield wrong(
            one.name,
            f"{url}/healthz/ready answers {health.status_code}: something else is there",
            f"set {address} to the service itself, without /v1",
        )
        return
    token = read_secret(one.token_file, one.setting.replace("_url", "_token_file")).get_secret_value()
    answer = httpx.get(f"{url}{one.path}", headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS)
    yield _judged(one.name, answer.status_code, one.scope, one.token_file)


def _judged(name: str, status: int, scope: Scope, token_file: Path | None) -> Finding:
    subject = f"{name}, our token"
    if status == 200:
        return right(subject, f"it is known there and has the scope {scope}")
    if status in (401, 403):
        what = "is not known there" if status == 401 else f"lacks the scope {scope}"
        return wrong(
            subject,
            f"the token in {token_file} {what}",
            f"put its sha256 with the scope {scope} into the tokens file of that service: sha256sum {token_file} "
            "(of the token without a line's end); the file is read again by itself",
        )
    if status == 404:
        return wrong(subject, "there is no such interface there", "give that service a DRAAGVLAK_TOKENS_FILE")
    return note(subject, f"it answers {status} just now", "run the doctor there: it says why")
