"""The simulated colleagues beside a visitor: in every round that opens they answer, day by day, as time is moved.

A colleague whom the visitor has been in a round is left alone in it: those answers are the visitor's.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import aiohttp

from sandbox.slack.wire import Json
from sandbox.story.answering import Respondent
from sandbox.story.behaviour import Sheet
from sandbox.story.faults import StoryFault
from sandbox.story.screen import read_screen
from sandbox.story.simulation import SimulatedWave, Simulation
from sandbox.story.timeline import Moment, moments_of
from sandbox.story.workspace_client import WorkspaceClient
from services.contracts.base import Text
from services.pulse_bot.messages.ids import ActionId

_LOOK_EVERY: Final = 0.5
_AFTER_A_FAULT: Final = 2.0
_FAULTS_BORNE: Final = 4
_INVITED_WITHIN: Final = 20.0
_NEWS_AFTER: Final = timedelta(minutes=5)
AT_ONCE: Final = 32
_NOTHING: Final = 2**62
"""A number in the workspace that nothing has reached."""


@dataclass(frozen=True)
class Round:
    """A round as the ledger has it: ``state`` in its words, times in campaign time."""

    number: int
    state: str
    title: Text
    opens_at: datetime
    closes_at: datetime
    approved: bool

    def shown(self) -> Json:
        """What the page needs of it."""
        return {
            "title": self.title.model_dump(),
            "opens_at": self.opens_at.isoformat(),
            "approved": self.approved,
        }


Rounds = Callable[[], tuple[Round, ...]]
"""Reads every round of the campaign; blocks."""


@dataclass
class _Playing:
    """A round that is open: where it began in the workspace, and how many of its moments have been played."""

    wave: SimulatedWave
    moments: tuple[Moment, ...]
    since: int
    played: int = 0
    unfinished: int = 0


class Company:
    """Plays along in a running sandbox."""

    def __init__(
        self, simulation: Simulation, workspace: WorkspaceClient, rounds: Rounds, complain: Callable[[str], None]
    ) -> None:
        self._simulation = simulation
        self._workspace = workspace
        self._rounds = rounds
        self._complain = complain
        self._before: dict[int, int] = {}
        self._playing: dict[int, _Playing] = {}
        self._told: tuple[Json, datetime] | None = None

    def has_opened(self, number: int, since: int) -> None:
        """A round was opened, and its first day played, by somebody else; ``since`` is from before it opened."""
        self._playing[number] = self._begun(number, since)
        self._playing[number].played = 1

    async def run(self, ended: Callable[[], bool]) -> None:
        """Until ``ended``: look twice a second what time it is and which round is open, and do what is due."""
        faults = 0
        while not ended():
            try:
                await self._step()
                faults = 0
            except (aiohttp.ClientError, TimeoutError, StoryFault) as fault:
                faults += 1
                if faults == _FAULTS_BORNE:  # fewer are a demo that is ending
                    self._complain(f"the simulated colleagues do not reach the workspace and go on trying: {fault}")
                await asyncio.sleep(_AFTER_A_FAULT)
            await asyncio.sleep(_LOOK_EVERY)

    async def _step(self) -> None:
        # Looked up before the rounds are read: every message of a round that is planned still comes after it.
        reached = (await self._workspace.look(self._simulation.organisation.people[0].member, _NOTHING)).sequence
        rounds = await asyncio.to_thread(self._rounds)
        now = await self._workspace.now()
        self._before |= {one.number: reached for one in rounds if one.state == "planned"}
        for one in rounds:
            if one.state == "open" and one.number in self._before:
                self._playing.setdefault(one.number, self._begun(one.number, self._before.pop(one.number)))
            if one.state == "open" and one.number in self._playing:
                await self._play(self._playing[one.number], now)
        await self._tell(rounds, now)

    def _begun(self, number: int, since: int) -> _Playing:
        wave = self._simulation.wave(number)
        return _Playing(wave, moments_of(wave, self._simulation.events), since)

    async def _play(self, playing: _Playing, now: datetime) -> None:
        while playing.played < len(playing.moments) and playing.moments[playing.played].at <= now:
            await self._moment(playing, playing.moments[playing.played])
            playing.played += 1
        if playing.unfinished:
            self._complain(
                f"{playing.unfinished} simulated colleagues did not finish {playing.wave.id}: it closed, or the "
                "visitor answered for them"
            )
            playing.unfinished = 0

    async def _moment(self, playing: _Playing, moment: Moment) -> None:
        places = asyncio.Semaphore(AT_ONCE)

        async def answer(sheet: Sheet) -> None:
            async with places:
                if not await self._is_asked(playing, sheet.member):
                    return
                try:
                    await Respondent(
                        self._workspace,
                        sheet,
                        playing.wave.items,
                        playing.since,
                        comment=playing.wave.comments.get(sheet.member),
                    ).answer()
                except StoryFault:  # counted; what the bot had confirmed until then is stored
                    playing.unfinished += 1

        async with asyncio.TaskGroup() as group:
            for sheet in moment.sheets:
                group.create_task(answer(sheet))

    async def _is_asked(self, playing: _Playing, member: str) -> bool:
        """Whether the first question of the round stands before somebody, who may still have to be invited."""
        deadline = time.monotonic() + _INVITED_WITHIN
        look_from = playing.since
        while (left := deadline - time.monotonic()) > 0:
            seen = await self._workspace.look(member, look_from, left)
            for message in reversed(seen.messages):
                screen = read_screen(message, playing.wave.items)
                if screen.question is not None or screen.button_with(ActionId.CHANGE.value):
                    return screen.question == playing.wave.items[0]
            look_from = seen.sequence
        return False

    async def _tell(self, rounds: tuple[Round, ...], now: datetime) -> None:
        """Tell the page until when everybody has answered, and which round comes next; only when it is news."""
        coming = next((one for one in rounds if one.state == "planned" and one.closes_at > now), None)
        shown: Json = {"next": None if coming is None else coming.shown()}
        if self._told is not None and self._told[0] == shown and now - self._told[1] < _NEWS_AFTER:
            return
        await self._workspace.tell_of_company(shown | {"answered_until": now.isoformat()})
        self._told = shown, now
