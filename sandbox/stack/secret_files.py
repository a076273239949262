"""The secrets of a sandbox: made once for a state folder, each in a file that only its owner can read."""

import os
import secrets
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

import yaml

from sandbox.store.users import EVERY_DATABASE, Access, User, password_hash, save
from services.runtime.tokens import Scope


class Role(StrEnum):
    """Who connects to the store."""

    ADMIN = "admin"
    INGEST = "ingest"
    IMPORT = "import"
    RELEASE = "release"
    METRICS = "metrics"
    RETENTION = "retention"
    DEAD_LETTERS = "dead-letters"
    BACKUP = "backup"


GRANTS: Final[dict[Role, dict[str, Access]]] = {
    Role.ADMIN: {EVERY_DATABASE: Access.OWN},
    Role.INGEST: {
        "pulse_ballots": Access.INSERT,
        "pulse_ballots.invited": Access.READ,
        "pulse_facts": Access.WRITE,
        "pulse_release": Access.READ,
    },
    Role.IMPORT: {"pulse_ballots": Access.READ, "pulse_facts": Access.READ},
    Role.RELEASE: {"pulse_ballots": Access.WRITE, "pulse_facts": Access.READ, "pulse_release": Access.WRITE},
    Role.METRICS: {"pulse_facts": Access.READ, "pulse_release": Access.READ},
    Role.RETENTION: {"pulse_ballots": Access.WRITE, "pulse_facts": Access.READ, "pulse_release": Access.READ},
    Role.DEAD_LETTERS: {
        "pulse_ballots.dead_letters": Access.READ,
        "pulse_ballots.replayed_letters": Access.APPEND,
        "pulse_ballots.wave_rewrites": Access.READ,
        "pulse_facts": Access.READ,
        "pulse_release": Access.READ,
    },
    Role.BACKUP: {
        **{
            f"pulse_ballots.{table}": Access.READ
            for table in (
                "invited",
                "releasable_nodes",
                "class_units",
                "class_people",
                "class_sums",
                "distribution_units",
                "class_histograms",
                "wave_rewrites",
            )
        },
        "pulse_facts": Access.READ,
        "pulse_release": Access.READ,
    },
}
"""Ballots are written by ingest, read by release, erased by release and retention; admin migrates."""


class Caller(StrEnum):
    """Who calls the HTTP interfaces with a bearer token."""

    BOT = "bot"
    CLOCK = "clock"
    GRAFANA = "grafana"
    BUSINESS = "business"
    REVIEW = "review"
    STORY = "story"
    VISITOR = "visitor"


SCOPES: Final[dict[Caller, tuple[Scope, ...]]] = {
    Caller.BOT: (Scope.METRICS_READ,),
    Caller.CLOCK: (),
    Caller.GRAFANA: (Scope.METRICS_READ,),
    Caller.BUSINESS: (Scope.OUTCOMES_WRITE, Scope.ANNOUNCEMENTS_DRAFT),
    Caller.REVIEW: (Scope.COMMENTS_REVIEW,),
    Caller.STORY: (Scope.METRICS_READ, Scope.CLOCK_WRITE),
    Caller.VISITOR: (Scope.METRICS_READ,),
}
"""A token without scopes reads the campaign clock."""


@dataclass(frozen=True)
class SecretFiles:
    """Where each secret is. ``make`` writes those that are missing."""

    folder: Path

    @property
    def signing_secret(self) -> Path:
        """What Slack's requests are signed with."""
        return self.folder / "signing_secret"

    @property
    def bot_token(self) -> Path:
        """The bot's token for Slack's Web API."""
        return self.folder / "bot_token"

    @property
    def access_key(self) -> Path:
        """The key to the page of the emulated workspace."""
        return self.folder / "access_key"

    @property
    def tokens(self) -> Path:
        """The tokens that our HTTP interfaces know, as hashes."""
        return self.folder / "tokens.yaml"

    @property
    def store_users(self) -> Path:
        """The users of the store, with hashes of their passwords."""
        return self.folder / "store_users.json"

    @property
    def grafana_admin(self) -> Path:
        """The password of `admin` in a Grafana that the visitor starts."""
        return self.folder / "grafana_admin"

    def password(self, role: Role) -> Path:
        """The store's password of a role."""
        return self.folder / f"clickhouse_{role}"

    def token(self, caller: Caller) -> Path:
        """The bearer token of a caller."""
        return self.folder / f"token_{caller}"

    def make(self) -> None:
        """Write every secret that is not there yet, and the two files of hashes. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        _write_once(self.signing_secret, secrets.token_hex(16))
        _write_once(self.bot_token, f"xoxb-{secrets.token_urlsafe(24)}")
        _write_once(self.access_key, secrets.token_urlsafe(16))
        _write_once(self.grafana_admin, secrets.token_urlsafe(16))
        passwords = {role: _write_once(self.password(role), secrets.token_urlsafe(24)) for role in Role}
        tokens = {caller: _write_once(self.token(caller), secrets.token_urlsafe(24)) for caller in Caller}
        save(
            self.store_users,
            {
                role.value: User(password_sha256=password_hash(passwords[role]), databases=databases)
                for role, databases in GRANTS.items()
            },
        )
        known = [
            {
                "name": caller.value,
                "sha256": sha256(tokens[caller].encode()).hexdigest(),
                "scopes": [scope.value for scope in scopes],
            }
            for caller, scopes in SCOPES.items()
        ]
        self.tokens.touch(mode=0o600)
        self.tokens.write_text(yaml.safe_dump(known, sort_keys=False), encoding="utf-8")


def _write_once(path: Path, secret: str) -> str:
    """The secret in the file, which is made with ``secret`` when it is not there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secret + "\n")
    return secret
