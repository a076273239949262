"""Reading what a database remembers, and applying what it lacks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from services.ingest.migrating.plan import Migration, MigrationFault, Plan, compare, packaged
from services.runtime.clickhouse import sql

_SQL = "services.ingest.migrating.sql"


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
    """What is to be done to the database. Changes nothing. Raises MigrationFault."""
    remembered = {migration.number: migration.checksum for migration in applied(client)}
    return compare(packaged() if known is None else known, remembered)


def apply(client: Client, todo: Plan, tell: Callable[[Migration], None]) -> None:
    """Apply the plan; ``tell`` is called after each migration. Raises MigrationFault with the statement that failed."""
    if not todo.pending:
        return
    client.command(sql(_SQL, "create_database"))
    client.command(sql(_SQL, "create_migrations"))
    for migration in todo.pending:
        for position, statement in enumerate(migration.statements, start=1):
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


def schema_fault(client: Client) -> str | None:
    """None when the database has every migration of this software, else one sentence. Newer ones do no harm."""
    try:
        pending = plan(client).pending
    except MigrationFault as fault:
        return str(fault)
    if not pending:
        return None
    return f"the tables lack {pending[0].name} and {len(pending) - 1} more: run `draagvlak migrate apply`"
