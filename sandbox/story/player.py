"""Plays the waves of a story one after the other: clock, announcements, answers, close, release."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar

from sandbox.story import checks
from sandbox.story.announcing import Announcer
from sandbox.story.answering import Respondent, Tally
from sandbox.story.behaviour import Sheet
from sandbox.story.exports import GUEST
from sandbox.story.faults import StoryFault
from sandbox.story.metrics_client import MetricsClient
from sandbox.story.outcome import Outcome, WavePlayed
from sandbox.story.programme import HEADLINES, Programme
from sandbox.story.screen import read_screen
from sandbox.story.simulation import SimulatedWave, Simulation
from sandbox.story.timeline import Moment, moments_of
from sandbox.story.truth import true_scores
from sandbox.story.workspace_client import LONGEST_LOOK, WorkspaceClient

AT_ONCE: Final = 64
"""People who answer at the same time: enough to keep two cores busy."""
RELEASED_WITHIN: Final = 90.0
_INVITED_WITHIN: Final = 60.0
_SAMPLE_OF_INVITATIONS: Final = 200
_PAST_CLOSING: Final = timedelta(minutes=1)
T = TypeVar("T")


class Player:
    """Plays ``simulation`` in a running sandbox."""

    def __init__(
        self,
        simulation: Simulation,
        workspace: WorkspaceClient,
        metrics: MetricsClient,
        announcer: Announcer,
        programme: Programme,
    ) -> None:
        self._simulation = simulation
        self._workspace = workspace
        self._metrics = metrics
        self._announcer = announcer
        self._programme = programme
        self._announced = 0
        self._invited: set[int] = set()

    async def play(self, seed: int, numbers: Iterable[int]) -> Outcome:
        """Play the waves ``numbers`` in order. Raises StoryFault when something that must hold does not."""
        started = time.monotonic()
        waves = [self._simulation.wave(number) for number in numbers]
        played: list[WavePlayed] = []
        with self._programme.shown(sum(sheet.presses for wave in waves for sheet in wave.sheets)):
            for wave in waves:
                played.append(await self._wave(wave))
                self._programme.wave(played[-1])
        outcome = Outcome(seed, tuple(played), self._announced, time.monotonic() - started)
        self._programme.ending(outcome)
        return outcome

    async def leave_open(self, number: int) -> int:
        """Open a wave, let those answer who do so on its first day, and leave the rest to a visitor.

        Gives the sequence number in the workspace from before the opening.
        """
        wave = self._simulation.wave(number)
        since = await self._open(wave)
        await self._moment(wave, moments_of(wave, self._simulation.events)[0], since)
        return since

    async def _open(self, wave: SimulatedWave) -> int:
        """Move to the opening; gives the sequence number in the workspace from before it."""
        since = (await self._workspace.look(wave.organisation.people[0].member)).sequence
        self._programme.doing(f"wave {wave.number} opens")
        await self._workspace.move_clock(wave.organisation.plan.campaign.schedule.opens_at(wave.number))
        return since

    async def _moment(self, wave: SimulatedWave, moment: Moment, since: int) -> tuple[list[Tally], float]:
        """What happens at a moment: what those who answered then were told, and the seconds that answering took.

        At the first moment of a wave people answer as soon as they have their invitation, while others get theirs.
        """
        await self._workspace.move_clock(moment.at)
        await self._announce(moment)
        self._programme.doing(f"wave {wave.number}, {moment.at:%A}")
        began = time.monotonic()
        first = wave.number not in self._invited
        self._invited.add(wave.number)
        try:
            async with asyncio.TaskGroup() as group:
                if first:
                    group.create_task(self._all_invited(wave, since))
                answers = group.create_task(self._answers(wave, moment.sheets, since, first=first))
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None
        return answers.result(), time.monotonic() - began

    async def _wave(self, wave: SimulatedWave) -> WavePlayed:
        started = time.monotonic()
        schedule = wave.organisation.plan.campaign.schedule
        since = await self._open(wave)
        tallies: list[Tally] = []
        answering = 0.0
        for moment in moments_of(wave, self._simulation.events):
            told, seconds = await self._moment(wave, moment, since)
            tallies += told
            answering += seconds
        await self._one_invitation_each(wave, since)
        self._programme.doing(f"wave {wave.number} closes")
        await self._workspace.move_clock(schedule.closes_at(wave.number) + _PAST_CLOSING)
        published = await self._metrics.wait_released(wave.id, RELEASED_WITHIN)
        checks.only_large_teams(wave, published)
        checks.published_as_answered(wave, published)
        return WavePlayed(
            number=wave.number,
            wave_id=wave.id,
            invited=len(wave.organisation.people),
            people=len(wave.sheets),
            confirmed=sum(len(tally.confirmed) for tally in tallies),
            presses=sum(tally.presses for tally in tallies),
            again=sum(tally.again for tally in tallies),
            answering_seconds=answering,
            seconds=time.monotonic() - started,
            truth=true_scores(wave),
            published=published,
            verdicts=await self._metrics.verdicts(wave.id, HEADLINES),
        )

    async def _all_invited(self, wave: SimulatedWave, since: int) -> None:
        """Wait until everybody has the invitation."""
        people = wave.organisation.people
        await self._together(partial(self._invitation, wave, person.member, since) for person in people)

    async def _invitation(self, wave: SimulatedWave, member: str, since: int) -> None:
        """Wait until one person has a message with a question."""
        deadline = time.monotonic() + _INVITED_WITHIN
        look_from = since
        while (left := deadline - time.monotonic()) > 0:
            seen = await self._workspace.look(member, look_from, min(left, LONGEST_LOOK))
            if any(read_screen(message, wave.items).question for message in seen.messages):
                return
            look_from = seen.sequence
        raise StoryFault(
            f"{member} has no invitation to {wave.id} after {_INVITED_WITHIN:.0f} s; see the log of the bot"
        )

    async def _announce(self, moment: Moment) -> None:
        for event in moment.events:
            await self._announcer.publish(event.published(self._simulation.organisation.plan))
            self._announced += 1

    async def _answers(self, wave: SimulatedWave, sheets: tuple[Sheet, ...], since: int, *, first: bool) -> list[Tally]:
        async def answer(sheet: Sheet) -> Tally:
            if first:
                await self._invitation(wave, sheet.member, since)
            tally = await Respondent(
                self._workspace, sheet, wave.items, since, comment=wave.comments.get(sheet.member)
            ).answer()
            checks.all_confirmed(sheet, tally)
            self._programme.pressed(tally.presses)
            return tally

        return await self._together(partial(answer, sheet) for sheet in sheets)

    async def _one_invitation_each(self, wave: SimulatedWave, since: int) -> None:
        async def check(member: str) -> None:
            checks.one_invitation(member, (await self._workspace.look(member, since)).messages, wave.id)

        sample = wave.organisation.people[:_SAMPLE_OF_INVITATIONS]
        await self._together(partial(check, person.member) for person in sample)
        if (await self._workspace.look(GUEST.id, since)).messages:
            raise StoryFault(f"the guest {GUEST.id} got a message of {wave.id}; guests are never asked")

    async def _together(self, works: Iterable[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
        """All of them, ``AT_ONCE`` at a time; the first fault ends the others."""
        places = asyncio.Semaphore(AT_ONCE)

        async def placed(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
            async with places:
                return await work()

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(placed(work)) for work in works]
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None
        return [task.result() for task in tasks]
