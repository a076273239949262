"""`make demo ONCE=1`: one command plays twelve weeks of an organisation, and what is left behind keeps the promises."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clickhouse_connect
import psutil
import pytest
import yaml

from sandbox import store as stores
from tests.low_ports import free_port_base, low_port

pytestmark = pytest.mark.timeout(1_200)


@dataclass(frozen=True)
class Played:
    """A story that has ended: what was printed, and the state it left."""

    exit_code: int
    output: str
    state: Path
    people: dict[str, str]

    def logs(self) -> Iterator[tuple[str, str]]:
        for path in sorted((self.state / "logs").iterdir()):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                yield path.name, line


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    state = tmp_path_factory.mktemp("story") / "state"
    environment = {
        **os.environ,
        "DRAAGVLAK_STATE": str(state),
        "DRAAGVLAK_PORT_BASE": str(free_port_base()),
        "COLUMNS": "200",
    }
    result = subprocess.run(
        [sys.executable, "-m", "services.command_line", "demo", "--once"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    directory = yaml.safe_load((state / "directory.yaml").read_text(encoding="utf-8"))
    people = {user["id"]: user["real_name"] for user in directory["users"]}
    return Played(result.returncode, result.stdout + result.stderr, state, people)


@pytest.fixture(scope="module")
def rows(played: Played) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that the story left in the store."""
    with stores.running(played.state / "store", port=low_port()) as address:
        client = clickhouse_connect.get_client(**address.connect())
        tables = client.query(
            "SELECT database, name FROM system.tables WHERE database LIKE 'pulse%' ORDER BY database, name"
        ).result_rows
        return {
            f"{database}.{name}": list(client.query(f"SELECT * FROM {database}.{name}").named_results())
            for database, name in tables
        }


def test_the_story_ends_well_and_prints_every_wave(played: Played) -> None:
    assert played.exit_code == 0, played.output
    lines = re.findall(
        r"^wave (\d): response (?:< 30|30-49|50-69|70\+) % \| resistance [\d.]+ \([\d.]+ to [\d.]+\)"
        r"(?:, (?:clearly up|clearly down|no clear change))? \| trust [\d.]+ \([\d.]+ to [\d.]+\)",
        played.output,
        re.MULTILINE,
    )
    assert lines == ["1", "2", "3", "4", "5", "6", "7"], played.output


def test_teams_of_twenty_are_shown_per_wave_smaller_ones_per_window_and_the_tryout_of_four_never(
    played: Played, rows: dict[str, list[dict[str, Any]]]
) -> None:
    shown = {row["node_id"] for row in rows["pulse_release.cells"] if row["score"] is not None}
    assert shown == {"organisation", "administratie", "thuiszorg", "verpleging"}
    small = {"klantenservice", "wijkteam", "behandeling", "staf", "facilitair"}
    in_windows = {row["node_id"] for row in rows["pulse_release.window_cells"] if row["score"] is not None}
    assert len(in_windows & small) >= 3, "teams under twenty are shown per three waves"
    assert {row["window_id"] for row in rows["pulse_release.window_cells"]} == {"zorg-window-01", "zorg-window-02"}
    everything = json.dumps(rows, default=str)
    assert "proeftuin" not in everything.lower(), "the try-out of four has no label anywhere in the store"
    assert "Proeftuin" not in played.output


def test_no_person_is_in_the_store(played: Played, rows: dict[str, list[dict[str, Any]]]) -> None:
    assert len(rows["pulse_ballots.closed_answers"]) > 2_000
    for table, content in rows.items():
        text = json.dumps(content, default=str)
        found = [member for member in played.people if member in text]
        found += [name for name in played.people.values() if name in text]
        assert not found, f"{table} names {found[:3]}"


def test_a_ballot_is_round_id_unit_item_and_value_and_nothing_else(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert set(rows["pulse_ballots.closed_answers"][0]) == {"wave_id", "ballot_id", "node_id", "item_id", "value"}
    assert rows["pulse_ballots.answers"] == [], "rows with revisions are gone once the wave is released"


def test_no_log_line_holds_a_person_or_a_ballot(played: Played, rows: dict[str, list[dict[str, Any]]]) -> None:
    ballots = {row["ballot_id"] for row in rows["pulse_ballots.closed_answers"]}
    ballots = {ballot.decode() if isinstance(ballot, bytes) else ballot for ballot in ballots}
    hexadecimal = re.compile(r"[0-9a-f]{32}")
    for log, line in played.logs():
        assert not any(re.search(rf"\b{member}\b", line) for member in played.people), f"{log}: {line}"
        assert not any(name in line for name in played.people.values()), f"{log}: {line}"
        assert not ballots & set(hexadecimal.findall(line)), f"{log}: {line}"


def test_the_ledger_forgets_what_led_to_ballots(played: Played, rows: dict[str, list[dict[str, Any]]]) -> None:
    ballots = {row["ballot_id"] for row in rows["pulse_ballots.closed_answers"]}
    raw = b"".join(path.read_bytes() for path in (played.state / "ledger").rglob("*") if path.is_file())
    assert not [b for b in ballots if (b if isinstance(b, bytes) else b.encode()) in raw]
    assert not any((played.state / "ledger" / "keys").iterdir()), "a wave key outlived its wave"
    with sqlite3.connect(played.state / "ledger" / "ledger.sqlite") as ledger:
        answered, addressed = ledger.execute(
            "SELECT count(*) FILTER (WHERE answered), count(*) FILTER (WHERE message_ts IS NOT NULL) FROM invitation"
        ).fetchone()
    assert (answered, addressed) == (0, 0), "who answered, and where the message stands, goes at the close"


def test_every_wave_was_released_once_with_the_hash_of_its_bytes(rows: dict[str, list[dict[str, Any]]]) -> None:
    released = [row["wave_id"] for row in rows["pulse_release.releases"]]
    assert sorted(released) == [f"zorg-w0{n}" for n in range(1, 8)]


def test_no_process_outlives_the_demo(played: Played) -> None:
    left = [
        process.pid
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("DRAAGVLAK_STATE") == str(played.state)
    ]
    assert left == []
