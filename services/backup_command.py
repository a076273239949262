"""`draagvlak backup`: what both kinds of backup share. Each part's own commands are imported only when called.

ClickHouse and the ledger are backed up by two commands with two sets of rights: no process needs to read both.
"""

from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console

from services.runtime import backups
from services.runtime.backups import BackupFault, BackupSettings, Part
from services.runtime.lazy_commands import Commands, lazy
from services.runtime.settings import load

PARTS: Final[Commands] = {
    Part.CLICKHOUSE: ("services.ingest.commands.backup:backup", "What was released, and the facts around it."),
    Part.LEDGER: ("services.pulse_bot.commands.backup:backup", "Who was asked and who answered, without wave keys."),
}
_out = Console(highlight=False, soft_wrap=True, markup=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


backup = typer.Typer(
    add_completion=False,
    cls=lazy(PARTS),
    no_args_is_help=True,
    help="Back up and restore: what was released, and the ledger without wave keys.",
)


@backup.command("list")
def show() -> None:
    """Look through every backup, byte by byte. Exit code 1 when one is damaged."""
    settings = load(BackupSettings)
    found = backups.listed(settings.backups)
    for one in found:
        if one.manifest is None:
            _out.print(f"{one.path.name}: NOT USABLE: {one.fault}")
            continue
        size = sum(file.bytes for file in one.manifest.files)
        released = f", {len(one.manifest.releases)} released waves" if one.manifest.part is Part.CLICKHOUSE else ""
        _out.print(f"{one.path.name}: whole, {size:,} bytes, tables of {one.manifest.revision}{released}")
    if not found:
        _out.print(f"there is no backup in {settings.backups}")
    if any(one.fault for one in found):
        raise typer.Exit(1)


@backup.command()
def verify(name: Annotated[str, typer.Argument(metavar="BACKUP", help="Its name, as `list` shows it.")]) -> None:
    """Look through one backup, byte by byte. Exit code 1 when anything is missing, damaged or too much."""
    settings = load(BackupSettings)
    try:
        part = Part(name.rsplit("/", 1)[-1].partition("-")[0])
    except ValueError:
        _failed(f"{name} is not the name of a backup; `draagvlak backup list` shows those there are")
    try:
        manifest = backups.verified(backups.named(settings.backups, part, name))
    except BackupFault as fault:
        _failed(str(fault))
    _out.print(f"{name}: whole, {len(manifest.files)} files")


@backup.command()
def prune() -> None:
    """Remove backups older than DRAAGVLAK_BACKUP_DAYS; `create` does it too."""
    settings = load(BackupSettings)
    gone = backups.remove_old(settings.backups, settings.backup_days)
    for name in gone:
        _out.print(f"removed {name}")
    if not gone:
        _out.print(f"nothing to do: no backup is older than {settings.backup_days} days")


def _failed(sentence: str) -> NoReturn:
    _err.print(sentence)
    raise typer.Exit(1)
