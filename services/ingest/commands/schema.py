"""`draagvlak migrate`: the tables."""

import typer
from clickhouse_connect.driver.client import Client

from services.ingest.commands.output import failed, out, store
from services.ingest.migrating import plan as plans
from services.ingest.migrating import runner
from services.ingest.settings import MigrateSettings
from services.runtime.settings import load

migrate = typer.Typer(no_args_is_help=True, help="Create and change the tables of ClickHouse.")


@migrate.command("plan")
def migrate_plan() -> None:
    """Show what `apply` would do; changes nothing."""
    with store(load(MigrateSettings)) as client:
        _show(_plan(client))


@migrate.command("apply")
def migrate_apply() -> None:
    """Bring the tables to the state of this software. Harmless to repeat."""
    with store(load(MigrateSettings)) as client:
        todo = _plan(client)
        try:
            runner.apply(client, todo, lambda migration: out.print(f"applied {migration.name}"))
        except plans.MigrationFault as fault:
            failed(f"{fault}\nWhat was done before it stands; mend the cause and apply again.")
        if not todo.pending:
            _show(todo)


@migrate.command("status")
def migrate_status() -> None:
    """Show every migration: applied when, or pending. Exit code 1 when some are pending."""
    with store(load(MigrateSettings)) as client:
        for migration in runner.applied(client):
            out.print(f"{migration.name}: applied {migration.applied_at:%Y-%m-%d %H:%M:%S} UTC")
        pending = _plan(client).pending
        for step in pending:
            out.print(f"{step.name}: pending")
    if pending:
        raise typer.Exit(1)


def _plan(client: Client) -> plans.Plan:
    try:
        return runner.plan(client)
    except plans.MigrationFault as fault:
        failed(str(fault))


def _show(todo: plans.Plan) -> None:
    for migration in todo.pending:
        out.print(f"{migration.name}: {len(migration.statements)} statements to run")
    if todo.foreign:
        numbers = ", ".join(f"{number:04}" for number in todo.foreign)
        out.print(f"note: these tables were changed by newer software ({numbers})")
    if not todo.pending:
        out.print("nothing to do: the tables are as they should be")
