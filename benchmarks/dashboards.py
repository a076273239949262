"""All queries of each dashboard, as Grafana's plugin asks them, against the metrics API over many releases.

``python -m benchmarks.dashboards`` serves the releases of ``benchmarks.metrics_api`` as a process of its own, and opens
every dashboard ``--loads`` times, each time with another team and another time range: variables, announcements and
panels, one query after the other, each made into a frame. (Grafana asks several at once.) Exit code 1 when the 95th
percentile of a dashboard takes 300 ms or longer, has more than 12 panels, or a file has 200 KB or more.
"""

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.metrics_api import SECRET, Size, percentile, serve
from benchmarks.results import keep
from grafana.building import GENERATED
from grafana.plugin.filling import Choice, Period
from grafana.plugin.running import Source, choices, options, targets
from sandbox.published import FIRST_OPENING
from services.runtime import serving

GOAL_MS: Final = 300.0
MOST_PANELS: Final = 12
LARGEST_FILE: Final = 200_000
_READY_SECONDS: Final = 120.0


def load(content: dict[str, Any], source: Source, period: Period, team: Choice) -> float:
    """Milliseconds of all queries of a dashboard."""
    began = time.perf_counter()
    for variable in content["templating"]["list"]:
        options(variable, source, period)
    chosen = choices(content, source, period) | {"team": team}
    for annotation in content["annotations"]["list"]:
        source.run(annotation["target"], chosen, period)
    for _, target in targets(content):
        source.run(target, chosen, period)
    return 1000 * (time.perf_counter() - began)


def measure(size: Size, url: str, loads: int) -> dict[str, list[float]]:
    """Dashboard -> milliseconds of each time that it was opened; the first of them is cold."""
    times: dict[str, list[float]] = {}
    teams = list(size.teams)
    with httpx.Client(timeout=30) as http:
        until_ready(http, url)
        source = Source(http, f"{url}/v1", (f"{url}/v1/",), SECRET)
        for path in sorted((GENERATED / "en" / "leadership").glob("*.json")):
            content = json.loads(path.read_text(encoding="utf-8"))
            for number in range(loads):
                begin = FIRST_OPENING + timedelta(days=number % 14)
                period = Period(begin, begin + timedelta(weeks=2 * size.waves, minutes=number))
                team = teams[number % len(teams)]
                times.setdefault(path.stem, []).append(load(content, source, period, Choice(team, team)))
    return times


def until_ready(http: httpx.Client, url: str) -> None:
    """Wait for the service. Raises TimeoutError."""
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        try:
            if http.get(f"{url}/healthz/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"the service was not ready within {_READY_SECONDS:.0f} s")


def main() -> int:
    """The benchmark as a command."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--waves", type=int, default=100)
    given.add_argument("--nodes", type=int, default=500)
    given.add_argument("--loads", type=int, default=60)
    chosen = given.parse_args()
    size = Size(chosen.waves, chosen.nodes)
    listening = serving.bind("127.0.0.1", 0, "--port")
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="draagvlak-benchmark-") as folder:
        tokens = Path(folder) / "tokens.yaml"
        entry = {"name": "benchmark", "sha256": sha256(SECRET.encode()).hexdigest(), "scopes": ["metrics:read"]}
        tokens.write_text(yaml.safe_dump([entry]), encoding="utf-8")
        process = multiprocessing.get_context("fork").Process(target=serve, args=(size, listening, tokens), daemon=True)
        process.start()
        try:
            times = measure(size, url, chosen.loads)
        finally:
            process.terminate()
            process.join(30)
            listening.close()
    table = Table("dashboard", "panels", "KB", "first ms", "median ms", "p95 ms", "worst ms")
    short_of_the_goal = False
    for path in sorted(GENERATED.rglob("*.json")):
        panels, bytes_ = len(json.loads(path.read_text(encoding="utf-8"))["panels"]), path.stat().st_size
        short_of_the_goal |= panels > MOST_PANELS or bytes_ >= LARGEST_FILE
        found = times.get(path.stem) if path.parts[-3] == "en" else None
        numbers = ["-"] * 4
        if found:
            p95 = percentile(found, 95)
            short_of_the_goal |= p95 >= GOAL_MS
            numbers = [f"{one:.0f}" for one in (found[0], statistics.median(found), p95, max(found))]
        table.add_row(f"{path.parts[-3]} {path.stem}", str(panels), f"{bytes_ / 1000:.0f}", *numbers)
    Console().print(table)
    keep(
        "dashboards",
        {
            "waves": size.waves,
            "nodes": size.nodes,
            "loads": chosen.loads,
            "first_ms": {name: found[0] for name, found in times.items()},
            "p95_ms": {name: percentile(found, 95) for name, found in times.items()},
        },
    )
    return 1 if short_of_the_goal else 0


if __name__ == "__main__":
    raise SystemExit(main())
