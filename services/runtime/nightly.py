"""A backup a day at a set hour, and what comes after it, where nothing else schedules them.

The backups that are there tell when the next is due.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import typer

from services.runtime import backups
from services.runtime.backups import BackupSettings, Part

NIGHTLY: Final = "Go on: one every day at DRAAGVLAK_BACKUP_AT, and at once where the last is older, until stopped."
"""What the option says of itself."""

_RETRY_SECONDS: Final = 3600.0
_LOOK_SECONDS: Final = 60.0
"""How long to sleep at most: a clock that is set, or a machine that slept, delays nothing for longer."""


def due_after(moment: datetime, settings: BackupSettings) -> datetime:
    """The first time after ``moment`` at which a backup is due; UTC."""
    zone = ZoneInfo(settings.backup_timezone)
    day = moment.astimezone(zone).date()
    due = datetime.combine(day, settings.backup_at, zone).astimezone(UTC)
    if due <= moment:
        due = datetime.combine(day + timedelta(days=1), settings.backup_at, zone).astimezone(UTC)
    return due


def every_night(settings: BackupSettings, part: Part, create: Callable[[], None], tell: Callable[[str], None]) -> None:
    """Call ``create`` whenever a backup is due, until the process ends: at once where the last one is too old.

    A ``create`` that failed, with typer.Exit, is called again an hour later.
    """
    while True:
        newest = backups.newest_at(settings.backups, part)
        due = due_after(newest, settings) if newest is not None else datetime.now(UTC)
        if due > datetime.now(UTC):
            tell(f"the next backup is due at {_local(due, settings)}")
        _wait_until(due)
        if not _went_well(create, tell):
            time.sleep(_RETRY_SECONDS)


def after_every_backup(
    settings: BackupSettings, pause: timedelta, run: Callable[[], None], tell: Callable[[str], None]
) -> None:
    """Call ``run`` at once, and each time that a backup has been due for as long as ``pause``; until the process ends.

    On a machine that slept, the pause begins when it wakes, as the backup does. A ``run`` that failed, with typer.Exit,
    is called again each hour.
    """
    while True:
        while not _went_well(run, tell):
            time.sleep(_RETRY_SECONDS)
        due = due_after(datetime.now(UTC), settings)
        tell(f"the next run is {pause.total_seconds() / 60:g} minutes after {_local(due, settings)}")
        _wait_until(due)
        time.sleep(pause.total_seconds())


def _went_well(run: Callable[[], None], tell: Callable[[str], None]) -> bool:
    try:
        run()
    except typer.Exit:
        tell("it is tried again in an hour")
        return False
    return True


def _wait_until(due: datetime) -> None:
    while (left := (due - datetime.now(UTC)).total_seconds()) > 0:
        time.sleep(min(left, _LOOK_SECONDS))


def _local(due: datetime, settings: BackupSettings) -> str:
    return f"{due.astimezone(ZoneInfo(settings.backup_timezone)):%Y-%m-%d %H:%M %Z}"
