"""The simulated colleagues beside a visitor: they answer on their day, and not for whom the visitor is."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sandbox.story.answering import Respondent
from sandbox.story.behaviour import Sheet
from sandbox.story.company import Company, Round
from sandbox.story.exports import directory
from sandbox.story.simulation import simulation_of
from sandbox.story.stage import set_stage, start_clock
from sandbox.story.timeline import moments_of
from tests.integration.story.test_pressing import stage


async def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 180
    while not holds():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


async def test_colleagues_answer_day_by_day_and_leave_the_visitors_answers_alone(tmp_path: Path) -> None:
    simulation = simulation_of()
    wave = simulation.wave(1)
    first, *_, last = moments_of(wave, simulation.events)
    schedule = simulation.organisation.plan.campaign.schedule
    title = simulation.organisation.plan.campaign.title_of(1)
    rounds = [Round(1, "planned", title, schedule.opens_at(1), schedule.closes_at(1), approved=True)]
    start_clock(set_stage(simulation.organisation, tmp_path), tmp_path / "state")
    complaints: list[str] = []
    ended = asyncio.Event()
    content = directory(simulation.organisation).model_dump(mode="json", exclude_defaults=True)
    async with stage(tmp_path, wave.items, content) as (bot, client):
        looks = 0

        def look() -> tuple[Round, ...]:
            nonlocal looks
            looks += 1
            return tuple(rounds)

        playing = asyncio.create_task(Company(simulation, client, look, complaints.append).run(ended.is_set))
        await eventually(lambda: looks > 1, "the company has looked before the round opens")
        rounds[0] = replace(rounds[0], state="open")
        for sheet in wave.sheets:
            await bot.invite(sheet.member, wave.id)
        visitor = first.sheets[0]
        begun = Sheet(visitor.member, visitor.person, 0, visitor.taps[:1])
        await Respondent(client, begun, wave.items, 0).answer()
        assert bot.stored == {visitor.member: begun.final}

        await client.move_clock(first.at)
        on_the_first_day = {sheet.member for sheet in first.sheets}
        finals = {sheet.member: sheet.final for sheet in wave.sheets} | {visitor.member: begun.final}

        def stored(members: set[str]) -> bool:
            return all(bot.stored.get(member) == finals[member] for member in members)

        await eventually(lambda: stored(on_the_first_day), "who answers on the first day has answered")
        assert set(bot.stored) == on_the_first_day
        await client.move_clock(last.at)
        await eventually(lambda: stored(set(finals)), "everybody has answered")
        ended.set()
        await playing
        assert bot.stored == finals
    assert complaints == []
