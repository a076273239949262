"""The sandbox as a newcomer meets it: from start to first answer, the page, the clicks, and two long stories; and what
its services take at rest.

``python -m benchmarks.sandbox`` measures all; ``--parts start,page`` some. ``--waves`` shortens the story by clicks and
says so. Exit code 1 when a goal is missed. The page is measured in headless Chromium.
"""

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil
from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from benchmarks.results import keep
from sandbox.processes.ports import LOOPBACK
from sandbox.processes.readiness import http_answers
from sandbox.stack.ports import url
from sandbox.stack.running import Options, Stack, running
from sandbox.stack.secret_files import Caller
from sandbox.story import driver, straight
from sandbox.story.generated import generated
from sandbox.story.metrics_client import MetricsClient
from sandbox.story.organisation import build
from sandbox.story.plan import load_bank
from sandbox.story.simulation import Simulation, simulation_of
from sandbox.story.stage import set_stage, start_clock
from services.runtime.settings import KafkaSettings

GOALS: Final[Mapping[str, float]] = {
    "start_to_first_answer_stored_s": 12.0,
    "page_interactive_ms": 1_000.0,
    "click_to_next_question_ms": 300.0,
    "story_of_1000_by_clicks_s": 600.0,
    "story_of_5000_into_kafka_s": 120.0,
    "longest_restart_s": 5.0,
    "largest_rss_mb": 150.0,
}
SERVICES: Final = ("bot", "ingest", "metrics", "release")
_REST_SECONDS: Final = 20.0
WAVES: Final = 7
_QUIET: Final = Console(quiet=True)
_RELEASED_WITHIN: Final = 120.0

MEASURE_CLICKS: Final = """async (clicks) => {
  const spent = [];
  const log = document.getElementById("messages");
  const shown = () => [...log.querySelectorAll("article")].at(-1)?.innerText ?? "";
  for (let number = 0; number < clicks; number += 1) {
    const before = shown();
    const button = [...log.querySelectorAll("article")].at(-1).querySelector("button.element");
    if (!button) break;
    const began = performance.now();
    const changed = new Promise((done) => {
      const observer = new MutationObserver(() => {
        if (shown() === before) return;
        observer.disconnect();
        requestAnimationFrame(() => done(performance.now()));
      });
      observer.observe(log, { childList: true, subtree: true, characterData: true });
    });
    button.click();
    spent.push((await changed) - began);
  }
  return spent;
}"""


def secret(path: Path) -> str:
    """What a file of secrets holds."""
    return path.read_text(encoding="utf-8").strip()


def start_to_first_answer(port_base: int) -> float:
    """Seconds from the command ``draagvlak demo`` until ClickHouse holds an answer."""
    with tempfile.TemporaryDirectory(prefix="draagvlak-benchmark-") as folder:
        state = Path(folder) / "state"
        began = time.perf_counter()
        demo = subprocess.Popen(
            [sys.executable, "-m", "services.command_line", "demo", "--once"],
            env=os.environ | {"DRAAGVLAK_STATE": str(state), "DRAAGVLAK_PORT_BASE": str(port_base)},
            stdout=subprocess.DEVNULL,
        )
        try:
            while not _answers(state / "secrets" / "clickhouse_admin", port_base + 4):
                if demo.poll() is not None or time.perf_counter() - began > 120:
                    raise RuntimeError("the demo stored no answer")
                time.sleep(0.05)
            return time.perf_counter() - began
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)


def _answers(password: Path, port: int) -> int:
    """How many answers are stored. By a bare request: a client of clickhouse-connect for every look took a core."""
    if not http_answers(url(port, "/ping"))():
        return 0
    try:
        headers = {"X-ClickHouse-User": "admin", "X-ClickHouse-Key": secret(password), "Content-Type": "text/plain"}
        request = urllib.request.Request(url(port, "/"), b"SELECT count() FROM pulse_ballots.answers", headers)
        with urllib.request.urlopen(request, timeout=2.0) as answer:
            return int(answer.read())
    except OSError:
        return 0  # not up yet, or without tables


@contextmanager
def sandbox(simulation: Simulation, port_base: int) -> Iterator[Stack]:
    """A sandbox with the stage set for a simulation, and nothing played."""
    with tempfile.TemporaryDirectory(prefix="draagvlak-benchmark-") as folder:
        options = Options(
            path=Path(folder) / "state",
            base=port_base,
            say=lambda _: None,
            prepare=lambda state: start_clock(set_stage(simulation.organisation, state.path), state.workspace),
        )
        with running(options) as stack:
            yield stack


def play(stack: Stack, simulation: Simulation, **more: Any) -> Any:
    """The simulation by signed clicks."""
    return driver.play(
        driver.Addresses(
            url(stack.ports.workspace),
            url(stack.ports.metrics),
            KafkaSettings(kafka_bootstrap=f"{LOOPBACK}:{stack.ports.broker}"),
        ),
        driver.Secrets(secret(stack.secrets.access_key), secret(stack.secrets.token(Caller.STORY))),
        simulation=simulation,
        console=_QUIET,
        **more,
    )


def page_and_clicks(port_base: int, loads: int, people: int) -> tuple[list[float], list[float]]:
    """Milliseconds until the page is interactive, and from each click to the next question on the screen.

    In the workspace of 120 people, one round played, the next open. Interactive: the page's own mark, set when every
    list is filled and every button listens.
    """
    simulation = simulation_of()
    with sandbox(simulation, port_base) as stack:
        play(stack, simulation, waves=[1], then_open=2)
        return _in_chromium(stack, simulation, loads, people)


def _in_chromium(stack: Stack, simulation: Simulation, loads: int, people: int) -> tuple[list[float], list[float]]:
    with sync_playwright() as playwright:
        silent = {sheet.member for sheet in simulation.wave(2).sheets}
        asked = [person.member for person in simulation.organisation.people if person.member not in silent][:people]
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="nl-NL")
        page.goto(url(stack.ports.workspace, f"/?key={secret(stack.secrets.access_key)}"))
        interactive = [_interactive(page, url(stack.ports.workspace, "/")) for _ in range(loads)]
        spent: list[float] = []
        for member in asked:
            page.goto(url(stack.ports.workspace, f"/#{member}"))
            page.reload()
            page.wait_for_selector("article button.element")
            spent += page.evaluate(MEASURE_CLICKS, 4)
        browser.close()
    return interactive, spent


def _interactive(page: Page, address: str) -> float:
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return float(page.evaluate("performance.getEntriesByName('interactive')[0].startTime"))


def story_by_clicks(port_base: int, waves: int) -> float:
    """Seconds for 1,000 people and ``waves`` waves by signed clicks, each wave released."""
    simulation = Simulation(build(generated(1_000, 1, waves=waves), 1), load_bank(), 1)
    with sandbox(simulation, port_base) as stack:
        began = time.perf_counter()
        play(stack, simulation)
        return time.perf_counter() - began


def story_into_kafka(port_base: int) -> float:
    """Seconds for 5,000 people and seven waves straight into Kafka, until the last is released."""
    simulation = Simulation(build(generated(5_000, 1, waves=WAVES), 1), load_bank(), 1)
    with sandbox(simulation, port_base) as stack:
        settings = KafkaSettings(kafka_bootstrap=f"{LOOPBACK}:{stack.ports.broker}")
        began = time.perf_counter()
        waves = [simulation.wave(number) for number in range(1, WAVES + 1)]
        for wave in waves:
            straight.publish(wave, settings)
        asyncio.run(_all_released(stack, [wave.id for wave in waves]))
        return time.perf_counter() - began


def at_rest(port_base: int) -> dict[str, float]:
    """Of every service, 20 s after its start and with nothing played: seconds to end and be ready again, and memory."""
    figures: dict[str, float] = {}
    with sandbox(simulation_of(), port_base) as stack:
        for name in SERVICES:
            figures[f"{name}_restart_s"] = stack.supervisor.restart(name)
        time.sleep(_REST_SECONDS)
        for name in SERVICES:
            memory = _of_service(stack.supervisor.pids()[name])
            figures[f"{name}_rss_mb"], figures[f"{name}_pss_mb"] = memory.rss / 2**20, memory.pss / 2**20
    figures["longest_restart_s"] = max(figures[f"{name}_restart_s"] for name in SERVICES)
    figures["largest_rss_mb"] = max(figures[f"{name}_rss_mb"] for name in SERVICES)
    return figures


def _of_service(launcher: int) -> Any:
    """The memory of the service that a launcher of the supervisor runs: resident, and proportional set size, bytes."""
    process = psutil.Process(launcher)
    every = (one.memory_full_info() for one in (process, *process.children(recursive=True)))
    return max(every, key=lambda memory: memory.rss)


async def _all_released(stack: Stack, waves: list[str]) -> None:
    token = secret(stack.secrets.token(Caller.STORY))
    async with MetricsClient(url(stack.ports.metrics), token) as metrics:
        for wave in waves:
            await metrics.wait_released(wave, _RELEASED_WITHIN)


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--parts", default="start,page,clicks,kafka,rest", help="start, page, clicks, kafka, rest")
    options.add_argument("--runs", type=int, default=3, help="of the start")
    options.add_argument("--waves", type=int, default=WAVES, help="of the story of 1,000 people by clicks")
    options.add_argument("--port-base", type=int, default=8700)
    chosen = options.parse_args()
    figures: dict[str, float] = {}

    def start() -> None:
        runs = [start_to_first_answer(chosen.port_base) for _ in range(chosen.runs)]
        figures["start_to_first_answer_stored_s"] = statistics.median(runs)

    def page() -> None:
        interactive, spent = page_and_clicks(chosen.port_base, loads=9, people=15)
        figures["page_interactive_ms"] = statistics.median(interactive)
        figures["click_to_next_question_ms"] = statistics.median(spent)
        figures["click_to_next_question_p95_ms"] = statistics.quantiles(spent, n=20)[-1]
        figures["clicks_measured"] = len(spent)

    def clicks() -> None:
        seconds = story_by_clicks(chosen.port_base, chosen.waves)
        figures["story_waves_played_by_clicks"] = chosen.waves
        figures["story_of_1000_by_clicks_s"] = seconds * WAVES / chosen.waves

    def kafka() -> None:
        figures["story_of_5000_into_kafka_s"] = story_into_kafka(chosen.port_base)

    def rest() -> None:
        figures.update(at_rest(chosen.port_base))

    parts: dict[str, Callable[[], None]] = {
        "start": start,
        "page": page,
        "clicks": clicks,
        "kafka": kafka,
        "rest": rest,
    }
    for name in chosen.parts.split(","):
        parts[name]()
    for name, value in figures.items():
        goal = GOALS.get(name)
        print(f"{name}: {value:.1f}{'' if goal is None else f' (goal: under {goal:g})'}")
    keep("sandbox", figures)
    return 1 if any(value >= GOALS[name] for name, value in figures.items() if name in GOALS) else 0


if __name__ == "__main__":
    sys.exit(main())
