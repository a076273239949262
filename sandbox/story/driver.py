"""Plays the story in a running sandbox: ``play`` is called by the supervisor of the demo."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

import aiohttp
from kafka.errors import KafkaError
from rich.console import Console

from sandbox.story.announcing import KafkaAnnouncer
from sandbox.story.company import AT_ONCE, Company, Rounds
from sandbox.story.faults import StoryFault
from sandbox.story.metrics_client import MetricsClient
from sandbox.story.outcome import Outcome
from sandbox.story.player import Player
from sandbox.story.programme import Programme
from sandbox.story.simulation import DEFAULT_SEED, Simulation, simulation_of
from sandbox.story.workspace_client import WorkspaceClient
from services.runtime.settings import KafkaSettings


@dataclass(frozen=True)
class Addresses:
    """Where the sandbox listens: base addresses of the workspace and the metrics API, and how to reach Kafka."""

    workspace: str
    metrics: str
    kafka: KafkaSettings


@dataclass(frozen=True, repr=False)
class Secrets:
    """What opens them: the workspace's access key, and a token with ``metrics:read``."""

    access_key: str
    metrics_token: str


class Script(TypedDict, total=False):
    """What is played.

    ``simulation``: of the demo's organisation unless given; ``waves``: all of the campaign unless some are named;
    ``then_open``: a wave that is opened after them and left open, with the answers of its first day; ``console``: where
    it is told.
    """

    simulation: Simulation
    waves: Iterable[int]
    then_open: int | None
    console: Console


def play(addresses: Addresses, secrets: Secrets, seed: int = DEFAULT_SEED, **script: Unpack[Script]) -> Outcome:
    """Play the script and give what came of it.

    The stage must have been set with the same organisation (sandbox/story/stage.py). Raises StoryFault when the story
    comes to a halt or something that must hold does not. Takes about a minute for the demo; Ctrl-C ends it.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_played(addresses, secrets, seed, **script))


def accompany(
    addresses: Addresses,
    secrets: Secrets,
    simulation: Simulation,
    rounds: Rounds,
    complain: Callable[[str], None],
    *,
    ended: Callable[[], bool] = lambda: False,
    opened: tuple[int, int] | None = None,
) -> None:
    """Let the simulated people answer in the rounds that a visitor opens, until ``ended``.

    ``opened``: a wave that :func:`play` left open (``Outcome.opened``).
    """

    async def beside_the_visitor() -> None:
        async with WorkspaceClient(addresses.workspace, secrets.access_key, AT_ONCE) as workspace:
            company = Company(simulation, workspace, rounds, complain)
            if opened is not None:
                company.has_opened(*opened)
            await company.run(ended)

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(beside_the_visitor())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it exists: the driver shares two cores with everything that it plays with."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _played(
    addresses: Addresses, secrets: Secrets, seed: int = DEFAULT_SEED, **script: Unpack[Script]
) -> Outcome:
    """As :func:`play`, inside a running event loop."""
    simulation = script.get("simulation") or simulation_of(seed)
    numbers = script.get("waves") or range(1, simulation.organisation.plan.campaign.schedule.waves + 1)
    try:
        async with (
            WorkspaceClient(addresses.workspace, secrets.access_key) as workspace,
            MetricsClient(addresses.metrics, secrets.metrics_token) as metrics,
            KafkaAnnouncer(addresses.kafka) as announcer,
        ):
            player = Player(simulation, workspace, metrics, announcer, Programme(script.get("console")))
            outcome = await player.play(seed, numbers)
            then_open = script.get("then_open")
            if then_open is not None:
                return replace(outcome, opened=(then_open, await player.leave_open(then_open)))
            return outcome
    except (aiohttp.ClientError, KafkaError, TimeoutError) as error:
        raise StoryFault(f"a part of the sandbox does not answer ({type(error).__name__}: {error})") from error
