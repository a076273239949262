"""`draagvlak migrate`: the tables."""

from typing import Annotated

import typer
from clickhouse_connect.driver.client import Client

from services.ingest.commands.in_clickhouse import store
from services.ingest.commands.output import failed, out
from services.ingest.migrating import passwords, runner
from services.ingest.migrating import plan as plans
from services.ingest.settings import MigrateSettings
from services.runtime.settings import load

migrate = typer.Typer(add_completion=False, no_args_is_help=True, help="Create and change the tables of ClickHouse.")


@migrate.command("plan")
def migrate_plan(
    statements: Annotated[bool, typer.Option("--sql", help="Print the statements too, as they would run.")] = False,
) -> None:
    """Show what `apply` would do; changes nothing. With --sql every statement as it would run."""
    settings = load(MigrateSettings)
    with store(settings) as client:
        todo = _plan(client)
    _show(todo)
    for migration in todo.pending if statements else ():
        out.print(f"\n-- {migration.name}")
        for statement in _rendered(migration, settings.clickhouse_cluster):
            out.print(f"{statement};")


@migrate.command("apply")
def migrate_apply() -> None:
    """Bring the tables to the state of this software, and give users their passwords. Harmless to repeat."""
    settings = load(MigrateSettings)
    hashes = passwords.read(settings.clickhouse_passwords) if settings.clickhouse_passwords else {}
    with store(settings) as client:
        todo = _plan(client)
        try:
            runner.apply(client, todo, _applied, settings.clickhouse_cluster)
        except plans.MigrationFault as fault:
            failed(f"{fault}\nWhat was done before it stands; mend the cause and apply again.")
        if not todo.pending:
            _show(todo)
        if hashes:
            passwords.give(client, hashes, out.print, settings.clickhouse_cluster)


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


def _applied(migration: plans.Migration) -> None:
    out.print(f"applied {migration.name}")


def _rendered(migration: plans.Migration, cluster: str | None) -> tuple[str, ...]:
    try:
        return runner.rendered(migration, cluster)
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
