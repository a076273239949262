"""A command says one sentence where its ledger or its clock is of no use, and never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from typer.testing import CliRunner

from services.command_line import application
from services.pulse_bot.ledger.writer import Operation
from services.pulse_bot.waves import steering
from tests.low_ports import low_port
from tests.postgres import Postgres

CAMPAIGN = str(Path("surveys/zorg.yaml"))
UNTIL = ("--until", "2030-01-01T09:00:00")


def draagvlak(folder: Path, *words: str, **more: str) -> tuple[int, list[str]]:
    """The exit code, and the lines of a command's errors."""
    for name in ("token", "signing"):
        (folder / name).write_text("a secret")
    done = subprocess.run(
        (sys.executable, "-m", "services.command_line", *words),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ
        | {
            "DRAAGVLAK_STATE": str(folder / "state"),
            "DRAAGVLAK_BACKUPS": str(folder / "backups"),
            "DRAAGVLAK_BOT_PORT": str(low_port()),
            "DRAAGVLAK_CAMPAIGN_FILE": CAMPAIGN,
            "DRAAGVLAK_KAFKA_BOOTSTRAP": f"127.0.0.1:{low_port()}",
            "DRAAGVLAK_SLACK_API_URL": f"http://127.0.0.1:{low_port()}/api/",
            "DRAAGVLAK_SLACK_BOT_TOKEN_FILE": str(folder / "token"),
            "DRAAGVLAK_SLACK_SIGNING_SECRET_FILE": str(folder / "signing"),
            **more,
        },
    )
    return done.returncode, done.stderr.splitlines()


def ledger_in(folder: Path) -> Path:
    return folder / "state" / "ledger" / "ledger.sqlite"


COMMANDS = [
    ("waves", "plan"),
    ("waves", "stop", "zorg-w01", "--by", "U1"),
    ("waves", "close", "zorg-w01"),
    ("waves", "tick"),
    ("roster", "sync"),
    ("forget", "U1"),
    ("backup", "ledger", "create"),
    ("bot",),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_file_that_is_no_ledger_is_said_in_one_sentence(tmp_path: Path, words: tuple[str, ...]) -> None:
    path = ledger_in(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text("this is a letter to somebody else, and no database at all\n" * 200)
    code, said = draagvlak(tmp_path, *words)
    assert code == 1
    assert said[-1].endswith("ledger.sqlite cannot be used: file is not a database")
    assert not [line for line in said if "Traceback" in line]


def test_a_ledger_that_is_damaged_further_on_is_said_in_one_sentence(tmp_path: Path) -> None:
    assert draagvlak(tmp_path, "waves", "plan")[0] == 0
    path = ledger_in(tmp_path)
    whole = path.read_bytes()
    start = 24 * 1024
    path.write_bytes(whole[:start] + bytes(255 for _ in whole[start:]))
    code, said = draagvlak(tmp_path, "waves", "plan")
    assert (code, len(said)) == (1, 1), said
    assert said[0].endswith("cannot be used: database disk image is malformed")


def test_a_campaign_clock_that_is_away_is_said_in_one_sentence(tmp_path: Path) -> None:
    assert draagvlak(tmp_path, "waves", "plan")[0] == 0
    (tmp_path / "clock").write_text("a token")
    away = {
        "DRAAGVLAK_CLOCK_URL": f"http://127.0.0.1:{low_port()}/clock",
        "DRAAGVLAK_CLOCK_TOKEN_FILE": str(tmp_path / "clock"),
    }
    code, said = draagvlak(tmp_path, "waves", "extend", "zorg-w01", "--by", "U1", *UNTIL, **away)
    assert (code, len(said)) == (1, 1), said
    assert said[0].startswith("the campaign clock at http://127.0.0.1")


@pytest.mark.needs("postgresql")
def test_a_ledger_that_goes_away_is_said_in_one_sentence(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(_wave_id: str, _by: str) -> Operation[None]:
        def operation(connection: Connection) -> None:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        return operation

    monkeypatch.setattr(steering, "stop", cut)
    given = {"DRAAGVLAK_STATE": str(tmp_path), "DRAAGVLAK_LEDGER_URL": postgres.new_database()}
    done = CliRunner().invoke(application, ["waves", "stop", "zorg-w01", "--by", "U1"], env=given)
    assert done.exit_code == 1
    assert "the ledger's database does not answer" in done.output
    assert len(done.output.splitlines()) == 1
