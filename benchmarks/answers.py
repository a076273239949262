"""Answers under load: signed clicks at Poisson times from a process of their own, with everything on this machine.

``python -m benchmarks.answers`` starts the whole sandbox (broker, store, workspace, ingest, release watch, metrics API,
bot), opens a wave for ``--people`` people, and clicks at 300 a second for 60 s, at 500 a second for 20 s, and at 300 a
second with the broker frozen for 4 s in the middle. Every click is then looked for in Kafka. Exit code 1 when a goal is
missed.
"""

import argparse
import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import httpx
import numpy as np
import psutil
import uvloop
from kafka import KafkaConsumer, TopicPartition

from benchmarks.presses import Presses, landing
from benchmarks.results import keep
from sandbox.processes.ports import LOOPBACK
from sandbox.stack.ports import url
from sandbox.stack.running import Options, Stack, running
from sandbox.stack.secret_files import Caller
from sandbox.stack.state import StateFolder
from sandbox.story.generated import generated
from sandbox.story.organisation import Organisation, build
from sandbox.story.stage import set_stage, start_clock
from services.contracts.events import AnswerGiven
from services.contracts.files import load_items
from services.contracts.topics import TOPICS, TopicName
from services.contracts.wire import parse
from services.pulse_bot.answers.ballot import ballot_id
from services.pulse_bot.ledger import invitations
from services.pulse_bot.ledger.keys import WaveKeyFiles
from services.pulse_bot.ledger.models import DeliveryState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import LedgerSettings

SEED: Final = 5


@dataclass(frozen=True)
class Run:
    """One run, and what is asked of it. Times in ms; ``freeze``: for how many seconds the broker stands still."""

    name: str
    rate: float
    seconds: float
    p99: float
    longest: float
    freeze: float = 0.0


@dataclass
class Outcome:
    """What a run gave. ``confirmed``: clicks whose next question was shown, the only sign that an answer is in.

    ``generator_late``: how late the load generator itself was at worst, in ms: it shares the cores with all the rest.
    """

    clicks: int
    not_200: int
    confirmed: int
    press_again: int
    p50: float
    p99: float
    longest: float
    lost: int = 0
    double: int = 0
    unconfirmed_but_stored: int = 0
    confirmed_in_last_seconds: int = 0
    generator_late: float = 0.0


def runs(quick: float) -> tuple[Run, ...]:
    """The runs, each ``quick`` times as long as the goal says."""
    return (
        Run("300 a second", 300, 60 * quick, 250, 1000),
        Run("500 a second", 500, 20 * quick, 500, 3000),
        Run("300 a second, broker frozen for 4 s", 300, max(15, 30 * quick), 3000, 3000, freeze=4.0),
    )


# --- the load, in a process of its own -----------------------------------------------------------------------------


async def load(told: dict[str, Any]) -> dict[str, Any]:
    """Click at Poisson times; gives latencies and what became of each click."""
    chance = np.random.default_rng(told["seed"])
    count = int(chance.poisson(told["rate"] * told["seconds"]))
    moments = np.sort(chance.uniform(0, told["seconds"], count))
    people, items = told["people"], told["items"]
    choices = [(people[a], items[b], int(c)) for a, b, c in zip(
        chance.integers(0, len(people), count), chance.integers(0, len(items), count), chance.integers(1, 6, count),
        strict=True,
    )]  # fmt: skip
    statuses, latencies, late = [0] * count, [0.0] * count, [0.0] * count
    makes = Presses(told["secret"], told["workspace"], told["wave"], {item: step for step, item in enumerate(items)})

    async def click(session: aiohttp.ClientSession, number: int, started: float) -> None:
        press = presses[number]
        began = time.perf_counter()
        late[number] = (began - started - moments[number]) * 1000
        try:
            async with session.post(told["bot"], data=press.body, headers=press.headers) as response:
                await response.read()
                statuses[number] = response.status
        except (aiohttp.ClientError, TimeoutError):
            statuses[number] = -1
        latencies[number] = (time.perf_counter() - began) * 1000

    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=4)  # Slack queues no press before it sends it
    timeout = aiohttp.ClientTimeout(total=10)
    async with landing() as replies, aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        # Made before they are sent: the generator shares the cores with what it measures.
        presses = [makes.press(*choice, f"{replies.back}{number}") for number, choice in enumerate(choices)]
        gc.freeze()
        print("begun", flush=True)
        started = time.perf_counter()
        tasks = []
        for number, moment in enumerate(moments):
            pause = started + moment - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            tasks.append(asyncio.create_task(click(session, number, started)))
        await asyncio.gather(*tasks)
        await replies.until(sum(status == 200 for status in statuses))
    return {
        "statuses": statuses,
        "latencies": latencies,
        "late": late,
        "moments": moments.tolist(),
        "clicked": [(person, item) for person, item, _ in choices],
        "confirmed": sorted(replies.confirmed()),
        "again": sorted(replies.again()),
    }


# --- the sandbox ----------------------------------------------------------------------------------------------------


class Bench:
    """A sandbox with an open wave to which everybody has been invited."""

    def __init__(self, stack: Stack, organisation: Organisation) -> None:
        self._stack = stack
        campaign = organisation.plan.campaign
        self.wave = campaign.wave_id(1)
        self.workspace = organisation.plan.workspace
        self.people = [person.member for person in organisation.people]
        bank = load_items(LedgerSettings().items_file)
        self.items = [item.id for item in campaign.items_of(1, bank)]
        self._opens = campaign.schedule.opens_at(1)
        self._ledger = Ledger(LedgerSettings(state=stack.state.path).ledger_address)
        self._consumer = KafkaConsumer(
            bootstrap_servers=f"{LOOPBACK}:{stack.ports.broker}", enable_auto_commit=False, group_id=None
        )
        partitions = [TopicPartition(TopicName.ANSWERS.value, n) for n in range(TOPICS[TopicName.ANSWERS].partitions)]
        self._consumer.assign(partitions)
        for partition in partitions:
            self._consumer.seek(partition, 0)

    def open(self) -> None:
        """Move time to after the hour, and wait until everybody has an invitation."""
        token = self._stack.secrets.token(Caller.STORY).read_text().strip()
        moment = (self._opens + timedelta(hours=6)).isoformat()
        answer = httpx.post(
            url(self._stack.ports.workspace, "/clock"),
            json={"now": moment},
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        answer.raise_for_status()
        give_up = time.monotonic() + 300
        while self._sent() < 0.95 * len(self.people):
            if time.monotonic() > give_up:
                raise SystemExit(f"only {self._sent()} of {len(self.people)} invitations went out")
            time.sleep(0.5)

    def play(self, run: Run, seed: int) -> Outcome:
        """One run of the load, and its clicks looked for in Kafka."""
        told = {
            "seed": seed,
            "rate": run.rate,
            "seconds": run.seconds,
            "people": self.people,
            "items": self.items,
            "wave": self.wave,
            "workspace": self.workspace,
            "secret": self._stack.secrets.signing_secret.read_text().strip(),
            "bot": url(self._stack.ports.bot, "/slack/events"),
        }
        before = self._records()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.answers", "--load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(told).encode())
        process.stdin.close()
        assert process.stdout.readline() == b"begun\n"
        if run.freeze:
            time.sleep(run.seconds / 2)
            self._frozen(run.freeze)
        found = json.loads(process.stdout.read())
        process.wait()
        return self._judge(found, before, run)

    def close(self) -> None:
        """Let go of ledger and Kafka."""
        self._consumer.close()
        self._ledger.close()

    def _judge(self, found: dict[str, Any], before: Counter[tuple[str, str]], run: Run) -> Outcome:
        key = WaveKeyFiles(LedgerSettings(state=self._stack.state.path).ledger_folder / "keys").read(self.wave)
        ballots = {person: ballot_id(key, self.workspace, person) for person in self.people}

        def of(clicks: list[int]) -> Counter[tuple[str, str]]:
            return Counter((ballots[found["clicked"][n][0]], found["clicked"][n][1]) for n in clicks)

        confirmed, again = of(found["confirmed"]), of(found["again"])
        records = self._records()
        stored = records - before
        latencies = np.array(found["latencies"])
        last = [n for n in found["confirmed"] if found["moments"][n] > run.seconds - 2]
        return Outcome(
            clicks=len(latencies),
            not_200=sum(status != 200 for status in found["statuses"]),
            confirmed=len(found["confirmed"]),
            press_again=len(found["again"]),
            p50=float(np.percentile(latencies, 50)),
            p99=float(np.percentile(latencies, 99)),
            longest=float(latencies.max()),
            lost=(confirmed - stored).total(),
            double=(stored - confirmed - again).total(),
            unconfirmed_but_stored=(stored - confirmed).total(),
            confirmed_in_last_seconds=len(last),
            generator_late=max(found["late"]),
        )

    def _records(self) -> Counter[tuple[str, str]]:
        """How many revisions of each ballot and item Kafka has by now; each revision once."""
        self._seen: dict[tuple[str, str], set[int]] = getattr(self, "_seen", defaultdict(set))
        quiet = 0
        while quiet < 3:
            polled = self._consumer.poll(timeout_ms=500, max_records=5000)
            quiet = 0 if polled else quiet + 1
            for records in polled.values():
                for record in records:
                    event = parse(TopicName.ANSWERS, record.value).event
                    if isinstance(event, AnswerGiven):
                        revisions = self._seen[event.ballot_id, event.item_id]
                        if event.revision in revisions:
                            raise SystemExit("a revision stands in Kafka twice")
                        revisions.add(event.revision)
        return Counter({name: len(revisions) for name, revisions in self._seen.items()})

    def _sent(self) -> int:
        counts = self._ledger.read_now(lambda c: invitations.delivery_counts(c, self.wave))
        return counts.get(DeliveryState.SENT, 0)

    def _frozen(self, seconds: float) -> None:
        brokers = [
            process
            for process in psutil.Process().children(recursive=True)
            if process.name().startswith("tansu") or "sandbox broker" in " ".join(process.cmdline())
        ]
        for process in brokers:
            os.kill(process.pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            for process in brokers:
                os.kill(process.pid, signal.SIGCONT)


def failures(run: Run, outcome: Outcome) -> list[str]:
    """What the run misses of its goals."""
    checks: list[tuple[bool, str]] = [
        (outcome.not_200 == 0, f"{outcome.not_200} clicks got no 200"),
        (outcome.lost == 0, f"{outcome.lost} confirmed answers are not in Kafka"),
        (outcome.double == 0, f"{outcome.double} answers stand in Kafka more often than they were given"),
        (outcome.p99 <= run.p99, f"p99 is {outcome.p99:.0f} ms, over {run.p99:.0f}"),
        (outcome.longest < run.longest, f"the longest took {outcome.longest:.0f} ms, over {run.longest:.0f}"),
        (outcome.confirmed_in_last_seconds > run.rate, "answers were not confirmed again at the end"),
    ]
    if not run.freeze:
        checks.append((outcome.press_again == 0, f"{outcome.press_again} people had to press again"))
    return [text for fine, text in checks if not fine]


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--people", type=int, default=2000)
    options.add_argument("--quick", type=float, default=1.0, help="share of the time of each run")
    options.add_argument("--only", default="", help="the runs whose name holds these words, such as frozen")
    options.add_argument("--port-base", type=int, default=8800)
    options.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.load:
        print(json.dumps(uvloop.run(load(json.load(sys.stdin)))))
        return 0
    os.environ.setdefault("DRAAGVLAK_SANDBOX_RATE_SCALE", "0")  # how fast invitations go out is another benchmark
    organisation = build(generated(chosen.people, SEED, waves=1), SEED)

    def prepare(state: StateFolder) -> None:
        start_clock(set_stage(organisation, state.path), state.workspace)

    say: Callable[[str], None] = print
    missed: list[str] = []
    figures: dict[str, Any] = {"people": chosen.people}
    with tempfile.TemporaryDirectory(prefix="draagvlak-benchmark-") as folder:
        settings = Options(path=Path(folder) / "state", base=chosen.port_base, say=say, prepare=prepare)
        with running(settings) as stack:
            bench = Bench(stack, organisation)
            try:
                bench.open()
                for number, run in enumerate(r for r in runs(chosen.quick) if chosen.only in r.name):
                    outcome = bench.play(run, SEED + number)
                    figures[run.name] = asdict(outcome)
                    print(
                        f"{run.name}, {run.seconds:.0f} s: {outcome.clicks} clicks, p50 {outcome.p50:.0f} ms, "
                        f"p99 {outcome.p99:.0f} ms, longest {outcome.longest:.0f} ms, "
                        f"{outcome.press_again} press again, {outcome.lost} lost, {outcome.double} double, "
                        f"generator up to {outcome.generator_late:.0f} ms late",
                        flush=True,
                    )
                    missed += [f"{run.name}: {text}" for text in failures(run, outcome)]
            finally:
                bench.close()
    keep("answers", figures)
    for text in missed:
        print(f"missed: {text}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
