"""A ledger of SQLite is its owner's alone, wherever it lies, and the doctor sees where it is not."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.pulse_bot.ledger.store import Ledger
from tests.files import put
from tests.low_ports import low_port

CAMPAIGN = Path("surveys/zorg.yaml")


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """The usual one: what is made is readable by everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_no_file_of_a_ledger_is_readable_by_others_also_in_a_folder_that_is(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir(mode=0o755)
    ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
    try:
        assert modes(folder) == {"ledger.sqlite": 0o600, "ledger.sqlite-wal": 0o600, "ledger.sqlite-shm": 0o600}
    finally:
        ledger.close()


def test_the_doctor_finds_a_fresh_ledger_private_and_tells_of_a_wide_one(tmp_path: Path) -> None:
    put(tmp_path / "secret", "a secret", 0o600)
    secret = str(tmp_path / "secret")
    environment = os.environ | {
        "DRAAGVLAK_STATE": str(tmp_path / "state"),
        "DRAAGVLAK_KAFKA_BOOTSTRAP": f"127.0.0.1:{low_port()}",
        "DRAAGVLAK_SLACK_API_URL": f"http://127.0.0.1:{low_port()}/api/",
        "DRAAGVLAK_SLACK_BOT_TOKEN_FILE": secret,
        "DRAAGVLAK_SLACK_SIGNING_SECRET_FILE": secret,
    }

    def draagvlak(*words: str) -> str:
        command = (sys.executable, "-m", "services.command_line", *words)
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=120)
        return done.stdout

    def found() -> list[tuple[str, str]]:
        told = json.loads(draagvlak("doctor", "--json", "--for", "pulse-bot"))["findings"]
        return [(one["status"], one["detail"].rpartition("/")[2]) for one in told if one["subject"] == "ledger"]

    assert "zorg-w01" in draagvlak("waves", "plan", "--campaign", str(CAMPAIGN))
    ((status, _),) = found()
    assert status == "right"
    path = tmp_path / "state" / "ledger" / "ledger.sqlite"
    path.chmod(0o644)
    assert ("wrong", "ledger.sqlite has mode 0644: everybody on this machine may read it") in found()
