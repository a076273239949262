"""The demo: the sandbox with the story of a care organisation of 120 people played in it.

Engines start while the story is still being loaded, so this module loads none of it.
"""

from collections.abc import Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from pydantic import Field
from rich.console import Console

from sandbox.stack.demo import play
from sandbox.stack.plan import FOR_ANSWERS, processes
from sandbox.stack.running import GETTING_READY, Options, Stack
from sandbox.stack.state import StateFolder
from services.runtime.settings import RuntimeSettings, load

if TYPE_CHECKING:
    from sandbox.story.simulation import Simulation

_FOR_THE_VISITOR: Final = 5
"""Waves after those of the story. The first is opened, answered by some, and left for a visitor to answer and to close;
the others are planned and wait for a champion's approval."""


class DemoSettings(RuntimeSettings):
    """Where the demo keeps its state, and its ports."""

    port_base: int = Field(default=8600, ge=1024, le=65_500)


class Demo:
    """The demo's story in a sandbox: its stage, and what is played. ``once`` without a visitor; ``keep`` no story."""

    def __init__(self, seed: int, *, once: bool, keep: bool) -> None:
        self._seed = seed
        self._once = once
        self._keep = keep
        self._out, self._errors = (Console(highlight=False, stderr=stderr) for stderr in (False, True))
        self.say = partial(self._out.print, markup=False, soft_wrap=True)
        self.complain = partial(self._errors.print, markup=False, soft_wrap=True)

    def approved(self) -> int:
        """How many waves are approved at the start."""
        return self._played if self._once else self._played + 1

    @property
    def _played(self) -> int:
        waves = self._simulation.organisation.plan.campaign.schedule.waves
        return waves if self._once else waves - _FOR_THE_VISITOR

    @cached_property
    def _simulation(self) -> "Simulation":
        from sandbox.story.simulation import simulation_of  # noqa: PLC0415

        return simulation_of(self._seed, more_waves=0 if self._once else _FOR_THE_VISITOR)

    def prepare(self, state: StateFolder) -> None:
        """Set the stage, except where a kept one stands whole."""
        from sandbox.story.stage import is_set, set_stage, start_clock  # noqa: PLC0415

        organisation = self._simulation.organisation  # made here, beside the start, also for ``approved``
        if not (self._keep and is_set(state.workspace)):
            start_clock(set_stage(organisation, state.path), state.workspace)

    def get_ready(self) -> None:
        """Load what plays the story."""
        import sandbox.played  # noqa: F401, PLC0415

    def work(self, stack: Stack) -> None:
        """Play, and stay with a visitor."""
        from sandbox import played  # noqa: PLC0415

        opened = None
        if not self._keep:
            then_open = None if self._once else self._played + 1
            opened = played.play(stack, self._simulation, self._out, self._played, then_open).opened
        if not self._once:
            played.invite(stack, self._out, self._simulation, round_open=not self._keep)
            played.accompany(stack, self._simulation, self.complain, opened)


def run_demo(*, once: bool, keep: bool, seed: int) -> int:
    """Run the sandbox and its story. Gives the exit code. Raises SettingsFault."""
    settings = load(DemoSettings)
    demo = Demo(seed, once=once, keep=keep)
    options = Options(
        path=settings.state,
        base=settings.port_base,
        say=demo.say,
        keep=keep,
        once=once,
        prepare=demo.prepare,
        get_ready=demo.get_ready,
        work=demo.work,
        work_needs=() if keep else (GETTING_READY, *FOR_ANSWERS),
        facts=(_in_flight,),
        plan=partial(processes, approved=demo.approved),
    )
    return play(options, demo.complain)


def _in_flight(stack: Stack) -> Iterator[str]:
    from sandbox.stack.in_flight import waves_in_flight  # noqa: PLC0415 - only where a state was kept

    return waves_in_flight(stack)
