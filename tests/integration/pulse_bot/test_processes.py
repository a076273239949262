"""The bot as a process: what it says, how it is killed, and the operator's commands beside it."""

import asyncio
import random
import re
from typing import Any

import httpx
import pytest

from services.contracts.events import AnswerGiven, BallotWithdrawn, WaveClosed
from services.contracts.topics import TopicName
from services.pulse_bot.ledger.models import WaveState
from tests.integration.pulse_bot.acting import Colleague
from tests.integration.pulse_bot.house import PEOPLE, House, eventually, member
from tests.integration.pulse_bot.processes import bot_process, draagvlak
from tests.integration.pulse_bot.slack_requests import block_actions, deliver, form
from tests.integration.pulse_bot.test_surfaces import raw_rows

PEOPLE_IDS = [member(n) for n in range(1, PEOPLE + 1)]
ITEMS = ("A1", "A2", "JS1", "JS2", "JS3")

FAULTY_BOT = """
import sys
from services.pulse_bot.answers.answering import Answering

async def take(self, person, answer, waited=0.0):
    member, item, value = person.member, answer.item_id, answer.value
    raise RuntimeError(f"{member} answered {value} to {item}")

Answering.take = take
from services.command_line import main
sys.argv = ["draagvlak", "bot"]
main()
"""


def tells_who_said_what(line: str) -> bool:
    """Whether a log line names a person beside an item, or beside what a button carries."""
    person = any(re.search(rf"\b{person}\b", line) for person in PEOPLE_IDS)
    item = any(re.search(rf"\b{item}\b", line) for item in ITEMS)
    return person and (item or "pulse.answer" in line or "invitation|" in line)


async def test_a_whole_session_at_the_most_talkative_level_names_nobody_beside_an_item(house: House) -> None:
    house.plan()
    async with bot_process(house, DRAAGVLAK_LOG_LEVEL="debug") as bot:
        await house.open_and_send()
        for person in PEOPLE_IDS[:4]:
            await house.answer_all(person, [1, 2, None, 4, 5])
        async with httpx.AsyncClient(base_url=house.bot_url, timeout=60) as client:
            for value in (f"invitation|{house.wave_id()}|0|A1|9", "nonsense", f"invitation|{house.wave_id()}|7|A1|1"):
                await deliver(client, form(block_actions(member(1), value)))
            body = form(block_actions(member(1), f"invitation|{house.wave_id()}|0|A1|1"))
            await client.post("/slack/events", content=body)  # unsigned
            await deliver(client, form({"type": "block_actions", "user": {"id": member(1)}, "actions": [{}]}))
        assert (await draagvlak(house, "waves", "close", house.wave_id()))[0] == 0
    said = bot.log.read_text()
    assert "wave closed" in said
    assert [line for line in said.splitlines() if tells_who_said_what(line)] == []
    assert [line for line in said.splitlines() if any(person in line for person in PEOPLE_IDS)] == []


async def test_an_unexpected_error_gives_the_person_a_reference_and_the_log_no_person(house: House) -> None:
    house.plan()
    async with bot_process(house, script=FAULTY_BOT, DRAAGVLAK_LOG_LEVEL="debug") as bot:
        await house.open_and_send()
        invitation = await house.invitation(member(1))
        report = await house.click(member(1), invitation, "pulse.answer.3")
        assert report["status"] == 200
        told = re.search(r"\b[0-9a-f]{8}\b", str(report["shown"]["text"]))
        assert told is not None
    said = bot.log.read_text()
    (line,) = [line for line in said.splitlines() if told.group() in line]
    assert "RuntimeError" in line
    assert member(1) not in said
    assert "answered" not in line


def is_confirmed(shown: Any) -> bool:
    """Whether this is the next question, and not the word that the press has to be made once more."""
    return shown is not None and not any(again in str(shown) for again in ("nog een keer", "once more"))


@pytest.mark.parametrize("seed", range(3))
async def test_a_bot_killed_while_people_answer_comes_back_and_counts_everybody_once(house: House, seed: int) -> None:
    house.plan()
    chance = random.Random(seed)
    confirmed: dict[str, int] = {}

    async def press(person: str) -> None:
        message = await house.invitation(person)
        async with asyncio.timeout(180):
            while person not in confirmed:
                value = chance.randint(1, 5)
                report = await house.click(person, message, f"pulse.answer.{value}", wait_seconds=3)
                if report["status"] == 200 and is_confirmed(report["shown"]):
                    confirmed[person] = value

    async with bot_process(house) as first:
        await house.open_and_send()
        for person in PEOPLE_IDS:
            await house.invitation(person)
        clicks = [asyncio.create_task(press(person)) for person in PEOPLE_IDS]
        await asyncio.sleep(chance.uniform(0, 0.1))
        await first.kill()
    async with bot_process(house):
        await asyncio.gather(*clicks)
        assert len(confirmed) == PEOPLE
        code, said = await draagvlak(house, "waves", "close", house.wave_id())
        assert (code, house.wave_id() in said) == (0, True)
    answers = [event for _, event in house.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]
    latest: dict[str, AnswerGiven] = {}
    for answer in sorted(answers, key=lambda given: given.revision):
        latest[answer.ballot_id] = answer
    assert sorted(answer.value or 0 for answer in latest.values()) == sorted(confirmed.values())
    (event,) = [event for _, event in house.events(TopicName.WAVES) if isinstance(event, WaveClosed)]
    acknowledged = sum(unit.acknowledged for unit in event.units)
    revised = sum(unit.with_revision for unit in event.units)
    assert acknowledged <= PEOPLE <= revised == PEOPLE


async def test_the_operators_commands_tell_what_they_did_and_what_to_do(house: House) -> None:
    plan = await draagvlak(house, "waves", "plan")
    assert plan[0] == 0
    assert f"{house.wave_id()}" in plan[1]
    assert (await draagvlak(house, "waves", "plan", "--approve"))[0] == 2
    stranger = await draagvlak(house, "waves", "plan", "--approve", "--by", member(9))
    assert (stranger[0], "not a champion" in stranger[1]) == (1, True)
    assert (await draagvlak(house, "waves", "plan", "--first", "1"))[0] == 2
    only_first = await draagvlak(house, "waves", "plan", "--approve", "--by", member(1), "--first", "1")
    assert (only_first[0], "1 of 1" in only_first[1], "0 of 1" in only_first[1]) == (0, True, True)
    approved = await draagvlak(house, "waves", "plan", "--approve", "--by", member(1))
    assert (approved[0], "1 of 1" in approved[1], "0 of 1" in approved[1]) == (0, True, False)
    early = await draagvlak(house, "waves", "close", house.wave_id())
    assert (early[0], "planned" in early[1]) == (1, True)
    unknown = await draagvlak(house, "waves", "close", "nowhere")
    assert (unknown[0], "no wave nowhere" in unknown[1]) == (1, True)
    await house.open_and_send()
    assert "opened" in (await draagvlak(house, "waves", "tick"))[1]
    frozen = house.campaign_file.read_text().replace("waves: 2", "waves: 3")
    house.campaign_file.write_text(frozen)
    changed = await draagvlak(house, "waves", "plan")
    assert (changed[0], "frozen" in changed[1]) == (1, True)
    for _ in range(2):
        assert (await draagvlak(house, "waves", "close", house.wave_id()))[0] == 0
    assert (await house.wave()).state is WaveState.CLOSED


async def test_a_second_bot_on_the_port_is_told_so_in_one_sentence(house: House) -> None:
    async with bot_process(house):
        code, said = await draagvlak(house, "bot")
    assert code == 1
    assert "DRAAGVLAK_BOT_PORT" in said
    assert "Traceback" not in said


async def test_without_secrets_the_bot_says_which_file_to_name(house: House) -> None:
    house.settings = house.settings.model_copy(update={"slack_bot_token_file": house.folder / "nothing"})
    code, said = await draagvlak(house, "bot")
    assert code == 2
    assert "DRAAGVLAK_SLACK_BOT_TOKEN_FILE" in said
    assert "Traceback" not in said


async def test_a_bot_that_is_told_to_stop_signs_off_and_leaves_no_lease(house: House) -> None:
    house.plan()
    async with bot_process(house) as bot:

        async def rows() -> tuple[int, int]:
            ledger = house.ledgers[0]
            statement = "SELECT (SELECT count(*) FROM lease), (SELECT count(*) FROM bot_instance)"
            found = await ledger.read(lambda c: c.exec_driver_sql(statement).one())
            return int(found[0]), int(found[1])

        async def ticking() -> bool:
            return await rows() == (1, 1)

        await eventually(ticking)
        bot.process.terminate()
        await asyncio.wait_for(bot.process.wait(), 90)
        assert await rows() == (0, 0)


async def test_the_command_forget_leaves_no_row_and_no_byte_that_names_the_person(house: House) -> None:
    house.plan()
    async with bot_process(house):
        await house.open_and_send()
        await house.answer_all(member(3), [1, 2, 3, 4, 5])
        await house.answer_all(member(4), [1, 2, 3, 4, 5])
        me = Colleague(house, member(3))
        await me.told("/pulse language en")
        await me.told("/pulse buddy")
        assert {"member", "invitation", "preference", "buddy", "contact"} <= set(raw_rows(house, member(3)))
        assert member(3).encode() in house.raw_ledger()
        code, said = await draagvlak(house, "forget", member(3))
        assert (code, f"withdrawn from {house.wave_id()}" in said) == (0, True), said
        assert raw_rows(house, member(3)) == {}
        assert set(raw_rows(house, member(4))) >= {"member", "invitation", "contact"}

        async def gone() -> bool:
            return member(3).encode() not in house.raw_ledger()

        await eventually(gone)
        (withdrawn,) = [event for _, event in house.events(TopicName.ANSWERS) if isinstance(event, BallotWithdrawn)]
        mine = [
            event
            for _, event in house.events(TopicName.ANSWERS, read=False)
            if isinstance(event, AnswerGiven) and event.ballot_id == withdrawn.ballot_id
        ]
        assert len(mine) == 5
        code, said = await draagvlak(house, "forget", member(3))
        assert (code, "withdrawn" in said) == (0, False), "a second time there is nothing left"
    assert (await draagvlak(house, "forget"))[0] == 2
