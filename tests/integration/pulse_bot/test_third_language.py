"""Somebody answers in a language that one file brought: the real bot of a copy of the services, in a process."""

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.contracts.events import AnswerGiven
from services.contracts.topics import TopicName
from tests.integration.pulse_bot.acting import Colleague, words
from tests.integration.pulse_bot.house import CHAMPION, GENERAL, House, Reader, build, directory, member, write_campaign
from tests.integration.pulse_bot.processes import bot_process
from tests.unit.pulse_bot.third_language import CODE, LOCALE, NAME, add, catalogue, copied, own, there

ME = member(3)
"""Has Frisian in Slack."""

OTHER = member(4)
"""Has English in Slack."""


def frisian_directory() -> dict[str, object]:
    people = directory()
    people["users"] = [one | {"locale": LOCALE} if one["id"] == ME else one for one in people["users"]]
    return people


@pytest.fixture
async def house(tmp_path: Path, topics_there: str, reader: Reader) -> AsyncIterator[House]:
    """A house in whose workspace somebody has Frisian."""
    campaign = f"t{secrets.token_hex(4)}"
    async with build(tmp_path, topics_there, reader, campaign, directory_content=frisian_directory()) as built:
        yield built


def brought(house: House) -> dict[str, str]:
    """The environment of a bot of which a copy has one more file."""
    copy = house.folder / "copy"
    add(copied(copy), catalogue(lambda english, _limit: own(english)))
    return there(copy)


async def test_a_person_with_the_language_in_slack_is_asked_and_answers_in_it(house: House) -> None:
    house.plan()
    async with bot_process(house, **brought(house)) as bot:
        await house.open_and_send()
        invitation = await house.invitation(ME)
        assert own("All in all: how do you feel about AI in your work?") in words(invitation)
        assert own("Strongly in favour") in words(invitation)
        done = await house.answer_all(ME, [4, None, 2, 1, 5])
        assert own("*Thank you! Your answers are in.*") in words(done)
        assert own("Change my answers") in words(done)
        assert "is not complete" not in bot.log.read_text()
    given = [event for _, event in house.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]
    assert [event.value for event in given] == [4, None, 2, 1, 5]


async def test_anybody_chooses_it_by_command_or_in_the_preferences_and_others_keep_theirs(
    house: House,
) -> None:
    house.plan()
    async with bot_process(house, **brought(house)):
        other = Colleague(house, OTHER)
        assert f"`{CODE}`" in await other.told("/pulse language xx")
        assert own("From now on I write to you in English.") in await other.told(f"/pulse language {CODE}")
        await other.press("home.preferences", view=await other.home())
        offered = (await other.modal())["blocks"][0]["element"]
        assert [choice["text"]["text"] for choice in offered["options"]] == ["Nederlands", "English", NAME]
        assert offered["initial_option"]["value"] == CODE
        await other.submit(language=CODE, hour="campaign", days_off=[], pause="0")
        assert own("*Your preferences are saved.*") in words(await other.sees(own("Your preferences are saved.")))
        await house.open_and_send()
        assert own("I trust that AI is used well here.") in words(
            (await house.click(OTHER, await house.invitation(OTHER), "pulse.answer.3"))["shown"]
        )
        assert "Helemaal eens" in words(
            (await house.click(CHAMPION, await house.invitation(CHAMPION), "pulse.answer.3"))["shown"]
        )


async def test_a_champion_who_reads_it_writes_announcements_in_english_and_dutch(house: House) -> None:
    write_campaign(house.folder, house.campaign_id, language=CODE)
    house.plan()
    async with bot_process(house, **brought(house)):
        champion = Colleague(house, CHAMPION)
        await champion.told(f"/pulse language {CODE}")
        await champion.command("/pulse success")
        asked = words(await champion.modal())
        assert own("Title in English") in asked
        assert own("Title in Dutch") in asked
        sent = await champion.submit(
            title="Less paper",
            story="It went well.",
            audience=["organisation"],
            other_title="Minder papier",
            other_story="Het ging goed.",
        )
        assert sent["outcome"] == "closed", sent
        draft = await champion.sees("Less paper")
        assert own("Approve") in words(draft)
        await champion.press("announcement.approve", message=draft)
        post = await champion.sees("Less paper", GENERAL)
        assert own("Success") in words(post)


async def test_a_bot_whose_catalogue_is_broken_says_so_and_asks_everybody_in_a_language_it_has(house: House) -> None:
    house.plan()
    environment = brought(house)
    async with bot_process(house, **environment):
        assert own("From now") in await Colleague(house, OTHER).told(f"/pulse language {CODE}")
    add(house.folder / "copy" / "services/pulse_bot/locales", b"no catalogue")
    async with bot_process(house, **environment) as bot:
        (told,) = [json.loads(line) for line in bot.log.read_text().splitlines() if "is not complete" in line]
        assert (told["language"], told["usable"]) == (CODE, False)
        await house.open_and_send()
        assert "Mijn antwoorden veranderen" in words(await house.answer_all(ME, [3, 3, 3, 3, 3]))
        assert "Change my answers" in words(await house.answer_all(OTHER, [3, 3, 3, 3, 3]))
