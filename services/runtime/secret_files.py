"""The secrets of an installation, a file each: made once, never overwritten; and the files that are derived from them.

Their names are what deploy/compose and deploy/k8s mount at ``/run/secrets/draagvlak``; deploy/README.md lists them.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

import yaml
from pydantic import ValidationError

from services.contracts import yaml_text
from services.runtime.settings import SettingsFault
from services.runtime.tokens import Scope, Token

CLICKHOUSE_ROLES: Final = ("ingest", "import", "release", "metrics", "retention", "dead-letters", "backup")
"""Who reads or writes ClickHouse beside the migrations, which make a user ``draagvlak_<role>`` for each."""

KAFKA_USERS: Final = ("pulse-bot", "ingest", "retention", "topics", "import", "dead-letters")
"""Who speaks to Kafka, beside the broker itself."""

BROKER: Final = "broker"
"""The Kafka user as whom the broker speaks to itself."""

TOKENS: Final[Mapping[str, tuple[Scope, ...]]] = {
    "bot": (Scope.METRICS_READ,),
    "review": (Scope.COMMENTS_REVIEW,),
    "grafana": (Scope.METRICS_READ,),
    "gateway": (Scope.OUTCOMES_WRITE, Scope.ANNOUNCEMENTS_DRAFT),
    "clock": (),
}
"""Who calls with a bearer token, and what that allows; nothing is enough for the campaign clock of a sandbox."""

SANDBOX_TOKENS: Final[Mapping[str, tuple[Scope, ...]]] = {"visitor": (Scope.METRICS_READ,)}
"""The same for the emulated workspace, which shows visitors the results."""

YOURS: Final[Mapping[str, str]] = {
    "slack-signing-secret": "Slack, your app, Basic Information: Signing Secret",
    "slack-bot-token": "Slack, your app, OAuth & Permissions: Bot User OAuth Token (xoxb-…)",
}
"""What no program can make up, and where a person finds it."""

YOURS_IF_ASKED: Final[Mapping[str, str]] = {
    "slack-app-token": "Socket Mode alone: Slack, your app, Basic Information: App-Level Token (xapp-…)",
}

READ_BY_SERVERS: Final = frozenset(
    {"clickhouse-users.xml", "kafka-users.conf", "postgres-password", "grafana-admin-password", "token-grafana"}
)
"""What a server reads that runs as a user of its own: its group may read it too. Nobody else enters the folder."""


def clickhouse_password(role: str) -> str:
    """The name of the file with a role's password."""
    return f"clickhouse-{role}-password"


def kafka_password(user: str) -> str:
    """The name of the file with a Kafka user's password."""
    return f"kafka-{user}-password"


def token(caller: str) -> str:
    """The name of the file with a caller's bearer token."""
    return f"token-{caller}"


def clickhouse_user(role: str) -> str:
    """ClickHouse's user for a role."""
    return f"draagvlak_{role.replace('-', '_')}"


@dataclass(frozen=True)
class Made:
    """What ``make`` did: names of files, in order. ``yours``: what is still to be supplied, and where it is found."""

    made: tuple[str, ...]
    kept: tuple[str, ...]
    yours: Mapping[str, str]


def generated(*, sandbox: bool = False) -> tuple[str, ...]:
    """The names of the secrets that are made up at random."""
    return (
        clickhouse_password("migrate"),
        *(clickhouse_password(role) for role in CLICKHOUSE_ROLES),
        *(kafka_password(user) for user in (BROKER, *KAFKA_USERS)),
        "postgres-password",
        "grafana-admin-password",
        *(token(caller) for caller in TOKENS),
        *((*YOURS, "sandbox-access-key", *(token(caller) for caller in SANDBOX_TOKENS)) if sandbox else ()),
    )


DERIVED: Final = ("clickhouse-users.xml", "kafka-users.conf", "tokens.yaml")
"""Made of the others: written anew when one of those has changed."""


def make(folder: Path, *, sandbox: bool = False) -> Made:
    """Write every secret into ``folder`` that is not there yet, and what is derived from them.

    With ``sandbox`` also what the emulated workspace needs, Slack's secrets among it. Raises SettingsFault for a file
    that is there and empty or not to be understood, and OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    made: list[str] = []
    kept: list[str] = []
    held: dict[str, str] = {}
    for name in generated(sandbox=sandbox):
        fresh = f"xoxb-{secrets.token_urlsafe(24)}" if name == "slack-bot-token" else secrets.token_urlsafe(24)
        is_new, held[name] = _write_once(folder / name, fresh)
        (made if is_new else kept).append(name)
    for name, content in (
        ("clickhouse-users.xml", _clickhouse_users(held)),
        ("kafka-users.conf", _kafka_users(held)),
        ("tokens.yaml", _tokens(folder / "tokens.yaml", held, sandbox=sandbox)),
    ):
        (made if _write_derived(folder / name, content) else kept).append(name)
    lacking = {name: where for name, where in YOURS.items() if not _is_filled(folder / name)}
    return Made(tuple(made), tuple(kept), lacking)


def _mode(name: str) -> int:
    return 0o640 if name in READ_BY_SERVERS else 0o600


def _write_once(path: Path, fresh: str) -> tuple[bool, str]:
    """Whether the file is new, and the secret in it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if not _is_filled(path):
            raise SettingsFault(f"{path} is empty: put the secret into it, or remove it to have one made") from None
        return False, path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), _mode(path.name))
        file.write(fresh + "\n")
    return True, fresh


def _write_derived(path: Path, content: str) -> bool:
    """Whether the file changed. Written in place: a container that has it mounted sees the change."""
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return False
    path.touch(mode=0o600)
    path.chmod(_mode(path.name))
    path.write_text(content, encoding="utf-8")
    return True


def _is_filled(path: Path) -> bool:
    return path.exists() and bool(path.read_text(encoding="utf-8").strip())


def _clickhouse_users(held: Mapping[str, str]) -> str:
    """For ClickHouse's ``users.d``: the one user that it knows by file, who makes all others; ``default`` is gone."""
    root = Xml.Element("clickhouse")
    users = Xml.SubElement(root, "users")
    Xml.SubElement(users, "default", remove="1")
    user = Xml.SubElement(users, clickhouse_user("migrate"))
    password = sha256(held[clickhouse_password("migrate")].encode()).hexdigest()
    Xml.SubElement(user, "password_sha256_hex").text = password
    Xml.SubElement(Xml.SubElement(user, "networks"), "ip").text = "::/0"
    Xml.SubElement(user, "profile").text = "default"
    Xml.SubElement(user, "quota").text = "default"
    Xml.SubElement(user, "access_management").text = "1"
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode") + "\n"


def _kafka_users(held: Mapping[str, str]) -> str:
    """For Kafka's ``java.security.auth.login.config``: who the broker is to itself, and who may log in."""
    lines = [f'username="{BROKER}"', f'password="{_quotable(held, BROKER)}"']
    lines += [f'user_{user}="{_quotable(held, user)}"' for user in (BROKER, *KAFKA_USERS)]
    inside = "\n  ".join(lines)
    return f"KafkaServer {{\n  org.apache.kafka.common.security.plain.PlainLoginModule required\n  {inside};\n}};\n"


def _quotable(held: Mapping[str, str], user: str) -> str:
    password = held[kafka_password(user)]
    if not password.isascii() or set(password) & {'"', "\\"} or not password.isprintable():
        raise SettingsFault(f'{kafka_password(user)}: use printable ASCII without " and \\; Kafka reads it from a file')
    return password


def _tokens(path: Path, held: Mapping[str, str], *, sandbox: bool) -> str:
    """The hashes of our tokens; entries of other names, which an operator has added, stay as they are."""
    ours = {**TOKENS, **(SANDBOX_TOKENS if sandbox else {})}
    entries = [
        {"name": caller, "sha256": sha256(held[token(caller)].encode()).hexdigest(), "scopes": [*map(str, scopes)]}
        for caller, scopes in ours.items()
    ]
    return yaml.safe_dump(
        [*entries, *(entry for entry in _written(path) if entry["name"] not in ours)], sort_keys=False
    )


def _written(path: Path) -> Iterator[dict[str, object]]:
    if not path.exists():
        return
    try:
        for entry in yaml_text.load(path.read_text(encoding="utf-8")) or []:
            known = Token.model_validate(entry)
            yield {"name": known.name, "sha256": known.sha256, "scopes": sorted(map(str, known.scopes))}
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise SettingsFault(f"{path} is not a list of tokens ({type(error).__name__}): mend or remove it") from None
