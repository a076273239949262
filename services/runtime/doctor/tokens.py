"""The tokens that callers of a service may show: is there any with the scopes that it serves?"""

from collections.abc import Iterable
from pathlib import Path

from services.runtime.doctor.findings import Check, Finding, note, right
from services.runtime.tokens import Scope, TokenFile


def tokens_check(path: Path | None, wanted: Iterable[Scope], without: str) -> Check:
    """``without`` says what does not work where there is no file."""
    return Check("tokens", lambda: _tokens(path, tuple(wanted), without))


def _tokens(path: Path | None, wanted: tuple[Scope, ...], without: str) -> Iterable[Finding]:
    if path is None:
        yield note("tokens", f"there is no file of them, so {without}", "set DRAAGVLAK_TOKENS_FILE")
        return
    scopes = TokenFile(path).scopes
    for scope in wanted:
        if scope in scopes:
            yield right("tokens", f"somebody has the scope {scope}")
        else:
            yield note(
                "tokens",
                f"nobody has the scope {scope}",
                f"add one to {path}: - {{name: …, sha256: …, scopes: ['{scope}']}}; it is read again by itself",
            )
