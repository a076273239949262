"""Reading what a database remembers, and applying what it lacks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from clickhouse_connect.driver.client import Client

from services.ingest.migrating.cluster import render
from services.ingest.migrating.losses import refuse_losses
from services.ingest.migrating.plan import Migration, MigrationFault, Plan, compare, packaged
from services.ingest.migrating.statements import split
from services.runtime.causes import Cause
from services.runtime.causes.clickhouse import MIGRATE_APPLY
from services.runtime.clickhouse import sql

_SQL = "services.ingest.migrating.sql"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Applied:
    """A migration that the database remembers."""

    number: int
    name: str
    checksum: str
    applied_at: datetime


def applied(client: Client) -> tuple[Applied, ...]:
    """What the database remembers, in order; nothing where no migration has run. Changes nothing."""
    if not client.query(sql(_SQL, "has_migrations")).result_rows[0][0]:
        return ()
    rows = client.query(sql(_SQL, "list_migrations")).result_rows
    return tuple(Applied(number, name, checksum, at.replace(tzinfo=UTC)) for number, name, checksum, at in rows)


def plan(client: Client, known: Sequence[Migration] | None = None) -> Plan:
    """What is to be done to the database. Changes nothing.

    Raises MigrationFault, also when something pending would take a table that holds rows.
    """
    remembered = {migration.number: migration.checksum for migration in applied(client)}
    todo = compare(packaged() if known is None else known, remembered)
    for migration in todo.pending:
        for statement in migration.statements:
            refuse_losses(client, migration, statement)
    return todo


def apply(client: Client, todo: Plan, tell: Callable[[Migration], None], cluster: str | None = None) -> None:
    """Apply the plan, on every node of ``cluster`` where one is named; ``tell`` is called after each migration.

    Raises MigrationFault with the statement that failed, and for one that would take rows which have come since.
    """
    if not todo.pending:
        return
    for migration in todo.pending:  # what cannot run on a cluster is found before anything has run
        rendered(migration, cluster)
    client.command(render(_own("create_database"), cluster))
    client.command(render(_own("create_migrations"), cluster))
    for migration in todo.pending:
        statements = rendered(migration, cluster)
        if migration.needs_access_management and not keeps_users(client):
            _log.warning("users of this ClickHouse are kept in its files: give the rights there", file=migration.name)
            statements = ()
        for position, statement in enumerate(statements, start=1):
            refuse_losses(client, migration, statement)
            try:
                client.command(statement)
            except Exception as error:
                first = statement.splitlines()[0]
                raise MigrationFault(f"{migration.name}, statement {position} ({first}): {error}") from error
        client.insert(
            "schema_migrations",
            [(migration.number, migration.name, migration.checksum, datetime.now(UTC))],
            column_names=["number", "name", "checksum", "applied_at"],
            database="pulse_facts",
        )
        tell(migration)


def rendered(migration: Migration, cluster: str | None) -> tuple[str, ...]:
    """The statements of a migration as they run. Raises MigrationFault."""
    return tuple(render(statement, cluster) for statement in migration.statements)


def keeps_users(client: Client) -> bool:
    """Whether users and roles can be made with SQL, and not in ClickHouse's files alone."""
    return bool(client.query(sql(_SQL, "user_directories")).result_rows[0][0])


def _own(name: str) -> str:
    return split(sql(_SQL, name))[0]


def schema_fault(client: Client) -> Cause | None:
    """None when the database has every migration of this software. Newer ones do no harm."""
    try:
        remembered = {migration.number: migration.checksum for migration in applied(client)}
        pending = compare(packaged(), remembered).pending
    except MigrationFault as fault:
        what, _, mend = str(fault).partition(": ")
        return Cause(what, mend)
    if not pending:
        return None
    return Cause(f"the tables lack {pending[0].name} and {len(pending) - 1} more", f"run `{MIGRATE_APPLY}`")
