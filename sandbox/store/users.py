"""Who may use the store and for what: read from a file, enforced by the engine's own roles and grants.

The engine in a process knows one user. Every user of ours is a role of it, and a request runs under that role alone, so
that views, subqueries, table functions and ``system`` tables are judged by ClickHouse and not by us.
"""

import hmac
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree as Xml

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from sandbox.store.faults import StoreFault
from services.contracts import yaml_text

EVERY_DATABASE = "*"

UserName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]
DatabaseName = Annotated[str, StringConstraints(pattern=r"^([a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?|\*)$")]
"""A database, one table of it (``database.table``), or ``*`` for every database."""


class Access(StrEnum):
    """What a user may do in a database."""

    READ = "read"
    INSERT = "insert"
    APPEND = "append"
    WRITE = "write"
    OWN = "own"


_PRIVILEGES = {
    Access.READ: "SHOW, SELECT",
    Access.INSERT: "INSERT",
    Access.APPEND: "SHOW, SELECT, INSERT",
    Access.WRITE: "SHOW, SELECT, INSERT, ALTER UPDATE, ALTER DELETE, TRUNCATE, OPTIMIZE",
    Access.OWN: "ALL",
}


class User(BaseModel):
    """One entry of the users file: the hexadecimal hash of the password, and the access to each database."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    password_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    databases: Mapping[DatabaseName, Access]


Users = Mapping[UserName, User]
_USERS: TypeAdapter[Users] = TypeAdapter(Users)
_NOBODY = "0" * 64


def load(path: Path) -> Users:
    """The users in a YAML or JSON file. Raises StoreFault in one sentence."""
    try:
        return _USERS.validate_python(yaml_text.load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise StoreFault(f"The users file {path} cannot be read: {error.strerror}.") from None
    except yaml.YAMLError as error:
        raise StoreFault(f"The users file {path} is not YAML: {' '.join(str(error).split())}.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise StoreFault(f"The users file {path} has a fault at {where}: {first['msg']}.") from None


def save(path: Path, users: Users) -> None:
    """Write the file that ``load`` reads, readable by its owner alone."""
    path.touch(mode=0o600)
    path.write_text(_USERS.dump_json(users, indent=2).decode(), encoding="utf-8")


def password_hash(password: str) -> str:
    """The form in which a password is kept."""
    return sha256(password.encode()).hexdigest()


def is_user(users: Users, name: str, password: str) -> bool:
    """Whether this is a user with this password; takes the same time for an unknown name."""
    known = users.get(name)
    right = hmac.compare_digest(password_hash(password), known.password_sha256 if known else _NOBODY)
    return right and known is not None


def role(user: str) -> str:
    """The engine's role for a user, quoted for SQL."""
    return f"`{_role(user)}`"


def _role(user: str) -> str:
    return f"store_{user}"


def _on(name: str) -> str:
    """What a grant is on, quoted for SQL."""
    if name == EVERY_DATABASE:
        return "*.*"
    database, _, table = name.partition(".")
    return f"`{database}`.`{table}`" if table else f"`{database}`.*"


def engine_users(users: Users) -> bytes:
    """The engine's users file (XML): a role for each user, and the one user of the process, which has only roles."""
    root = Xml.Element("clickhouse")
    Xml.SubElement(Xml.SubElement(root, "profiles"), "default")
    Xml.SubElement(Xml.SubElement(root, "quotas"), "default")
    roles = Xml.SubElement(root, "roles")
    for name, user in users.items():
        grants = Xml.SubElement(Xml.SubElement(roles, _role(name)), "grants")
        for database, access in user.databases.items():
            Xml.SubElement(grants, "query").text = f"GRANT {_PRIVILEGES[access]} ON {_on(database)}"
    process = Xml.SubElement(Xml.SubElement(root, "users"), "default")
    Xml.SubElement(process, "password")
    Xml.SubElement(Xml.SubElement(process, "networks"), "ip").text = "::/0"
    Xml.SubElement(process, "profile").text = "default"
    Xml.SubElement(process, "quota").text = "default"
    grants = Xml.SubElement(process, "grants")
    Xml.SubElement(grants, "query").text = "GRANT " + ", ".join(role(name) for name in users)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
