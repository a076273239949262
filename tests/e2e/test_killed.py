"""The tree killed in the middle of a wave: nothing lives on, and `KEEP=1` comes up and says what was in flight."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import clickhouse_connect
import httpx
import psutil
import pytest

from sandbox import store as stores
from tests.low_ports import free_port_base

pytestmark = [pytest.mark.timeout(400), pytest.mark.needs("linux")]

COMMAND = [sys.executable, "-m", "services.command_line", "demo"]


def wait_until(condition: Callable[[], object], what: str, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about within {seconds:.0f} s"
        time.sleep(0.1)


def of_state(state: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("DRAAGVLAK_STATE") == str(state):
            found.append(process)
    return found


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
    for process in of_state(state):
        process.kill()


def answers(url: str) -> bool:
    return httpx.get(url).is_success


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


@pytest.mark.parametrize("whole_tree", [True, False], ids=["every process at once", "the supervisor alone"])
def test_a_kill_in_the_middle_of_a_wave(environment: dict[str, str], tmp_path: Path, whole_tree: bool) -> None:
    state = tmp_path / "state"
    with (tmp_path / "first").open("w") as output:
        first = subprocess.Popen(COMMAND, env=environment, stdout=output, stderr=subprocess.STDOUT)
        wait_until(lambda: answers_stored(environment, state) >= 20, "twenty answers in the store")
        victims = of_state(state) if whole_tree else [psutil.Process(first.pid)]
        for process in victims:
            process.kill()
        first.wait()
    wait_until(lambda: not of_state(state), "the end of every process", 40)

    kept = tmp_path / "kept"
    with kept.open("w") as output:
        second = subprocess.Popen([*COMMAND, "--keep"], env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: "Open http" in kept.read_text() or second.poll() is not None, "the second start")
            said = kept.read_text()
            assert second.poll() is None, said
            assert "did not end in order" in said
            assert "not stored yet are lost" in said
            assert "zorg-w01" in said, "it names the wave that was open"
            base = int(environment["DRAAGVLAK_PORT_BASE"])
            for port, path in ((0, "/healthz"), (1, "/healthz/ready"), (2, "/healthz/ready"), (3, "/healthz/ready")):
                wait_until(partial(answers, f"http://127.0.0.1:{base + port}{path}"), f"port {port}", 30)
        finally:
            second.send_signal(signal.SIGINT)
            second.wait(60)
    assert second.returncode == 0, kept.read_text()
    assert not of_state(state)

    with stores.running(state / "store") as address:
        client = clickhouse_connect.get_client(**address.connect())
        half_written = client.query(
            "SELECT wave_id FROM pulse_facts.waves FINAL WHERE wave_id NOT IN"
            " (SELECT wave_id FROM pulse_facts.nodes WHERE parent = '')"
        ).result_rows
        assert half_written == [], "a wave's row is written after all that belongs to it"
        assert client.command("SELECT count() FROM pulse_ballots.answers") >= 20, "what was stored stays"
