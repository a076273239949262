"""The metrics API over many releases: every endpoint under a steady load, as a process of its own.

``python -m benchmarks.metrics_api`` makes up ``--waves`` released waves of ``--nodes`` nodes, serves them, asks every
endpoint with many different questions at ``--rate`` requests a second for ``--seconds``, and prints the time to answer
per endpoint. Callers and service share the machine. Exit code 1 when the slowest endpoint's 99th percentile takes 30 ms
or longer, when an answer is not 200, or when fewer than 95 % of the requests could be sent in time.
"""

import argparse
import asyncio
import multiprocessing
import random
import resource
import socket
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

import aiohttp
import yaml
from rich.console import Console
from rich.table import Table
from yarl import URL

from benchmarks.results import keep
from sandbox.published import (
    FIRST_OPENING,
    Fields,
    StillArchive,
    arm,
    cell,
    distribution,
    document,
    released,
    wave_id,
    window,
    window_cell,
)
from services.contracts.base import ROOT_ID, Text
from services.contracts.events import AnnouncementKind, AnnouncementPublished, PromiseRecorded, PromiseState
from services.metrics.released.copies import Copy, KnownWave
from services.metrics.released.documents import Document
from services.metrics.released.facts import Announced, Facts, MeasuredOutcome
from services.metrics.routes.application import create_app
from services.metrics.routes.service import settle
from services.runtime import serving
from services.runtime.tokens import TokenFile

GOAL_MS: Final = 30.0
SECRET: Final = "benchmark"
_WARM_UP_SECONDS: Final = 3.0
"""Other questions first, uncounted: a process that has just started has not yet loaded all of its code."""
BLOCKS: Final = ("job_security", "competence", "transparency", "autonomy")
HEADLINES: Final = ("resistance", "trust")
ENDPOINTS: Final = (
    *("waves", "trends", "slopes", "teams", "drivers", "advice", "participation", "reliability", "pilots"),
    *("announcements", "effects", "outcomes", "comments", "concerns", "promises", "promises/kept", "phases"),
    *("variables/teams", "variables/waves", "variables/measures", "releases"),
)


@dataclass(frozen=True)
class Size:
    """How much is released. A fifth of the nodes is small, and shown per window."""

    waves: int
    nodes: int

    @property
    def teams(self) -> dict[str, str]:
        """Nodes below the organisation with their cadence."""
        return {f"team-{n:04d}": "window" if n % 5 == 0 else "wave" for n in range(1, self.nodes)}

    def announcement(self, number: int) -> str:
        """The id of the announcement before wave ``number``."""
        return f"news-{number:03d}"


def made_up(size: Size) -> Copy:
    """Releases and facts of that size, the same at every call."""
    dice = random.Random(1)
    documents = [_document(size, number, dice) for number in range(1, size.waves + 1)]
    return Copy(
        waves=tuple(
            KnownWave(one.wave, one.campaign, one.title, one.opened_at, one.closed_at, one.closed_at)
            for one in documents
        ),
        releases=released(documents),
        phases={one.wave: dict.fromkeys(size.teams, "pilot") for one in documents},
        facts=_facts(size),
    )


def _document(size: Size, number: int, dice: random.Random) -> Document:
    teams, driver = size.teams, BLOCKS[number % len(BLOCKS)]
    measures = (*HEADLINES, driver)
    closing = number % 3 == 0
    name = f"zorg-v{number // 3:02d}"
    large = [ROOT_ID, *(team for team, cadence in teams.items() if cadence == "wave")]

    def score() -> float | None:
        return None if dice.random() < 0.1 else float(dice.randrange(10, 91, 2))

    windows: list[Fields] = []
    if closing:
        windows = [window(number // 3, range(number - 2, number + 1), measures=HEADLINES)]
    return document(
        number,
        [cell(node, measure, 50 if node == ROOT_ID else score()) for measure in measures for node in large],
        teams=teams,
        items={"A1": "resistance", "A2": "trust", "X1": driver, "X2": driver},
        response=dict.fromkeys(large, "50-69 %"),
        windows=windows,
        window_cells=[
            window_cell(name, node, measure, score()) for measure in HEADLINES for node in (ROOT_ID, *teams) if closing
        ],
        distributions=[
            distribution(node, item, 20 if item == "A1" else None, 5) for item in ("A1", "A2") for node in large
        ],
        arms=_arms(size, number, dice),
    )


def _arms(size: Size, number: int, dice: random.Random) -> list[Fields]:
    """Phases, and every announcement of up to eight waves before or after."""
    near = range(max(1, number - 8), min(size.waves, number + 8) + 1)
    keys: list[tuple[str | None, str]] = [(None, "pilot"), (None, "not_started")]
    keys += [(size.announcement(one), side) for one in near for side in ("reached", "not_reached")]
    return [
        arm(announcement, name, wave_id(number), measure, float(dice.randrange(30, 70)))
        for announcement, name in keys
        for measure in HEADLINES
    ]


def _facts(size: Size) -> Facts:
    teams = list(size.teams)
    announced, promises, outcomes = [], [], []
    for number in range(1, size.waves + 1):
        at = FIRST_OPENING + timedelta(weeks=2 * (number - 1))
        text = Text(nl=f"Nieuws {number}", en=f"News {number}")
        event = AnnouncementPublished(
            event_id=UUID(int=number),
            announcement_id=size.announcement(number),
            kind=AnnouncementKind.SUCCESS,
            title=text,
            story=text,
            audience=tuple(teams[number::10]),
            published_at=at,
        )
        announced.append(Announced(event))
        promise = PromiseRecorded(
            event_id=UUID(int=number),
            promise_id=f"p{number}",
            text=text,
            owner="HR",
            due=at.date(),
            state=PromiseState.KEPT if number % 2 else PromiseState.OPEN,
            recorded_at=at,
        )
        promises.append(promise)
        day = at.date()
        outcomes.append(MeasuredOutcome(f"o{number}", teams[0], "minutes", 12, "min", day, day + timedelta(days=14)))
    return Facts(tuple(announced), (), tuple(promises), tuple(outcomes))


def questions(size: Size, seed: int) -> Iterator[tuple[str, str]]:
    """Endpoints in turn with a question to each, for ever: other teams, measures, waves and times every time."""
    dice = random.Random(seed)
    teams, measures = [ROOT_ID, *size.teams], (*HEADLINES, *BLOCKS)
    while True:
        for endpoint in ENDPOINTS:
            team, measure, wave = dice.choice(teams), dice.choice(measures), dice.randint(1, size.waves)
            start = date(2026, 1, 1) + timedelta(days=dice.randrange(14 * size.waves))
            query = {
                "trends": f"?measure={measure}&team={team}" if dice.random() < 0.8 else f"?from={start}",
                "slopes": f"?measure={measure}&team={team}",
                "teams": f"?measure={dice.choice(HEADLINES)}&wave={wave_id(wave)}",
                "drivers": f"?team={team}" if dice.random() < 0.5 else f"?team={team}&wave={wave_id(wave)}",
                "advice": f"?team={team}",
                "participation": f"?team={team}",
                "pilots": f"?measure={dice.choice(HEADLINES)}&from={start}",
                "announcements": f"?from={start}",
                "effects": f"?announcement={size.announcement(wave)}",
                "outcomes": f"?from={start}",
                "comments": f"?wave={wave_id(wave)}",
                "phases": f"?team={team}",
                "releases": f"/{wave_id(wave)}",
            }.get(endpoint, "")
            yield endpoint, f"/v1/{endpoint}{query}"


def serve(size: Size, listening: socket.socket, tokens: Path) -> None:
    """The service, as `draagvlak metrics` runs it, on made-up releases."""
    copy = made_up(size)
    copy.prepare()
    settle()
    serving.server(create_app(StillArchive(copy), TokenFile(tokens))).run(sockets=[listening])


async def measure(
    size: Size, url: str, rate: float, seconds: float, seed: int = 2
) -> tuple[dict[str, list[float]], int, float]:
    """Milliseconds per endpoint, the number of bad answers, and the rate that was reached."""
    times: dict[str, list[float]] = defaultdict(list)
    bad, count = 0, int(rate * seconds)
    asked = [(endpoint, URL(url + path, encoded=True)) for endpoint, path in islice(questions(size, seed), count)]
    headers = {"Authorization": f"Bearer {SECRET}", "Accept-Encoding": "gzip"}

    async def ask(session: aiohttp.ClientSession, endpoint: str, question: URL) -> None:
        nonlocal bad
        began = time.perf_counter()
        async with session.get(question) as answer:
            await answer.read()
            times[endpoint].append(1000 * (time.perf_counter() - began))
            if answer.status != 200:
                bad += 1

    connector = aiohttp.TCPConnector(limit=64)
    async with aiohttp.ClientSession(headers=headers, connector=connector, auto_decompress=False) as session:
        await _until_ready(session, url)
        running: set[asyncio.Task[None]] = set()
        began = time.perf_counter()
        for number, one in enumerate(asked):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(ask(session, *one))
            running.add(task)
            task.add_done_callback(running.discard)
        while running:
            await asyncio.gather(*running)
        reached = sum(map(len, times.values())) / (time.perf_counter() - began)
    return times, bad, reached


async def _until_ready(session: aiohttp.ClientSession, url: str) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            async with session.get(f"{url}/healthz/ready") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        if time.monotonic() > end:
            raise TimeoutError("the service was not ready within 120 s")
        await asyncio.sleep(0.2)


def percentile(times: Sequence[float], per_cent: int) -> float:
    """The time within which so many per cent were answered."""
    return statistics.quantiles(times, n=100)[per_cent - 1]


def table_of(times: dict[str, list[float]]) -> Table:
    """Milliseconds per endpoint."""
    table = Table("endpoint", "requests", "median ms", "p99 ms", "worst ms")
    for endpoint, found in sorted(times.items(), key=lambda entry: -percentile(entry[1], 99)):
        numbers = (statistics.median(found), percentile(found, 99), max(found))
        table.add_row(endpoint, str(len(found)), *(f"{number:.1f}" for number in numbers))
    return table


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--waves", type=int, default=100)
    options.add_argument("--nodes", type=int, default=500)
    options.add_argument("--rate", type=float, default=200.0, help="requests a second")
    options.add_argument("--seconds", type=float, default=30.0)
    chosen = options.parse_args()
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
            asyncio.run(measure(size, url, chosen.rate, _WARM_UP_SECONDS, seed=1))
            times, bad, reached = asyncio.run(measure(size, url, chosen.rate, chosen.seconds))
        finally:
            process.terminate()
            process.join(30)
            listening.close()
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    every = [one for found in times.values() for one in found]
    slowest = max(percentile(found, 99) for found in times.values())
    console = Console()
    console.print(table_of(times))
    console.print(
        f"{len(every)} requests at {reached:.0f} a second, p99 {percentile(every, 99):.1f} ms over all, {bad} not 200, "
        f"peak memory of the service {peak_mb:.0f} MB"
    )
    keep(
        "metrics_api",
        {
            "waves": size.waves,
            "nodes": size.nodes,
            "requests_a_second": reached,
            "p99_ms": {endpoint: percentile(found, 99) for endpoint, found in times.items()},
            "p99_ms_over_all": percentile(every, 99),
            "service_peak_mb": peak_mb,
            "not_200": bad,
        },
    )
    return 1 if slowest >= GOAL_MS or bad or reached < 0.95 * chosen.rate else 0


if __name__ == "__main__":
    raise SystemExit(main())
