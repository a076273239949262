"""The tree killed in the middle of a wave: nothing lives on, and `KEEP=1` comes up and says what was in flight."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import clickhouse_connect
import httpx
import psutil
import pytest

from sandbox import store as stores
from sandbox.clock import CampaignClock
from tests.low_ports import free_port_base, low_port

pytestmark = [pytest.mark.timeout(1_200), pytest.mark.needs("linux")]

COMMAND = [sys.executable, "-m", "services.command_line", "demo"]
T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, seconds: float = 240.0) -> T:
    """The first truthy value of the condition."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come about within {seconds:.0f} s"
        time.sleep(0.1)
    return value


def of_state(state: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("DRAAGVLAK_STATE") == str(state):
            found.append(process)
    return found


def send(number: signal.Signals, processes: Sequence[psutil.Process]) -> None:
    """To each that is still there."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    state = tmp_path / "state"
    yield {
        **os.environ,
        "DRAAGVLAK_STATE": str(state),
        "DRAAGVLAK_PORT_BASE": str(free_port_base()),
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
    }
    send(signal.SIGKILL, of_state(state))


def answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.HTTPError:
        return False


def answers_stored(environment: dict[str, str], state: Path) -> int:
    password = state / "secrets" / "clickhouse_admin"
    if not password.exists():
        return 0
    try:
        client = clickhouse_connect.get_client(
            host="127.0.0.1",
            port=int(environment["DRAAGVLAK_PORT_BASE"]) + 4,
            username="admin",
            password=password.read_text().strip(),
        )
        return int(client.command("SELECT count() FROM pulse_ballots.answers"))
    except Exception:
        return 0  # not up yet: the caller waits on


def open_waves(state: Path) -> list[str]:
    """Those of the ledger whose time is not over."""
    now = CampaignClock(state / "workspace").now()
    with closing(sqlite3.connect(state / "ledger" / "ledger.sqlite")) as ledger:
        found = ledger.execute("SELECT id, closes_at FROM wave WHERE state = 'open'").fetchall()
    return [wave for wave, closes_at in found if datetime.fromisoformat(closes_at).replace(tzinfo=UTC) > now]


def stopped_in_a_wave(environment: dict[str, str], state: Path) -> list[str]:
    """The wave that is open once twenty answers are stored. Then every process stands still: it stays open."""
    if answers_stored(environment, state) < 20:
        return []
    send(signal.SIGSTOP, of_state(state))
    if waves := open_waves(state):
        return waves
    send(signal.SIGCONT, of_state(state))
    return []


@pytest.mark.parametrize("whole_tree", [True, False], ids=["every process at once", "the supervisor alone"])
def test_a_kill_in_the_middle_of_a_wave(environment: dict[str, str], tmp_path: Path, whole_tree: bool) -> None:
    state = tmp_path / "state"
    with (tmp_path / "first").open("w") as output:
        first = subprocess.Popen(COMMAND, env=environment, stdout=output, stderr=subprocess.STDOUT)
        (wave,) = wait_until(lambda: stopped_in_a_wave(environment, state), "twenty answers in the store")
        tree = of_state(state)
        send(signal.SIGKILL, tree if whole_tree else [psutil.Process(first.pid)])
        send(signal.SIGCONT, tree)
        first.wait()
    wait_until(lambda: not of_state(state), "the end of every process", 90)

    kept = tmp_path / "kept"
    with kept.open("w") as output:
        second = subprocess.Popen([*COMMAND, "--keep"], env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: "Open http" in kept.read_text() or second.poll() is not None, "the second start")
            said = kept.read_text()
            assert second.poll() is None, said
            assert "did not end in order" in said
            assert "not stored yet are lost" in said
            assert wave in said, "it names the wave that was open"
            base = int(environment["DRAAGVLAK_PORT_BASE"])
            for port, path in ((0, "/healthz"), (1, "/healthz/ready"), (2, "/healthz/ready"), (3, "/healthz/ready")):
                wait_until(partial(answers, f"http://127.0.0.1:{base + port}{path}"), f"port {port}")
        finally:
            second.send_signal(signal.SIGINT)
            second.wait(150)
    assert second.returncode == 0, kept.read_text()
    assert not of_state(state)

    with stores.running(state / "store", port=low_port()) as address:
        client = clickhouse_connect.get_client(**address.connect())
        half_written = client.query(
            "SELECT wave_id FROM pulse_facts.waves FINAL WHERE wave_id NOT IN"
            " (SELECT wave_id FROM pulse_facts.nodes WHERE parent = '')"
        ).result_rows
        assert half_written == [], "a wave's row is written after all that belongs to it"
        assert client.command("SELECT count() FROM pulse_ballots.answers") >= 20, "what was stored stays"
