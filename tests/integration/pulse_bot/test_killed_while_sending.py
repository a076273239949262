"""Killed with SIGKILL at twenty random moments of a wave: everybody gets exactly one invitation."""

import asyncio
import multiprocessing
import random
import secrets
from pathlib import Path
from typing import Any

import pytest

from services.pulse_bot.ledger import invitations
from services.pulse_bot.ledger.models import DeliveryState, WaveState
from tests.integration.pulse_bot import mortal_sender
from tests.integration.pulse_bot.house import House, Reader, build, directory, eventually
from tests.integration.slack_workspace.conftest import BOT_TOKEN
from tests.postgres import Postgres

PEOPLE = 260
KILLS = 20
PER_MINUTE = 3000
NAMES = [f"U{n:04}" for n in range(PEOPLE)]


def crowd() -> dict[str, Any]:
    content = directory()
    content["users"] = [{"id": name, "name": name.lower(), "real_name": name} for name in NAMES] + content["users"][:2]
    content["channels"] = []
    return content


async def killed_at_random(house: House, seed: int, kills: int = KILLS) -> None:
    """Kill so often, and on until a kill has left a message behind that was claimed."""
    rows = [f"{name},{('noord', 'zuid')[n % 2]}" for n, name in enumerate(NAMES)]
    (house.folder / "roster.csv").write_text("\n".join(["member,node", *rows]) + "\n")
    house.plan()
    await house.clock_to(house.campaign.schedule.opens_at(1))
    assert not (await house.tick()).faults
    assert (await house.wave()).state is WaveState.OPEN
    await house.open_and_send()
    settings = house.settings.model_copy(update={"send_per_minute": PER_MINUTE})
    chance = random.Random(seed)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([mortal_sender.__name__])
    sent = left_claimed = killed = 0
    while killed < kills or not left_claimed:
        process, says = await begun(processes, settings)
        wanted = sent + chance.randint(1, 8)

        async def so_far(wanted: int = wanted) -> bool:
            return (await counted(house)).get(DeliveryState.SENT, 0) >= wanted

        await eventually(so_far, 60)
        await asyncio.sleep(chance.uniform(0.0, 0.02))  # at any moment between two messages
        process.kill()
        killed += 1
        await asyncio.to_thread(process.join, 90)
        counts = await counted(house)
        sent = counts[DeliveryState.SENT]
        assert sent < PEOPLE, "killed too late to matter"
        left_claimed += DeliveryState.CLAIMED in counts
    process, says = await begun(processes, settings)
    assert await asyncio.to_thread(says.poll, 180)
    assert says.recv() == "done"
    await asyncio.to_thread(process.join, 90)
    assert await counted(house) == {DeliveryState.SENT: PEOPLE}
    wanted = f"invitation:{house.wave_id()}"
    for name in NAMES:
        assert [m["blocks"][0]["block_id"] for m in await house.messages(name)] == [wanted], name


async def counted(house: House) -> dict[DeliveryState, int]:
    """How many invitations are in each state."""
    return await house.ledgers[0].read(lambda c: invitations.delivery_counts(c, house.wave_id()))


async def begun(processes: Any, settings: Any) -> tuple[Any, Any]:
    """A sender that has begun to tick, and the end of the pipe to listen at."""
    hears, says = processes.Pipe(duplex=False)
    process = processes.Process(target=mortal_sender.send, args=(settings, BOT_TOKEN, says), daemon=True)
    process.start()
    says.close()
    assert await asyncio.to_thread(hears.poll, 90)
    assert hears.recv() == "begun"
    return process, hears


async def test_killed_at_twenty_random_moments_nobody_gets_two_invitations_and_nobody_none(
    tmp_path: Path, topics_there: str, reader: Reader
) -> None:
    name = f"t{secrets.token_hex(4)}"
    async with build(tmp_path, topics_there, reader, name, directory_content=crowd()) as house:
        await killed_at_random(house, seed=20)


@pytest.mark.needs("postgresql")
async def test_killed_at_random_moments_the_same_holds_on_postgresql(
    tmp_path: Path, topics_there: str, reader: Reader, postgres: Postgres
) -> None:
    name = f"t{secrets.token_hex(4)}"
    async with build(tmp_path, topics_there, reader, name, directory_content=crowd()) as house:
        house.settings = house.settings.model_copy(update={"ledger_url": postgres.new_database()})
        await killed_at_random(house, seed=21, kills=6)
