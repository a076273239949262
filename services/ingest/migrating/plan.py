"""What is to be done: the migrations in this software against those that a database remembers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise
from typing import Final

from services.ingest.migrating.statements import split

_ACCESS_MANAGEMENT: Final = "-- needs: access management\n"
_NAME: Final = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")


class MigrationFault(RuntimeError):
    """Migrations that cannot be applied as they are; the text says which and what to do."""


@dataclass(frozen=True)
class Migration:
    """One numbered file. Its statements can be repeated: a run that was cut off starts the file again."""

    number: int
    name: str
    text: str

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the text, hexadecimal; line ends do not count."""
        return sha256(self.text.replace("\r\n", "\n").encode()).hexdigest()

    @property
    def needs_access_management(self) -> bool:
        """Whether it makes users and roles, which only a ClickHouse can that keeps them itself."""
        return self.text.startswith(_ACCESS_MANAGEMENT)

    @property
    def statements(self) -> tuple[str, ...]:
        """Its statements in order."""
        return split(self.text)


@dataclass(frozen=True)
class Plan:
    """``pending`` are to be applied, in order; ``foreign`` are remembered by the database and unknown here."""

    pending: tuple[Migration, ...]
    foreign: tuple[int, ...] = ()


def packaged() -> tuple[Migration, ...]:
    """The migrations of this software, in order. Raises MigrationFault."""
    folder = files("services.ingest").joinpath("migrations")
    texts = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".sql")}
    return numbered(texts)


def numbered(texts: Mapping[str, str]) -> tuple[Migration, ...]:
    """The migrations in files of these names, in order; numbers may be left out.

    Raises MigrationFault for a wrong name and for a number that is there twice.
    """
    found = []
    for name, text in sorted(texts.items()):
        match = _NAME.match(name)
        if match is None:
            raise MigrationFault(f"{name}: a migration is named like 0005_what_it_does.sql")
        found.append(Migration(int(match[1]), name, text))
    for earlier, later in pairwise(found):
        if earlier.number == later.number:
            raise MigrationFault(f"{earlier.name} and {later.name} have the same number: give the newer one the next")
    return tuple(found)


def compare(known: Iterable[Migration], applied: Mapping[int, str]) -> Plan:
    """The plan for a database that remembers ``applied`` (number -> checksum).

    Raises MigrationFault when an applied migration reads differently now, or when one was left out before a later one.
    """
    known = tuple(known)
    for migration in known:
        remembered = applied.get(migration.number)
        if remembered is not None and remembered != migration.checksum:
            raise MigrationFault(
                f"{migration.name} was applied with checksum {remembered[:12]}… and reads {migration.checksum[:12]}… "
                "now: an applied migration never changes; restore the file and write a new one"
            )
    pending = tuple(migration for migration in known if migration.number not in applied)
    last = max(applied, default=0)
    if pending and pending[0].number < last:
        raise MigrationFault(f"{pending[0].name} was never applied, but {last:04} was: restore the table of migrations")
    return Plan(pending, tuple(sorted(set(applied) - {migration.number for migration in known})))
