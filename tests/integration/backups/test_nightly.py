"""`draagvlak backup … create --nightly`: where nothing else schedules it, a backup a night, and the old ones gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.runtime import backups
from services.runtime.backups import BackupFault, BackupSettings, Part
from services.runtime.nightly import due_after

NEXT = "the next backup is due at"
HOUR = f"{datetime.now(UTC) - timedelta(hours=1):%H:%M}"
"""An hour before these tests began: none is due while they run."""


@contextmanager
def nightly(state: Path, **settings: str) -> Iterator[Iterator[str]]:
    """The lines that the process says, until it is ended as a container is."""
    line = [sys.executable, "-m", "services.command_line", "backup", "ledger", "create", "--nightly"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",
        "DRAAGVLAK_STATE": str(state),
        "DRAAGVLAK_BACKUP_TIMEZONE": "UTC",
        "DRAAGVLAK_BACKUP_AT": HOUR,
        **{f"DRAAGVLAK_{name}": value for name, value in settings.items()},
    }
    with subprocess.Popen(
        line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        try:
            yield iter(running.stdout)
            assert running.poll() is None, "it goes on"
        finally:
            running.terminate()
        assert running.wait(60) == -signal.SIGTERM


def names(state: Path) -> list[str]:
    return sorted(path.name for path in (state / "backups").iterdir())


def test_the_first_is_made_at_once_and_the_next_at_its_hour(tmp_path: Path) -> None:
    with nightly(tmp_path) as said:
        made, due = next(said), next(said)
    assert "no wave key; read back and whole" in made
    assert len(names(tmp_path)) == 1
    assert due.startswith(NEXT)
    assert due.endswith(f"{HOUR} UTC\n")
    with nightly(tmp_path) as said:
        assert next(said) == due, "a restart makes none"
    at = datetime.now(UTC) + timedelta(seconds=4)
    with nightly(tmp_path, BACKUP_AT=f"{at:%H:%M:%S}") as said:
        assert any("read back and whole" in line for line in said)
    first, second = names(tmp_path)
    assert second >= f"ledger-{at:%Y%m%dT%H%M%SZ}" > first


def test_a_machine_that_slept_makes_it_when_it_wakes_and_old_ones_go(tmp_path: Path) -> None:
    with nightly(tmp_path) as said:
        next(said)
    (made,) = (tmp_path / "backups").iterdir()
    for days in (2, 20):
        old = made.with_name(f"ledger-{datetime.now(UTC) - timedelta(days=days):%Y%m%dT%H%M%SZ}")
        made = made.rename(old)
        with nightly(tmp_path, BACKUP_DAYS="14") as said:
            assert "read back and whole" in next(said)
            if days == 20:
                assert next(said) == f"removed {old.name}\n"
        made = max((tmp_path / "backups").iterdir())
    assert len(names(tmp_path)) == 2
    assert old.name not in names(tmp_path), "of twenty days ago"


def test_one_that_failed_is_told_and_the_process_goes_on(tmp_path: Path) -> None:
    (tmp_path / "full").touch()
    with nightly(tmp_path, BACKUP_FOLDER=str(tmp_path / "full" / "backups")) as said:
        assert "DRAAGVLAK_BACKUP_FOLDER" in next(said)
        assert next(said) == "it is tried again in an hour\n"


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-01-10T00:59:59+00:00", "2026-01-10T01:30:00+00:00"),
        ("2026-01-10T01:30:00+00:00", "2026-01-11T01:30:00+00:00"),
        ("2026-07-10T12:00:00+00:00", "2026-07-11T00:30:00+00:00"),
        ("2026-03-28T12:00:00+00:00", "2026-03-29T01:30:00+00:00"),  # there is no 2:30 that night
        ("2026-10-24T12:00:00+00:00", "2026-10-25T00:30:00+00:00"),  # there are two
        ("2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"),
    ],
)
def test_the_hour_is_the_organisations_own_also_when_clocks_are_moved(moment: str, due: str) -> None:
    settings = BackupSettings.model_validate({"backup_at": "02:30", "backup_timezone": "Europe/Amsterdam"})
    assert due_after(datetime.fromisoformat(moment), settings) == datetime.fromisoformat(due)


def test_what_is_read_back_as_another_is_no_backup(tmp_path: Path) -> None:
    def written(spoil: bool) -> None:
        with backups.writing(tmp_path, Part.LEDGER, "0001") as draft:
            draft.add("member.jsonl", [b"one\n"], rows=1, columns=("member",))
            if spoil:
                (draft.folder / "member.jsonl").write_bytes(b"two\n")

    with pytest.raises(BackupFault, match=r"member\.jsonl is damaged"):
        written(spoil=True)
    assert backups.newest_at(tmp_path, Part.LEDGER) is None, "so it is tried again"
    written(spoil=False)
    assert [path.name.count("unfinished") for path in tmp_path.iterdir()] == [0]
