"""A click of a person reaches the bot as Slack would send it, and the bot's answer comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.slack_workspace.conftest import Running, running_workspace
from tests.integration.slack_workspace.stub_bot import question


async def post_question(running: Running, user: str = "U1") -> dict[str, Any]:
    answer = await running.api.chat_postMessage(channel=user, text="Vraag 1", blocks=question(1))
    return {"user": user, "channel": answer["channel"], "message_ts": answer["ts"], "action_id": "answer:4"}


async def test_a_click_is_accepted_by_bolt_and_the_next_question_comes_back(running: Running) -> None:
    click = await post_question(running)
    reply = (await running.act.post("/act/click", json=click | {"wait_seconds": 30})).json()

    assert reply["status"] == 200
    assert reply["milliseconds"] > 0
    assert reply["effect"] == "message"
    assert reply["shown"]["ts"] == click["message_ts"]
    assert reply["shown"]["blocks"][0]["text"]["text"] == "Vraag 2"
    payload = running.bot.received[0]
    assert payload["type"] == "block_actions"
    assert payload["user"] == {"id": "U1", "username": "aisha", "name": "aisha", "team_id": "T1"}
    assert payload["team"]["id"] == "T1"
    assert payload["enterprise"] is None
    assert payload["is_enterprise_install"] is False
    assert payload["channel"] == {"id": click["channel"], "name": "directmessage"}
    assert payload["container"]["message_ts"] == payload["message"]["ts"] == click["message_ts"]
    assert payload["message"]["bot_id"] == "B1"
    (action,) = payload["actions"]
    assert (action["type"], action["block_id"], action["value"]) == ("button", "question-1", "q1=4")
    assert payload["response_url"].startswith(f"{running.url}/response/T1/")


async def test_a_delivery_can_be_repeated_and_each_answer_is_reported(running: Running) -> None:
    click = await post_question(running)
    reply = (await running.act.post("/act/click", json=click | {"delivery": "twice"})).json()
    assert [each["status"] for each in reply["deliveries"]] == [200, 200]
    assert len(running.bot.received) == 2
    assert running.bot.received[0] == running.bot.received[1]


async def test_a_button_that_is_gone_can_only_be_clicked_from_an_old_screen(running: Running) -> None:
    click = await post_question(running)
    await running.act.post("/act/click", json=click | {"wait_seconds": 30})
    old = {"action_id": "answer:9", "block_id": "question-1", "value": "q1=9"}
    assert (await running.act.post("/act/click", json=click | {"block_id": "question-1"})).status_code == 409
    insisted = await running.act.post("/act/click", json=click | {"remembered": old})
    assert insisted.json()["status"] == 200
    assert running.bot.received[-1]["actions"][0]["value"] == "q1=9"


async def test_who_is_not_there_or_may_not_see_it_cannot_click(running: Running) -> None:
    click = await post_question(running)
    cases = {"U2": 403, "U5": 403, "U6": 403, "U404": 404}
    for user, status in cases.items():
        assert (await running.act.post("/act/click", json=click | {"user": user})).status_code == status
    assert running.bot.received == []


async def test_a_bot_that_is_away_is_reported_and_not_hidden(running: Running) -> None:
    click = await post_question(running)
    running.workspace.delivery._url = "http://127.0.0.1:9/slack/events"
    reply = (await running.act.post("/act/click", json=click)).json()
    assert (reply["status"], reply["error"]) == (0, "connection_failed")


async def test_addresses_that_are_given_out_hold_the_name_under_which_others_reach_it(tmp_path: Path) -> None:
    """In a container it listens on every address, and the bot knows it by its name."""
    async with running_workspace(tmp_path, public_host="localhost") as running:
        click = await post_question(running)
        reply = (await running.act.post("/act/click", json=click | {"wait_seconds": 30})).json()
        assert reply["shown"]["blocks"][0]["text"]["text"] == "Vraag 2"
        response_url = running.bot.received[0]["response_url"]
        assert response_url.startswith(f"http://localhost:{running.settings.port}/response/T1/")
