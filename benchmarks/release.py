"""The release of a large wave on the sandbox's store: time, and memory of the process that releases.

``python -m benchmarks.release`` stores 100,000 ballots of five items in 2,000 nodes, releases the wave in a process of
its own, does so with five such waves, and then with three of 1,000,000. Nothing but the release is timed: reading,
barrier, rewriting, counting, computing, storing. Exit code 1 when the median of the first takes 3 s or 500 MB, or that
of the second more than 12 times as long.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

import clickhouse_connect
import orjson
import psutil
from clickhouse_connect.driver.client import Client
from rich.console import Console
from rich.table import Table

from benchmarks.results import keep
from sandbox import store as stores
from sandbox.store import Access, StoreAddress
from sandbox.story.plan import load_bank
from services.contracts.base import ROOT_ID
from services.contracts.topics import TOPICS
from services.ingest.migrating import runner
from services.metrics.release.document import Published
from services.metrics.release.steps import release_wave

GOAL_SECONDS: Final = 3.0
GOAL_MB: Final = 500
GOAL_TIMES: Final = 12.0
REPEATED_UP_TO: Final = 100_000
"""Ballots up to which five waves are released; three beyond."""
ITEMS: Final = ("A1", "A2", "JS1", "JS2", "JS3")
_ROLES: Final = {
    "release": {"pulse_ballots": Access.WRITE, "pulse_facts": Access.READ, "pulse_release": Access.WRITE},
}
_OPENED: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
_CLOSED: Final = _OPENED + timedelta(days=7)
_DEPARTMENTS: Final = 80
_RESPONSE: Final = 0.7
_ANSWERS: Final = """
INSERT INTO pulse_ballots.answers (wave_id, ballot_id, node_id, item_id, value, revision)
SELECT {wave:String}, lower(hex(MD5(concat({wave:String}, toString(number))))),
    concat('team', toString(number % {teams:UInt32})), item,
    if(cityHash64(number, item) % 20 = 0, NULL, toUInt8(1 + (cityHash64(number) + cityHash64(item, number) % 3) % 5)), 1
FROM numbers({ballots:UInt64})
ARRAY JOIN {items:Array(String)} AS item
"""


def store_wave(client: Client, wave: str, ballots: int, nodes: int) -> None:
    """A closed wave, as ingest would have left it."""
    teams = nodes - 1 - _DEPARTMENTS
    parents = {ROOT_ID: ""} | {f"department{n}": ROOT_ID for n in range(_DEPARTMENTS)}
    parents |= {f"team{n}": f"department{n % _DEPARTMENTS}" for n in range(teams)}
    answered = {f"team{n}": ballots // teams + (n < ballots % teams) for n in range(teams)}
    invited = {node: int(answered.get(node, 0) / _RESPONSE) for node in parents}
    bank = load_bank()
    items = orjson.dumps([bank.by_id[item].model_dump(mode="json") for item in ITEMS]).decode()

    def insert(table: str, rows: list[tuple[object, ...]]) -> None:
        database, name = table.split(".")
        client.insert(name, [(wave, *row) for row in rows], database=database)

    insert("pulse_ballots.invited", list(invited.items()))
    insert(
        "pulse_facts.nodes",
        [
            (
                node,
                place,
                parent,
                node,
                node,
                "",
                "wave" if invited[node] >= 20 or parent in ("", ROOT_ID) else "window",
            )
            for place, (node, parent) in enumerate(parents.items())
        ],
    )
    client.insert(
        "waves",
        [(wave, wave, wave, wave, _OPENED, _CLOSED, items, 5, 10, False)],
        column_names=[
            *("wave_id", "campaign_id", "title_nl", "title_en", "opens_at", "closes_at"),
            *("items", "score_floor", "distribution_floor", "imported"),
        ],
        database="pulse_facts",
    )
    parameters = {"wave": wave, "teams": teams, "ballots": ballots, "items": list(ITEMS)}
    client.command(_ANSWERS, parameters=parameters)
    barriers = [topic for topic in TOPICS.values() if topic.barrier]
    insert("pulse_facts.wave_ends", [(t.name.value, p) for t in barriers for p in range(t.partitions)])
    insert("pulse_ballots.unit_counts", [(team, number, number) for team, number in answered.items()])
    insert("pulse_facts.wave_closes", [(_CLOSED,)])


def release(port: int, password: str, wave: str) -> None:
    """In a process of its own: release, and print seconds, MB at the peak before and after, and nodes shown.

    The driver looks for pandas at its first insert and would import it here, in 0.5 s; the image has none.
    """
    sys.modules["pandas"] = None  # type: ignore[assignment]
    with clickhouse_connect.get_client(
        host="127.0.0.1", port=port, username="release", password=password, autogenerate_session_id=False
    ) as client:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = perf_counter()
        outcome = release_wave(client, wave, _CLOSED)
        seconds = perf_counter() - began
    if not isinstance(outcome, Published):
        raise SystemExit(f"the wave was held back: {outcome.detail}")
    cells = orjson.loads(outcome.content)["cells"]
    shown = len({cell["node_id"] for cell in cells if cell["score"] is not None})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"seconds": seconds, "mb_before": before, "mb": peak, "nodes_shown": shown, "bytes": len(outcome.content)}
    sys.stdout.write(orjson.dumps(told).decode() + "\n")


def measured(address: StoreAddress, wave: str) -> dict[str, float]:
    """What `release` printed, and the store's memory afterwards in MB."""
    command = [sys.executable, "-m", "benchmarks.release", "--release", wave, "--port", str(address.port)]
    done = subprocess.run(command, input=address.passwords["release"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)
    told: dict[str, float] = orjson.loads(done.stdout.splitlines()[-1])
    return told | {"store_mb": _store_mb(address.port)}


def _store_mb(port: int) -> float:
    for process in psutil.process_iter():
        try:
            if any(c.laddr.port == port and c.status == psutil.CONN_LISTEN for c in process.net_connections("tcp")):
                return float(process.memory_info().rss / 2**20)
        except psutil.Error:
            continue
    return 0.0


def _with_store(sizes: list[int], nodes: int, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """The figures of each size: medians, and the seconds of every run."""
    figures = []
    with (
        tempfile.TemporaryDirectory(prefix="draagvlak-benchmark-") as folder,
        stores.running(Path(folder), _ROLES) as address,
        clickhouse_connect.get_client(**address.connect("admin"), autogenerate_session_id=False) as admin,
    ):
        runner.apply(admin, runner.plan(admin), lambda _: None)
        for size in sizes:
            tell(f"storing {size:,} ballots of {len(ITEMS)} items in {nodes:,} nodes …")
            runs = []
            for run in range(5 if size <= REPEATED_UP_TO else 3):
                wave = f"bench-{size}-{run}"
                store_wave(admin, wave, size, nodes)
                runs.append(measured(address, wave))
            middle = {name: median(one[name] for one in runs) for name in runs[0]}
            seconds = [round(one["seconds"], 2) for one in runs]
            figures.append({"ballots": size, "nodes": nodes} | middle | {"seconds_of_runs": seconds})
    return figures


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--ballots", type=int, nargs="+", default=[100_000, 1_000_000], help="sizes of waves")
    options.add_argument("--nodes", type=int, default=2_000)
    options.add_argument("--release", help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.release:
        release(chosen.port, sys.stdin.read().strip(), chosen.release)
        return 0
    console = Console()
    figures = _with_store(chosen.ballots, chosen.nodes, console.print)
    table = Table("ballots", "nodes", "nodes shown", "seconds", "of runs", "MB, release", "MB, store", "MB, document")
    for one in figures:
        document = f"{one['bytes'] / 2**20:.1f}"
        memory = (f"{one['mb']:.0f}", f"{one['store_mb']:.0f}")
        counts = (f"{one['ballots']:,}", f"{one['nodes']:,}", f"{one['nodes_shown']:,.0f}")
        runs = f"{min(one['seconds_of_runs']):.2f}-{max(one['seconds_of_runs']):.2f}"
        table.add_row(*counts, f"{one['seconds']:.2f}", runs, *memory, document)
    console.print(table)
    first, last = figures[0], figures[-1]
    times = last["seconds"] / first["seconds"]
    console.print(f"{last['ballots'] / first['ballots']:g} times the ballots take {times:.1f} times as long")
    console.print(f"kept in {keep('release', {'waves': figures, 'times_as_long': round(times, 1)})}")
    kept = first["seconds"] < GOAL_SECONDS and first["mb"] < GOAL_MB and times <= GOAL_TIMES
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
