"""`draagvlak backup clickhouse`: what was released, and the facts around it."""

from contextlib import ExitStack
from typing import Annotated

import typer
from kafka.errors import KafkaError

from services.ingest.backing_up import creating, replay, restoring
from services.ingest.commands.in_clickhouse import store
from services.ingest.commands.in_kafka import kafka_failed
from services.ingest.commands.output import failed, out
from services.ingest.commands.progress import teller
from services.ingest.settings import BackUpClickHouseSettings, RestoreClickHouseSettings
from services.runtime import backups
from services.runtime.backups import BackupFault, Part
from services.runtime.kafka import admin as connect_admin
from services.runtime.nightly import NIGHTLY, every_night
from services.runtime.settings import load

backup = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="What was released, and the facts around it: never a ballot or a comment.",
)


@backup.command()
def create(
    nightly: Annotated[bool, typer.Option("--nightly", help=NIGHTLY)] = False,
) -> None:
    """Write a backup of ClickHouse, and remove those that are older than DRAAGVLAK_BACKUP_DAYS."""
    settings = load(BackUpClickHouseSettings)
    if nightly:
        every_night(settings, Part.CLICKHOUSE, lambda: _create(settings), out.print)
    else:
        _create(settings)


def _create(settings: BackUpClickHouseSettings) -> None:
    with ExitStack() as stack:
        client = stack.enter_context(store(settings))
        try:
            made = creating.create(client, settings.backups, teller(stack))
            waves = len(backups.sealed(made).releases)
        except BackupFault as fault:
            failed(str(fault))
    out.print(f"{made.name}: {waves} released waves, read back and whole")
    for name in backups.remove_old(settings.backups, settings.backup_days):
        out.print(f"removed {name}")


@backup.command()
def restore(
    name: Annotated[str | None, typer.Argument(metavar="[BACKUP]", help="Its name; else the newest.")] = None,
    without_kafka: Annotated[
        bool, typer.Option("--without-kafka", help="Kafka is lost too: waves that were not released are not either.")
    ] = False,
) -> None:
    """Bring a backup of ClickHouse back into empty tables, while ingest is stopped; then ingest reads Kafka again.

    Refused where tables hold rows, and for a backup of which a single byte is another.
    """
    settings = load(RestoreClickHouseSettings)
    try:
        folder = backups.named(settings.backups, Part.CLICKHOUSE, name)
        manifest = backups.verified(folder)
        with ExitStack() as stack:
            client = stack.enter_context(store(settings))
            restoring.refuse_unfit(client, manifest)
            admin = None if without_kafka else connect_admin(settings, "draagvlak-restore")
            if admin is not None:
                stack.callback(admin.close)
                replay.refuse_running(admin, settings.ingest_group)
            restoring.restore(client, folder, manifest, teller(stack))
            partitions = replay.from_the_beginning(admin, settings.ingest_group) if admin is not None else 0
    except BackupFault as fault:
        failed(str(fault))
    except KafkaError as error:
        kafka_failed(settings, error, ". If it is lost as well: restore with --without-kafka")
    out.print(f"restored {folder.name}: {len(manifest.releases)} releases, each with the hash that was published")
    if partitions:
        out.print(f"ingest will read {partitions} partitions of Kafka from the beginning: start it now")
