"""Simulated people press buttons in the real emulated workspace until what they mean is confirmed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.slack.app import create_app, server
from sandbox.story import checks
from sandbox.story.answering import Respondent, Tally
from sandbox.story.behaviour import Sheet, Tap
from sandbox.story.faults import StoryFault
from sandbox.story.plan import load_bank
from sandbox.story.workspace_client import WorkspaceClient
from services.contracts.survey import Item
from tests.integration.slack_workspace.conftest import (
    ACCESS_KEY,
    BOT_TOKEN,
    DIRECTORY,
    free_socket,
    plain_server,
    serving,
    write_settings,
)
from tests.integration.story.asking_bot import AskingBot

ITEMS = tuple(load_bank().by_id[item] for item in ("A1", "A2", "JS1", "JS2", "JS3"))


@asynccontextmanager
async def stage(
    folder: Path, items: tuple[Item, ...] = ITEMS, directory: dict[str, Any] = DIRECTORY
) -> AsyncIterator[tuple[AskingBot, WorkspaceClient]]:
    listening, bot_listening = free_socket(), free_socket()
    ports = listening.getsockname()[1], bot_listening.getsockname()[1]
    settings = write_settings(folder, *ports, directory_content=directory)
    bot = AskingBot(f"{settings.base_url}/api/", BOT_TOKEN, items)
    async with (
        serving(create_app(settings), listening, server),
        serving(bot.app, bot_listening, plain_server),
        WorkspaceClient(settings.base_url, ACCESS_KEY) as client,
    ):
        yield bot, client
        await bot.close()


def taps(*values: int | None, twice: bool = False) -> tuple[Tap, ...]:
    return tuple(Tap(item.id, value, twice) for item, value in zip(ITEMS, values, strict=False))


async def answered(bot: AskingBot, client: WorkspaceClient, sheet: Sheet, patience: float = 25.0) -> Tally:
    """``patience``: after how many seconds a press that shows nothing counts as not taken."""
    since = (await client.look(sheet.member)).sequence
    await bot.invite(sheet.member, "w1")
    tally = await asyncio.wait_for(Respondent(client, sheet, ITEMS, since, patience=patience).answer(), 120)
    checks.all_confirmed(sheet, tally)
    return tally


async def test_everything_meant_is_confirmed_and_stored(tmp_path: Path) -> None:
    sheet = Sheet("U1", 0, 0, taps(1, 2, 3, None, 5))
    async with stage(tmp_path) as (bot, client):
        tally = await answered(bot, client, sheet)
        assert bot.stored["U1"] == sheet.final == {"A1": 1, "A2": 2, "JS1": 3, "JS2": None, "JS3": 5}
        assert tally.presses == bot.presses == 5


async def test_changed_answers_replace_the_first_ones(tmp_path: Path) -> None:
    sheet = Sheet("U1", 0, 0, taps(1, 2, 3, 4, 5), again=taps(2, 2, 2, 2, None))
    async with stage(tmp_path) as (bot, client):
        await answered(bot, client, sheet)
        assert bot.stored["U1"] == {"A1": 2, "A2": 2, "JS1": 2, "JS2": 2, "JS3": None}


async def test_someone_who_stops_half_way_leaves_the_rest_open(tmp_path: Path) -> None:
    async with stage(tmp_path) as (bot, client):
        await answered(bot, client, Sheet("U1", 0, 0, taps(4, 4)))
        assert bot.stored["U1"] == {"A1": 4, "A2": 4}


@pytest.mark.parametrize("latest_reply", [0.0, 0.3])
@pytest.mark.parametrize("shape", ["whole", "changed", "half"])
async def test_double_clicks_change_nothing_even_when_replies_overtake_one_another(
    tmp_path: Path, latest_reply: float, shape: str
) -> None:
    first = taps(5, 4, 3, 2, 1, twice=True)
    sheet = {
        "whole": Sheet("U1", 0, 0, first),
        "changed": Sheet("U1", 0, 0, first, again=taps(1, 2, 3, 4, 5, twice=True)),
        "half": Sheet("U1", 0, 0, first[:2]),
    }[shape]
    async with stage(tmp_path) as (bot, client):
        bot.latest_reply = latest_reply
        for _ in range(2):
            bot.stored.clear()
            await answered(bot, client, sheet)
            assert bot.stored["U1"] == sheet.final


@pytest.mark.parametrize("fault", ["refuse_every", "drop_every"])
async def test_a_press_that_is_not_taken_is_pressed_again(tmp_path: Path, fault: str) -> None:
    sheet = Sheet("U1", 0, 0, taps(1, 2, 3, 4, 5))
    async with stage(tmp_path) as (bot, client):
        setattr(bot, fault, 3)
        tally = await answered(bot, client, sheet, patience=0.5)
        assert tally.again >= 1
        assert bot.stored["U1"] == sheet.final


async def test_a_bot_that_never_takes_an_answer_ends_the_story(tmp_path: Path) -> None:
    async with stage(tmp_path) as (bot, client):
        bot.refuse_every = 1
        with pytest.raises(StoryFault, match="keeps seeing the same questions"):
            await answered(bot, client, Sheet("U1", 0, 0, taps(1)))


async def test_a_fault_names_no_item_beside_the_person(tmp_path: Path) -> None:
    labels_lost = tuple(item.model_copy(update={"scale": ITEMS[0].scale}) for item in ITEMS)
    async with stage(tmp_path, labels_lost) as (bot, client):
        with pytest.raises(StoryFault, match="finds no button") as fault:
            await answered(bot, client, Sheet("U1", 0, 0, taps(1, 2)))
        assert not any(item.id in str(fault.value) for item in ITEMS)
