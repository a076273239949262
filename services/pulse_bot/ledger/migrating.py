"""Bringing a ledger's tables up to date: Alembic's revisions, once, whoever starts first.

A process that finds the newest revision reads one row and loads nothing else.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from services.runtime.settings import SettingsFault

_SCRIPTS: Final = Path(str(files(__package__).joinpath("migrations")))
_VERSION_TABLE: Final = "alembic_version"
_BEFORE_REVISIONS: Final = "0001"
"""The revision of a ledger that was made by ``create_all``."""

_LOCK: Final = 7_236_148_855
"""PostgreSQL's advisory lock while tables change; any number, the same in every process."""


@cache
def newest() -> str:
    """The number of the newest revision, from the names of the modules."""
    numbers = [path.name[1:5] for path in (_SCRIPTS / "versions").glob("r[0-9][0-9][0-9][0-9]_*.py")]
    return max(numbers)


def upgrade(engine: Engine) -> None:
    """Create or change the tables, in one transaction under a lock; a second process waits and finds it done.

    Raises SettingsFault for a ledger of a newer program.
    """
    with engine.connect() as connection:
        if revision(connection) == newest():
            return
    with engine.begin() as connection:  # on SQLite this is the lock: BEGIN IMMEDIATE
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = revision(connection)
        if found == newest():
            return
        if found is not None and found > newest():
            raise SettingsFault(
                f"DRAAGVLAK_LEDGER_URL: the ledger is of revision {found}, and this program knows those up to "
                f"{newest()}; install the version that made it, or a later one"
            )
        _run(connection, stamp=found is None and inspect(connection).has_table("campaign"))


def revision(connection: Connection) -> str | None:
    """The revision of a ledger; None of one that has none. Changes nothing."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def _run(connection: Connection, *, stamp: bool) -> None:
    from alembic import command  # noqa: PLC0415 - a third of a second, needed once in a ledger's life
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if stamp:
        command.stamp(config, _BEFORE_REVISIONS)
    command.upgrade(config, "head")
