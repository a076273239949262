"""What comes in while services are restarted: presses, outcomes and looks at trends, from a process of its own.

``python -m benchmarks.rolling_load`` is started by ``benchmarks.rolling_restart``: one line of JSON on its input
tells it where the replicas are and what to press; it says ``begun``, goes on until that input is closed, and writes, as
one line of JSON, what became of each press.
"""

import asyncio
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any, Final

import aiohttp
import numpy as np
import uvloop

from benchmarks.presses import Presses, landing

SEED: Final = 8


class Ready:
    """The replicas that say that they are ready, in turn; asked every fifth of a second."""

    def __init__(self, replicas: Sequence[str]) -> None:
        self._replicas = list(replicas)
        self._ready = set(replicas)
        self._turn = count()

    def next(self) -> str:
        """The next replica; any of them when none is ready."""
        among = [one for one in self._replicas if one in self._ready] or self._replicas
        return among[next(self._turn) % len(among)]

    async def watch(self, session: Any) -> None:
        """Ask until cancelled, each by itself: one that answers slowly hides no other that is going."""
        await asyncio.gather(*(self._watch(one, session) for one in self._replicas))

    async def _watch(self, replica: str, session: Any) -> None:
        while True:
            try:
                async with session.get(f"{replica}/healthz/ready") as answer:
                    fine = answer.status == 200
            except Exception:
                fine = False
            (self._ready.add if fine else self._ready.discard)(replica)
            await asyncio.sleep(0.2)


async def load(told: dict[str, Any], ended: threading.Event) -> dict[str, Any]:
    """Click, report outcomes and read trends until ``ended``; gives what became of each."""
    chance = np.random.default_rng(SEED)
    clicked: list[tuple[str, str]] = []
    statuses: list[int] = []
    latencies: list[float] = []
    beside: dict[str, Counter[int]] = {"gateway": Counter(), "metrics": Counter()}

    steps = {item: step for step, item in enumerate(told["items"])}
    makes = Presses(told["secret"], told["workspace"], told["wave"], steps)
    business, reader = as_caller(told["business"]), as_caller(told["reader"])
    bots, gateways, metrics = (Ready(told[name]) for name in ("bots", "gateways", "metrics"))

    async def click(session: aiohttp.ClientSession, number: int) -> None:
        person, item = clicked[number]
        press = makes.press(person, item, int(chance.integers(1, 6)), f"{replies.back}{number}")
        began = time.perf_counter()
        try:
            async with session.post(f"{bots.next()}/slack/events", data=press.body, headers=press.headers) as response:
                await response.read()
                statuses[number] = response.status
        except (aiohttp.ClientError, TimeoutError):
            statuses[number] = -1
        latencies[number] = (time.perf_counter() - began) * 1000

    async def ask(session: aiohttp.ClientSession, number: int) -> None:
        outcome = {
            "outcome_id": f"rolling-{number}",
            "node_id": "organisation",
            "measure": "minutes_per_file",
            "value": number,
            "unit": "minutes",
            "period_start": "2026-03-01",
            "period_end": "2026-03-31",
        }
        for name, call in (
            (
                "gateway",
                lambda: session.post(f"{gateways.next()}/v1/outcomes", json=outcome, headers=business),
            ),
            ("metrics", lambda: session.get(f"{metrics.next()}/v1/waves", headers=reader)),
        ):
            try:
                async with call() as response:
                    await response.read()
                    beside[name][response.status] += 1
            except (aiohttp.ClientError, TimeoutError):
                beside[name][-1] += 1

    timeout = aiohttp.ClientTimeout(total=10)
    async with (
        landing() as replies,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1000), timeout=timeout) as session,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as probe,
    ):
        watching = [asyncio.create_task(one.watch(probe)) for one in (bots, gateways, metrics)]
        print("begun", flush=True)
        tasks = set()
        at, asked = time.perf_counter(), count()
        while not ended.is_set():
            at += float(chance.exponential(1 / told["rate"]))
            pause = at - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            number = len(clicked)
            clicked.append((str(chance.choice(told["people"])), str(chance.choice(told["items"]))))
            statuses.append(0)
            latencies.append(0.0)
            tasks.add(asyncio.create_task(click(session, number)))
            if number % 20 == 0:
                tasks.add(asyncio.create_task(ask(session, next(asked))))
            tasks = {task for task in tasks if not task.done()}
        await asyncio.gather(*tasks)
        await replies.until(sum(status == 200 for status in statuses))
        for task in watching:
            task.cancel()
    return {
        "clicked": clicked,
        "statuses": statuses,
        "latencies": latencies,
        "confirmed": sorted(replies.confirmed()),
        "again": sorted(replies.again()),
        "beside": {name: dict(found) for name, found in beside.items()},
    }


def as_caller(token: str) -> dict[str, str]:
    """The headers of who shows this token."""
    return {"Authorization": f"Bearer {token}"}


def main() -> None:
    """The load as a command."""
    told, ended = json.loads(sys.stdin.readline()), threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    print(json.dumps(uvloop.run(load(told, ended))))


if __name__ == "__main__":
    main()
