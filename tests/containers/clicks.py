"""Signed clicks at a steady rate, each of another person or on another question, and what became of each."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from benchmarks.presses import Landing, Presses, landing

_LATE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Click:
    """Who presses what."""

    person: str
    item: str
    step: int
    value: int


@dataclass
class Outcome:
    """``confirmed``: clicks after which the next question was shown, the only sign that an answer is in.

    ``unanswered`` got no answer from the bot, and ``unshown`` its answer but nothing to see: its end came between.
    """

    confirmed: set[Click] = field(default_factory=set)
    press_again: set[Click] = field(default_factory=set)
    unanswered: set[Click] = field(default_factory=set)
    unshown: set[Click] = field(default_factory=set)

    @property
    def again(self) -> set[Click]:
        """Clicks of people who saw no next question: they press again."""
        return self.press_again | self.unanswered | self.unshown


async def press(
    clicks: Sequence[Click],
    a_second: float,
    wave: str,
    workspace: str,
    secret: str,
    replies_at: str,
    during: Callable[[], Awaitable[None]] | None = None,
) -> Outcome:
    """Press them all, one after the other and without waiting for answers, while ``during`` goes on.

    ``replies_at`` is an address of this machine at which the bot reaches it.
    """
    outcome = Outcome()
    makes = Presses(secret, workspace, wave, {click.item: click.step for click in clicks})

    async def one(session: aiohttp.ClientSession, replies: Landing, number: int) -> None:
        click = clicks[number]
        made = makes.press(click.person, click.item, click.value, f"{replies.back}{number}")
        try:
            async with session.post(
                "http://127.0.0.1:8601/slack/events", data=made.body, headers=made.headers
            ) as response:
                await response.read()
                if response.status != 200:
                    outcome.unanswered.add(click)
        except (aiohttp.ClientError, TimeoutError):
            outcome.unanswered.add(click)

    connector = aiohttp.TCPConnector(limit=500)
    async with (
        landing("0.0.0.0", replies_at) as replies,
        aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10)) as session,
    ):
        tasks = [asyncio.ensure_future(during())] if during else []
        started = time.perf_counter()
        for number in range(len(clicks)):
            await asyncio.sleep(max(0.0, started + number / a_second - time.perf_counter()))
            tasks.append(asyncio.create_task(one(session, replies, number)))
        await asyncio.gather(*tasks)
        await replies.until(len(clicks) - len(outcome.unanswered), _LATE_SECONDS)
    outcome.confirmed = {clicks[number] for number in replies.confirmed()}
    outcome.press_again = {clicks[number] for number in replies.again()}
    outcome.unshown = set(clicks) - outcome.confirmed - outcome.press_again - outcome.unanswered
    return outcome
