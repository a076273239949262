"""`draagvlak retention`: what was released is erased when its days are over."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from services.contracts.topics import TOPICS
from services.ingest import topics as topic_steps
from services.ingest.causes import RETENTION
from services.ingest.commands.in_clickhouse import tables
from services.ingest.commands.in_kafka import allowed, kafka_failed
from services.ingest.commands.output import failed, out
from services.ingest.retention import topics as records
from services.ingest.retention.erasing import Ballots, NotErased
from services.ingest.retention.planning import Days, due
from services.ingest.settings import RetentionSettings
from services.runtime import backups
from services.runtime.backups import BackupFault, Part
from services.runtime.clock import ClockUnavailable, campaign_clock
from services.runtime.kafka import admin as connect_admin
from services.runtime.nightly import after_every_backup
from services.runtime.settings import load

_HOUR: Final = 3600.0
_CLIENT: Final = "draagvlak-retention"
_REST_DONE: Final = "; the rest is done."

retention = typer.Typer(add_completion=False, help="Erase ballots and comments whose time is over.")


@retention.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be erased; erase nothing.")] = False,
    every_hours: Annotated[
        float | None,
        typer.Option("--every-hours", min=0.0001, help="Go on, and do it again so many hours later, until stopped."),
    ] = None,
    nightly: Annotated[
        bool, typer.Option("--nightly", help="Go on: at once, and after each backup of ClickHouse, until stopped.")
    ] = False,
) -> None:
    """Erase ballots and dead letters, comments, and records in Kafka whose time is over; then read that they are gone.

    Once a day; harmless to repeat. Exit code 1 when something that should be gone is still there. With --nightly or
    --every-hours, for where nothing else schedules it, a run that failed is told and done again an hour later.
    --nightly runs DRAAGVLAK_RETENTION_AFTER_MINUTES after a backup is due. It deletes from Kafka only where the newest
    in DRAAGVLAK_BACKUP_FOLDER has every released wave: what has been released since, Kafka alone could bring back.
    """
    settings = load(RetentionSettings)
    if nightly:
        if dry_run or every_hours is not None:
            raise typer.BadParameter("goes without --dry-run and --every-hours", param_hint="--nightly")
        pause = timedelta(minutes=settings.retention_after_minutes)
        after_every_backup(settings, pause, lambda: _run(settings, dry_run=False, needs_backup=True), out.print)
    if every_hours is None:
        _run(settings, dry_run=dry_run)
        return
    while True:
        seconds = every_hours * _HOUR
        try:
            _run(settings, dry_run=dry_run)
        except typer.Exit:
            seconds = min(seconds, _HOUR)
        time.sleep(seconds)


def _run(settings: RetentionSettings, *, dry_run: bool, needs_backup: bool = False) -> None:
    try:
        now = campaign_clock(settings).now()
    except ClockUnavailable as error:
        failed(str(error))
    with tables(settings) as client:
        ballots = Ballots(client)
        done = _erase(ballots, settings, now, dry_run=dry_run)
        if needs_backup:
            _require_backup(ballots, settings)
        done += _delete_records(ballots, settings, dry_run=dry_run)
    if not done:
        out.print("nothing to do: everything whose time is over is gone")


def _erase(ballots: Ballots, settings: RetentionSettings, now: datetime, *, dry_run: bool) -> int:
    """In ClickHouse. Gives how many things there were to erase."""
    verb = "would erase" if dry_run else "erased"
    days = Days(settings.retention_ballots_days, settings.retention_comments_days)
    done = 0
    try:
        for erasure in due(ballots.released(), now, days):
            rows = ballots.rows_of(erasure)
            if not rows:
                continue
            if not dry_run:
                ballots.erase(erasure)
            out.print(f"{verb} {erasure}, {rows:,} rows")
            done += 1
        return done + _erase_unclaimed(ballots, now, days, verb, dry_run=dry_run)
    except NotErased as error:
        failed(f"not erased: {error}. Look at system.mutations and the disk of ClickHouse, and run this again.")


def _erase_unclaimed(ballots: Ballots, now: datetime, days: Days, verb: str, *, dry_run: bool) -> int:
    today = now.astimezone(UTC).date()
    if not dry_run:
        ballots.note_unclaimed(today)
    until = today - timedelta(days=days.ballots)
    letters = len(ballots.unclaimed(until))
    if letters:
        if not dry_run:
            ballots.erase_unclaimed(until)
        out.print(f"{verb} {letters:,} dead letters of no known wave")
    left = ballots.on_disk_yet()
    if left:
        out.print(f"note: {left} replaced parts leave the disk within minutes")
    return int(bool(letters))


def _require_backup(ballots: Ballots, settings: RetentionSettings) -> None:
    """End the command where a released wave is in no backup: what Kafka has is all that could bring it back."""
    released = [wave.wave_id for wave in ballots.released()]
    if not released:
        return
    try:
        newest = backups.latest(settings.backups, Part.CLICKHOUSE)
        kept = backups.verified(newest).releases
    except BackupFault as fault:
        failed(f"{fault}: records in Kafka are kept{_REST_DONE}")
    unsaved = [wave for wave in released if wave not in kept]
    if unsaved:
        failed(f"{unsaved[-1]} is not in {newest.name}: records in Kafka are kept until a backup has it{_REST_DONE}")


def _delete_records(ballots: Ballots, settings: RetentionSettings, *, dry_run: bool) -> int:
    """In Kafka. What ingest has stored is read before the waves are: a wave that opens meanwhile loses nothing."""
    allowed(settings, _CLIENT, RETENTION, _REST_DONE)
    try:
        admin = connect_admin(settings, _CLIENT)
    except KafkaError as error:
        kafka_failed(settings, error, _REST_DONE)
    try:
        _require_topics(admin, settings)
        until = records.deletable(admin, records.stored_until(admin, settings.ingest_group))
        if not until:
            return 0
        needed = ballots.unreleased()
        if needed:
            out.print(f"note: records in Kafka are kept, since they may be needed until {needed[0]} is released")
            return 0
        if not ballots.released():
            out.print("note: records in Kafka are kept, since ClickHouse knows of no round; was it lost, restore it")
            return 0
        if dry_run:
            out.print(f"would delete the records of answers and comments in {len(until)} partitions")
            return 1
        return _deleted(admin, until)
    except KafkaError as error:
        kafka_failed(settings, error, f"{_REST_DONE} Run this again.")
    finally:
        admin.close()


def _deleted(admin: KafkaAdminClient, until: records.Ends) -> int:
    kept_for = f"the broker keeps them until they are {records.DAYS_KEPT} days old"
    try:
        records.delete(admin, until)
    except (KafkaError, records.NotDeleted) as error:
        out.print(f"note: this broker did not delete records ({type(error).__name__}): {kept_for}")
        return 0
    out.print(f"deleted the records of answers and comments in {len(until)} partitions")
    return 1


def _require_topics(admin: KafkaAdminClient, settings: RetentionSettings) -> None:
    """The broker must forget by itself what nobody deletes."""
    try:
        topic_steps.verify(admin, TOPICS.values(), settings.kafka_replication_factor, seconds=0)
    except topic_steps.TopicFault as fault:
        failed(f"the topics are not as they should be ({fault}): run `draagvlak topics apply`. The rest is done.")
