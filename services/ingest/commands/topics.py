"""`draagvlak topics`: the topics, and who may do what with them."""

from typing import Annotated

import typer
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from services.contracts.topics import TOPICS
from services.ingest import rights as users
from services.ingest import topics as topic_steps
from services.ingest.commands.in_kafka import kafka_failed
from services.ingest.commands.output import failed, out
from services.ingest.settings import TopicsSettings
from services.runtime.kafka import admin as connect_admin
from services.runtime.settings import load

topics = typer.Typer(add_completion=False, no_args_is_help=True, help="Create the topics of Kafka.")


@topics.callback()
def _topics() -> None:
    """Keeps `apply` a command of its own: typer would fold a single one into the group."""


@topics.command("apply")
def topics_apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")] = False,
    rights: Annotated[
        bool,
        typer.Option(
            "--rights",
            help="Also give each user its rights, and take away what it has beyond them: for a Kafka of our own.",
        ),
    ] = False,
    also_others: Annotated[
        bool,
        typer.Option(
            "--also-others",
            help="With --rights: also take from everybody else what lets them read or change answers and comments.",
        ),
    ] = False,
) -> None:
    """Create the topics and set how long they keep records. Harmless to repeat.

    With --rights the exit code is 1 as long as anybody else may read or change answers, comments or what ingest has
    read of them.
    """
    if also_others and not rights:
        raise typer.BadParameter("goes with --rights", param_hint="--also-others")
    settings = load(TopicsSettings)
    try:
        admin = connect_admin(settings, "draagvlak-topics")
    except KafkaError as error:
        kafka_failed(settings, error)
    try:
        _topics_of(admin, settings.kafka_replication_factor, dry_run=dry_run)
        if rights:
            _rights_of(admin, settings.ingest_group, dry_run=dry_run, also_others=also_others)
    except (topic_steps.TopicFault, users.RightsFault, KafkaError) as fault:
        failed(str(fault))
    finally:
        admin.close()


def _topics_of(admin: KafkaAdminClient, factor: int, *, dry_run: bool) -> None:
    todo = topic_steps.plan(admin, TOPICS.values(), factor)
    remarks = list(todo.remarks)
    if dry_run:
        for step in todo.steps:
            out.print(f"would {step}")
    else:
        remarks += topic_steps.apply(admin, todo.steps, factor, lambda step: out.print(str(step)))
        topic_steps.verify(admin, TOPICS.values(), factor)
    for remark in remarks:
        out.print(f"note: {remark}")
    if not todo.steps:
        out.print("nothing to do: every topic is as it should be")


def _rights_of(admin: KafkaAdminClient, group: str, *, dry_run: bool, also_others: bool) -> None:
    """Raises RightsFault where others may read or change what people said, after everything else is done."""
    todo = users.plan(admin, group, also_others=also_others)
    if dry_run:
        for step in todo.steps:
            out.print(f"would {step}")
    else:
        users.apply(admin, todo, out.print)
        users.verify(admin, group, also_others=also_others)
    for remark in todo.remarks:
        out.print(f"note: {remark}")
    if todo.faults:
        raise users.RightsFault(
            f"others may read or change answers and comments. {'. '.join(todo.faults)}. To take these away: "
            "`draagvlak topics apply --rights --also-others`"
        )
    if not todo.steps:
        out.print(f"nothing to do: every user has its rights{'' if todo.remarks else ' and no others'}")
