"""Bearer tokens with scopes: hashes in a YAML file, compared in constant time, reloaded when the file changes."""

import hmac
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.contracts import yaml_text
from services.runtime.settings import SettingsFault


class Scope(StrEnum):
    """What a token allows."""

    METRICS_READ = "metrics:read"
    OUTCOMES_WRITE = "outcomes:write"
    ANNOUNCEMENTS_DRAFT = "announcements:draft"
    COMMENTS_REVIEW = "comments:review"
    CLOCK_WRITE = "clock:write"


class Token(BaseModel):
    """One entry of the tokens file; ``sha256`` is the hexadecimal hash of the secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: frozenset[Scope]


_TOKENS = TypeAdapter(list[Token])


class TokenFile:
    """The tokens in ``path``. Raises SettingsFault when the file cannot be read or understood at the start.

    A changed file that is broken is refused and the last good one stays in force.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = self._stat()
        self._tokens = self._read()

    def owner_of(self, secret: str) -> Token | None:
        """The token whose secret this is, or None."""
        self._reload()
        digest = sha256(secret.encode()).hexdigest()
        found = None
        for token in self._tokens:
            if hmac.compare_digest(token.sha256, digest):
                found = token
        return found

    @property
    def scopes(self) -> frozenset[Scope]:
        """Every scope that some token has."""
        return frozenset(scope for token in self._tokens for scope in token.scopes)

    def _stat(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except OSError as error:
            raise SettingsFault(f"DRAAGVLAK_TOKENS_FILE: {self._path} cannot be read ({error.strerror})") from None
        return status.st_mtime_ns, status.st_size

    def _read(self) -> list[Token]:
        try:
            return _TOKENS.validate_python(yaml_text.load(self._path.read_text(encoding="utf-8")) or [])
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            raise SettingsFault(
                f"DRAAGVLAK_TOKENS_FILE: {self._path} is not a list of tokens ({_reason(error)})"
            ) from None

    def _reload(self) -> None:
        try:
            stamp = self._stat()
            if stamp != self._stamp:
                self._tokens = self._read()
                self._stamp = stamp
        except SettingsFault:
            return  # the last good tokens stay in force until the file is mended


def _reason(error: Exception) -> str:
    """Where the file is wrong; never what is in it."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1} is no YAML" if mark else type(error).__name__


def bearer(authorization: str | None) -> str | None:
    """The secret in an ``Authorization: Bearer …`` header, or None."""
    scheme, _, secret = (authorization or "").partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None
