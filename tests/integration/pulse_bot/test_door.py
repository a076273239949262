"""What comes to the door unsigned, stale, too large or malformed goes no further, and leaves nothing behind."""

import asyncio
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest

from services.contracts.events import AnswerGiven
from services.contracts.topics import TopicName
from services.pulse_bot.answers.answering import Answering, Taken
from services.pulse_bot.manifest import PATH
from tests.integration.pulse_bot.house import House, member
from tests.integration.pulse_bot.slack_requests import FORM, JSON, block_actions, deliver, form, signed
from tests.integration.slack_workspace.conftest import SIGNING_SECRET

VALUE = "invitation|{wave}|0|A1|3"


async def test_a_request_that_is_not_slacks_gets_401_and_stores_nothing(house: House) -> None:
    house.plan()
    async with house.bot() as client:
        await house.open_and_send()
        await house.invitation(member(1))
        body = form(block_actions(member(1), VALUE.format(wave=house.wave_id())))
        good = signed(body)
        now = time.time()
        for headers in (
            {"Content-Type": FORM},
            signed(body, secret="another"),
            signed(body, at=now - 301),
            signed(body, at=now + 400),
            good | {"X-Slack-Signature": ""},
            good | {"X-Slack-Signature": "v0=" + "0" * 64},
            good | {"X-Slack-Request-Timestamp": "soon"},
            good | {"X-Slack-Request-Timestamp": "9" * 400},
            good | {"X-Slack-Request-Timestamp": str(int(now) - 10)},
            {key: value for key, value in good.items() if key != "X-Slack-Request-Timestamp"},
        ):
            assert (await client.post(PATH, content=body, headers=headers)).status_code == 401
        assert (await client.post(PATH, content=body + b" ", headers=good)).status_code == 401
        assert not [event for _, event in house.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]
        assert (await client.post(PATH, content=body, headers=signed(body, at=now - 200))).status_code == 200
        assert len(house.events(TopicName.ANSWERS)) == 1


async def test_while_slack_changes_its_secret_the_one_before_is_good_too_and_no_longer(
    house: House, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    before.write_text("the-one-before\n")
    house.plan()

    async def press(client: httpx.AsyncClient, value: int, secret: str) -> int:
        body = form(block_actions(member(1), f"invitation|{house.wave_id()}|0|A1|{value}"))
        return (await client.post(PATH, content=body, headers=signed(body, secret=secret))).status_code

    def answers() -> list[int | None]:
        return [event.value for _, event in house.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]

    async with house.bot(slack_previous_signing_secret_file=before) as client:
        await house.open_and_send()
        await house.invitation(member(1))
        assert await press(client, 3, "the-one-before") == 200
        assert await press(client, 4, SIGNING_SECRET) == 200
        for wrong in ("another", "", "the-one-before\n"):
            assert await press(client, 5, wrong) == 401
        assert answers() == [3, 4]
    async with house.bot() as client:
        assert await press(client, 5, "the-one-before") == 401
        assert await press(client, 2, SIGNING_SECRET) == 200
        assert answers() == [3, 4, 2]


async def test_a_sender_that_hangs_up_before_its_request_is_whole_leaves_nothing_behind(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.bot() as client:
        for part in (b"", b"payload="):
            _, sending = await asyncio.open_connection(house.settings.bot_host, house.settings.bot_port)
            sending.write(b"POST %b HTTP/1.1\r\nHost: bot\r\nContent-Length: 900\r\n\r\n%b" % (PATH.encode(), part))
            await sending.drain()
            assert (await client.post(PATH)).status_code == 401  # by now the one before has been read so far
            sending.close()
            await sending.wait_closed()
    # the server has ended every request
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []


MALFORMED = [
    (b"", FORM),
    (b"payload=", FORM),
    (b"payload=%7B", FORM),
    (b"payload=%5B%5D", FORM),
    (b"payload=null", FORM),
    (b"payload=%22text%22", FORM),
    (b"\xff\xfe\x00", FORM),
    (b"{", JSON),
    (b"[]", JSON),
    (b"null", JSON),
    (b"1e999", JSON),
    (b'{"type": 7}', JSON),
    (b"[" * 100_000, JSON),
    (b'{"type": "event_callback"}', JSON),
    (b'{"type": "event_callback", "event": []}', JSON),
    (form({"type": "block_actions"}), FORM),
    (form({"type": "block_actions", "user": {"id": "U1"}, "actions": []}), FORM),
    (form({"type": "block_actions", "user": {"id": "U1"}, "actions": [{}]}), FORM),
    (form({"type": "block_actions", "user": "U1", "actions": [{"action_id": "pulse.answer.1"}]}), FORM),
    (form({"type": "block_actions", "user": {"id": 5}, "actions": [{"action_id": "pulse.answer.1"}]}), FORM),
    (form(block_actions("U1", "x", team="T1")), FORM),
    (form(block_actions("U1", "x" * 3000)), FORM),
    (urlencode({"hello": "world"}).encode(), FORM),
]


async def test_a_signed_request_that_is_malformed_gets_400(house: House) -> None:
    async with house.bot() as client:
        answers = [(await deliver(client, body, kind)).status_code for body, kind in MALFORMED]
    assert answers == [400] * len(MALFORMED)


async def test_a_body_over_the_limit_gets_413_before_it_is_read(house: House) -> None:
    async with house.bot(bot_body_limit=20_000) as client:
        large = b"payload=" + b"x" * 20_000

        async def chunks():
            for start in range(0, len(large), 1_000):
                yield large[start : start + 1_000]

        assert (await client.post(PATH, content=large, headers=signed(large))).status_code == 413
        assert (await client.post(PATH, content=chunks(), headers=signed(large))).status_code == 413


async def test_a_press_beside_other_fields_and_a_command_with_any_words_are_read(house: House) -> None:
    async with house.bot() as client:
        press = urlencode({"ssl_check": "0", "payload": orjson.dumps(block_actions("U1", "x", "old.button"))}).encode()
        assert (await deliver(client, press)).status_code == 200
        command = {
            "command": "/pulse",
            "text": "help payload=é+%",
            "user_id": "U1",
            "team_id": "T1",
            "channel_id": "D1",
        }
        asked = urlencode(command | {"response_url": "http://127.0.0.1:9/", "trigger_id": "1.2"}).encode()
        assert (await deliver(client, asked)).status_code == 200
        assert (await deliver(client, b"&".join(b"a%d=1" % n for n in range(200)))).status_code == 400


async def test_slacks_handshake_is_answered_and_other_verbs_are_not(house: House) -> None:
    async with house.bot() as client:
        body = orjson.dumps({"type": "url_verification", "token": "t", "challenge": "c-42"})
        answer = await deliver(client, body, JSON)
        assert (answer.status_code, "c-42" in answer.text) == (200, True)
        assert (await client.get(PATH)).status_code == 405
        assert (await client.get("/healthz/live")).status_code == 200


async def test_events_that_nobody_acts_on_are_acknowledged_and_unknown_buttons_are_kindly_explained(
    house: House,
) -> None:
    async with house.bot() as client:
        event = {"type": "event_callback", "team_id": "T1", "event": {"type": "reaction_added", "user": "U1"}}
        assert (await deliver(client, orjson.dumps(event), JSON)).status_code == 200
        assert (await deliver(client, form(block_actions("U1", "x", "old.button")))).status_code == 200


async def test_without_slack_the_bot_is_live_but_not_ready(house: House) -> None:
    away = house.settings.model_copy(update={"slack_api_url": "http://127.0.0.1:9/api/"})
    house.settings = away
    async with house.bot(kafka_bootstrap="127.0.0.1:9") as client:
        body = form(block_actions("U1", "x"))
        assert (await deliver(client, body)).status_code == 503
        assert (await client.get("/healthz/live")).status_code == 200
        ready = await client.get("/healthz/ready")
        assert (ready.status_code, "Slack" in ready.text) == (503, True)
        unsigned: httpx.Response = await client.post(PATH, content=body)
        assert unsigned.status_code == 401


async def test_above_what_it_can_take_people_are_asked_at_once_to_press_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.plan()
    inside, go_on = asyncio.Event(), asyncio.Event()
    take = Answering.take

    async def slow(self: Answering, *arguments: Any) -> Taken:
        inside.set()
        await go_on.wait()
        return await take(self, *arguments)

    monkeypatch.setattr(Answering, "take", slow)
    async with house.bot(bot_requests_at_once=1) as client:
        await house.open_and_send()
        shown = [await house.invitation(person) for person in (member(1), member(2))]
        first = asyncio.create_task(house.click(member(1), shown[0], "pulse.answer.3"))
        await asyncio.wait_for(inside.wait(), 60)
        second = await house.click(member(2), shown[1], "pulse.answer.3")
        assert second["status"] == 200
        assert "nog een keer" in str(second["shown"]) or "once more" in str(second["shown"])
        event = orjson.dumps({"type": "event_callback", "team_id": "T1", "event": {"type": "app_home_opened"}})
        refused = await client.post(PATH, content=event, headers=signed(event) | {"Content-Type": JSON})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1"), "Slack sends events again"
        assert (await client.get("/healthz/live")).status_code == 200
        go_on.set()
        assert (await first)["status"] == 200
        again = await house.click(member(2), shown[1], "pulse.answer.4")
        assert again["status"] == 200
    answers = [event for _, event in house.events(TopicName.ANSWERS) if isinstance(event, AnswerGiven)]
    assert sorted(answer.value or 0 for answer in answers) == [3, 4], "nothing of the refused press was stored"
