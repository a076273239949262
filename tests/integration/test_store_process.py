"""The store as a process: what it acknowledged survives, it ends in order, it says why it cannot start."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from sandbox.processes.ports import free_port
from sandbox.store import StoreAddress, engine, faults, running

BATCH = 500


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 90.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"waited {seconds} s in vain until {what}"
        time.sleep(0.005)


class Writer(threading.Thread):
    """Inserts batch after batch until the store is gone; knows which were acknowledged and which is under way."""

    def __init__(self, store: StoreAddress, number: int) -> None:
        super().__init__(name=f"writer-{number}")
        self.acknowledged: list[int] = []
        self.inserting: int | None = None
        self._store = store
        self._next = number * 1_000_000

    def run(self) -> None:
        try:
            with clickhouse_connect.get_client(**self._store.connect()) as client:
                while True:
                    self._next += 1
                    self.inserting = self._next
                    client.insert("kept.batches", [[self._next, row] for row in range(BATCH)])
                    self.acknowledged.append(self._next)
                    self.inserting = None
        except ClickHouseError:
            return


def test_kill_9_during_inserts_loses_no_acknowledged_batch(tmp_path: Path) -> None:
    acknowledged: set[int] = set()
    under_way: set[int] = set()
    for round_number in range(3):
        with running(tmp_path) as store:
            with clickhouse_connect.get_client(**store.connect()) as client:
                client.command("CREATE DATABASE IF NOT EXISTS kept")
                client.command(
                    "CREATE TABLE IF NOT EXISTS kept.batches (batch UInt64, row UInt32)"
                    " ENGINE = ReplacingMergeTree ORDER BY (batch, row)"
                )
            writers = [Writer(store, 10 * round_number + number) for number in range(1, 4)]
            for writer in writers:
                writer.start()
            enough = 20 + 10 * round_number
            wait_for(lambda: sum(len(writer.acknowledged) for writer in writers) >= enough, "batches were stored")  # noqa: B023
            wait_for(lambda: any(writer.inserting for writer in writers), "an insert was under way")  # noqa: B023
            assert store.child.pid is not None
            os.kill(store.child.pid, signal.SIGKILL)
            for writer in writers:
                writer.join(90)
            acknowledged.update(batch for writer in writers for batch in writer.acknowledged)
            under_way.update(writer.inserting for writer in writers if writer.inserting)
    assert len(acknowledged) >= 60
    assert under_way - acknowledged, "no kill landed inside an insert"
    with running(tmp_path) as store, clickhouse_connect.get_client(**store.connect()) as client:
        assert not list((tmp_path / "incoming").iterdir()), "data of a killed insert lies about"
        rows = dict(client.query("SELECT batch, count() FROM kept.batches FINAL GROUP BY batch").result_rows)
    assert acknowledged <= rows.keys()
    assert rows.keys() <= acknowledged | under_way
    assert set(rows.values()) == {BATCH}, "a batch was stored in part"


def test_an_asked_stop_finishes_what_runs_and_leaves_with_zero(tmp_path: Path) -> None:
    with running(tmp_path) as store:
        answers: list[object] = []

        def query() -> None:
            """Takes long enough to be seen."""
            longest = {"function_sleep_max_microseconds_per_block": 10_000_000}
            with clickhouse_connect.get_client(**store.connect()) as client:
                answers.append(client.command("SELECT sleep(6), 'still answered'", settings=longest))

        asking = threading.Thread(target=query)
        with clickhouse_connect.get_client(**store.connect()) as watcher:
            asking.start()
            running_query = "SELECT count() FROM system.processes WHERE query LIKE '%still ans' || 'wered%'"
            wait_for(lambda: bool(watcher.command(running_query)), "the query ran")
        assert store.child.stop() == 0
        asking.join(60)
    assert answers == [["0", "still answered"]]
    with running(tmp_path) as store:
        assert store.child.code() is None


def start(folder: Path, port: int, users_file: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "DRAAGVLAK_STORE_PORT": str(port),
        "DRAAGVLAK_STORE_FOLDER": str(folder),
        "DRAAGVLAK_STORE_USERS_FILE": str(users_file),
    }
    command = [sys.executable, "-m", "sandbox.store"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)


def sentence(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr.strip().splitlines()[-1]


def test_a_second_process_on_the_same_folder_is_told_who_has_it(tmp_path: Path) -> None:
    with running(tmp_path) as store:
        said = sentence(start(tmp_path, free_port(), tmp_path / "users.json"))
        assert said.startswith(f"Another process (PID: {store.child.pid}) already has the store in {tmp_path}")
        assert "DRAAGVLAK_STATE" in said
        with clickhouse_connect.get_client(**store.connect()) as client:
            assert client.command("SELECT 1") == 1


def test_a_taken_port_is_said_with_the_mend(tmp_path: Path) -> None:
    with running(tmp_path / "first") as store:
        said = sentence(start(tmp_path / "second", store.port, tmp_path / "first" / "users.json"))
    assert said == f"Port {store.port} is taken (store). Stop what uses it, or set DRAAGVLAK_STORE_PORT."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "users.yaml cannot be read (No such file or directory); make it, or name another"),
        ("{", "is not YAML"),
        ("a: {password_sha256: '1', databases: {}}", "has a fault at a.password_sha256"),
        ("a: {password_sha256: '" + "0" * 64 + "', databases: {x: everything}}", "has a fault at a.databases.x"),
        ("a: {password_sha256: '" + "0" * 64 + "', databases: {'x` TO y': read}}", "has a fault at a.databases"),
    ],
)
def test_a_faulty_users_file_is_said_with_the_place(tmp_path: Path, content: str | None, said: str) -> None:
    users_file = tmp_path / "users.yaml"
    if content is not None:
        users_file.write_text(content, encoding="utf-8")
    assert said in sentence(start(tmp_path, free_port(), users_file))


def test_a_full_disk_is_said_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nearly_full = shutil.disk_usage(tmp_path)._replace(free=12 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: nearly_full)
    with pytest.raises(faults.StoreFault, match=r"is full \(12 MB free, the store needs 200 MB\): free some space"):
        engine.Engine(tmp_path, {})


def test_the_port_is_free_again_after_the_end(tmp_path: Path) -> None:
    with running(tmp_path) as store:
        port = store.port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
