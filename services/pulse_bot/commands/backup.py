"""`draagvlak backup ledger`. Exit codes: 0 done, 1 failed, 2 wrong use or settings."""

from typing import Annotated

import typer

from services.pulse_bot.backing_up import creating, restoring, told
from services.pulse_bot.commands.output import fail, opened_ledger, say
from services.pulse_bot.ledger.key_places import wave_keys
from services.pulse_bot.ledger.writer import LedgerAway
from services.pulse_bot.settings import LedgerSettings
from services.runtime import backups
from services.runtime.backups import BackupFault, BackupSettings, Part
from services.runtime.clock import ClockUnavailable, campaign_clock
from services.runtime.nightly import NIGHTLY, every_night
from services.runtime.settings import KafkaSettings, load

backup = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="The ledger: campaigns, people's choices; no key, and no answered flag.",
)


class BackUpLedgerSettings(BackupSettings, LedgerSettings):
    """What `draagvlak backup ledger create` needs."""


class RestoreLedgerSettings(BackUpLedgerSettings, KafkaSettings):
    """What `draagvlak backup ledger restore` needs: a user of Kafka that may read the topic of waves."""


@backup.command()
def create(
    nightly: Annotated[bool, typer.Option("--nightly", help=NIGHTLY)] = False,
) -> None:
    """Write a backup of the ledger, while the bot runs, and remove those older than DRAAGVLAK_BACKUP_DAYS."""
    settings = load(BackUpLedgerSettings)
    if nightly:
        every_night(settings, Part.LEDGER, lambda: _create(settings), say)
    else:
        _create(settings)


def _create(settings: BackUpLedgerSettings) -> None:
    with opened_ledger(settings) as ledger:
        try:
            made = creating.create(ledger, settings.backups)
            manifest = backups.sealed(made)
        except (BackupFault, LedgerAway) as fault:
            fail(str(fault))
    say(f"{made.name}: {sum(file.rows for file in manifest.files)} rows, no wave key; read back and whole")
    for name in backups.remove_old(settings.backups, settings.backup_days):
        say(f"removed {name}")


@backup.command()
def restore(
    name: Annotated[str | None, typer.Argument(metavar="[BACKUP]", help="Its name; else the newest.")] = None,
    without_kafka: Annotated[
        bool, typer.Option("--without-kafka", help="Kafka is lost too: every wave whose time has come is over.")
    ] = False,
) -> None:
    """Bring a backup of the ledger back into an empty one, while no bot runs. Also from SQLite to PostgreSQL.

    A wave that was open closes at once: its key is in no backup. Nobody is asked twice.
    """
    settings = load(RestoreLedgerSettings)
    try:
        folder = backups.named(settings.backups, Part.LEDGER, name)
        rows = restoring.rows_in(folder, backups.verified(folder))
        forgotten = restoring.forgotten_since(settings.backups, folder)
        since = None if without_kafka else told.read(settings)
        now = campaign_clock(settings).now()
        with opened_ledger(settings) as ledger:
            done = ledger.write_now(restoring.restore(rows, forgotten, since, now))
            keys = wave_keys(ledger, settings.ledger_folder / "keys")
            for wave_id in done.closing + done.closed + done.skipped:
                keys.destroy(wave_id)  # one that outlived its ledger is of no use: the revisions are gone
    except (BackupFault, LedgerAway, ClockUnavailable) as fault:
        fail(str(fault))
    _tell(folder.name, done)


def _tell(name: str, done: restoring.Restored) -> None:
    say(f"restored {name}")
    for wave_id in done.closing:
        say(f"{wave_id} was open: its key is gone, so the bot closes it at once with the answers that are in Kafka")
    for wave_id in done.closed:
        say(f"{wave_id} was closed since the backup")
    for wave_id in done.skipped:
        say(f"{wave_id} is left out: nobody can tell whether it was opened since the backup")
    for wave_id in done.unknown:
        say(f"note: {wave_id} was opened since, by a campaign that the backup does not know; do not plan it again")
    if done.forgotten:
        say(f"{done.forgotten} people who asked to be forgotten stay so; repeat `draagvlak forget` for later ones")
    if done.uncertain:
        say(f"{done.uncertain} posts may or may not stand in their channels: champions see them in /pulse admin")
    say("now: start the bot, then `draagvlak roster sync`")
