"""The commands of ingest: the tables, the topics, the consumer, dead letters, imports."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from kafka.errors import KafkaError
from rich.console import Console

from services.contracts.topics import TOPICS
from services.ingest import topics as topic_steps
from services.ingest.migrating import plan as plans
from services.ingest.migrating import runner
from services.ingest.settings import IngestSettings, MigrateSettings
from services.runtime import logs
from services.runtime.clickhouse import client as connect
from services.runtime.kafka import admin as connect_admin
from services.runtime.settings import ClickHouseSettings, load

_out = Console(highlight=False, soft_wrap=True, markup=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

migrate = typer.Typer(no_args_is_help=True, help="Create and change the tables of ClickHouse.")
ingest = typer.Typer(help="Run the consumer from Kafka into ClickHouse.")
topics = typer.Typer(no_args_is_help=True, help="Create the topics of Kafka.")


def failed(sentence: str) -> NoReturn:
    """Say what went wrong and end with exit code 1."""
    _err.print(sentence)
    raise typer.Exit(1)


@contextmanager
def store(settings: ClickHouseSettings) -> Iterator[Client]:
    """A connection to ClickHouse whose faults end the command with one sentence."""
    where = f"ClickHouse at {settings.clickhouse_host}:{settings.clickhouse_port}"
    try:
        with connect(settings) as client:
            yield client
    except ClickHouseError as error:
        failed(f"{where}: {' '.join(str(error).split())}")


@ingest.command()
def run() -> None:
    """Take records in until told to stop (SIGTERM or Ctrl-C). Exit code 1 when somebody must look."""
    from services.ingest import process  # noqa: PLC0415 - the other commands need none of it

    settings = load(IngestSettings)
    logs.configure(settings, "ingest")
    failure = process.run(settings)
    if failure is not None:
        failed(failure)


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
            runner.apply(client, todo, lambda migration: _out.print(f"applied {migration.name}"))
        except plans.MigrationFault as fault:
            failed(f"{fault}\nWhat was done before it stands; mend the cause and apply again.")
        if not todo.pending:
            _show(todo)


@migrate.command("status")
def migrate_status() -> None:
    """Show every migration: applied when, or pending. Exit code 1 when some are pending."""
    with store(load(MigrateSettings)) as client:
        for migration in runner.applied(client):
            _out.print(f"{migration.name}: applied {migration.applied_at:%Y-%m-%d %H:%M:%S} UTC")
        pending = _plan(client).pending
        for step in pending:
            _out.print(f"{step.name}: pending")
    if pending:
        raise typer.Exit(1)


@topics.callback()
def _topics() -> None:
    """Keeps `apply` a command of its own: typer would fold a single one into the group."""


@topics.command("apply")
def topics_apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")] = False,
) -> None:
    """Create the topics and set how long they keep records. Harmless to repeat."""
    settings = load(IngestSettings)
    try:
        admin = connect_admin(settings, "draagvlak-topics")
    except KafkaError as error:
        failed(f"Kafka at {settings.kafka_bootstrap} cannot be reached: {error}")
    try:
        todo = topic_steps.plan(admin, TOPICS.values())
        remarks = list(todo.remarks)
        if dry_run:
            for step in todo.steps:
                _out.print(f"would {step}")
        else:
            factor = settings.kafka_replication_factor
            remarks += topic_steps.apply(admin, todo.steps, factor, lambda step: _out.print(str(step)))
        for remark in remarks:
            _out.print(f"note: {remark}")
        if not todo.steps:
            _out.print("nothing to do: every topic is as it should be")
    except (topic_steps.TopicFault, KafkaError) as fault:
        failed(str(fault))
    finally:
        admin.close()


def _plan(client: Client) -> plans.Plan:
    try:
        return runner.plan(client)
    except plans.MigrationFault as fault:
        failed(str(fault))


def _show(todo: plans.Plan) -> None:
    for migration in todo.pending:
        _out.print(f"{migration.name}: {len(migration.statements)} statements to run")
    if todo.foreign:
        numbers = ", ".join(f"{number:04}" for number in todo.foreign)
        _out.print(f"note: these tables were changed by newer software ({numbers})")
    if not todo.pending:
        _out.print("nothing to do: the tables are as they should be")
