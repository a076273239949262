"""Modals, App Home, commands, reactions, messages and response URLs, from both sides."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.integration.slack_workspace.conftest import Running
from tests.integration.slack_workspace.stub_bot import question
from tests.integration.slack_workspace.test_clicks import post_question


async def test_a_modal_is_opened_refused_corrected_and_sent(running: Running) -> None:
    opened = (
        await running.act.post("/act/command", json={"user": "U1", "text": "/pulse concern", "wait_seconds": 30})
    ).json()
    assert (opened["status"], opened["effect"]) == (200, "modal")
    submit = {"user": "U1", "view_id": opened["shown"]["id"]}

    empty = (await running.act.post("/act/submit", json=submit)).json()
    assert (empty["outcome"], empty["errors"]) == ("missing", {"concern": "required"})
    short = (await running.act.post("/act/submit", json=submit | {"inputs": {"text": "nee"}})).json()
    assert (short["outcome"], short["errors"]) == ("errors", {"concern": "Schrijf iets meer."})
    assert len((await running.act.get("/act/views", params={"user": "U1"})).json()["modals"]) == 1
    sent = (await running.act.post("/act/submit", json=submit | {"inputs": {"text": "Wat als het fout gaat?"}})).json()
    assert sent["outcome"] == "closed"
    assert (await running.act.get("/act/views", params={"user": "U1"})).json()["modals"] == []
    assert running.bot.received[-1]["type"] == "view_submission"
    assert (await running.act.post("/act/submit", json=submit)).status_code == 404


async def test_only_the_person_who_opened_a_modal_can_send_it(running: Running) -> None:
    opened = await running.act.post("/act/command", json={"user": "U1", "text": "/pulse concern", "wait_seconds": 30})
    view_id = opened.json()["shown"]["id"]
    other = await running.act.post("/act/submit", json={"user": "U2", "view_id": view_id, "inputs": {"text": "hallo"}})
    assert other.status_code == 404


async def test_app_home_is_published_on_opening_and_its_menu_reaches_the_bot(running: Running) -> None:
    opened = (await running.act.post("/act/home", json={"user": "U3", "wait_seconds": 30})).json()
    assert (opened["status"], opened["effect"]) == (200, "home")
    click = {"user": "U3", "view_id": opened["shown"]["id"], "action_id": "language", "selection": "en"}
    reply = (await running.act.post("/act/click", json=click | {"wait_seconds": 30})).json()
    assert reply["effect"] == "home"
    payload = running.bot.received[-1]
    assert payload["actions"][0]["selected_option"]["value"] == "en"
    assert payload["view"]["type"] == "home"
    assert (await running.act.post("/act/click", json=click | {"selection": "fr"})).status_code == 409


async def test_a_commands_answer_is_shown_to_that_person_alone(running: Running) -> None:
    reply = (await running.act.post("/act/command", json={"user": "U1", "text": "/pulse help", "channel": "C1"})).json()
    assert reply["status"] == 200
    form = running.bot.received[-1]
    assert (form["command"], form["text"], form["channel_name"]) == ("/pulse", "help", "algemeen")
    seen = {}
    for user in ("U1", "U2"):
        shown = await running.act.get("/act/messages", params={"user": user, "channel": "C1"})
        seen[user] = [message["text"] for message in shown.json()["messages"]]
    assert seen == {"U1": ["Je schreef: help"], "U2": []}


async def test_a_command_that_the_app_has_not_announced_is_not_delivered(running: Running) -> None:
    reply = await running.act.post("/act/command", json={"user": "U1", "text": "/puls help"})
    assert (reply.status_code, reply.json()["detail"]) == (422, "There is no command /puls; there are /pulse.")
    assert running.bot.received == []


async def test_a_reaction_is_stored_once_and_told_to_the_bot(running: Running) -> None:
    posted = await running.api.chat_postMessage(channel="C1", text="Gelukt!")
    react = {"user": "U2", "channel": "C1", "message_ts": posted["ts"], "name": "tada"}
    assert (await running.act.post("/act/react", json=react)).json()["status"] == 200
    assert (await running.act.post("/act/react", json=react)).json()["error"] == "no_change"
    assert running.bot.received[-1]["event"]["reaction"] == "tada"
    got = await running.api.reactions_get(channel="C1", timestamp=posted["ts"])
    assert got["message"]["reactions"] == [{"name": "tada", "users": ["U2"], "count": 1}]


async def response_url(running: Running) -> tuple[str, dict[str, str]]:
    click = await post_question(running)
    running.bot.answer_clicks = False
    await running.act.post("/act/click", json=click)
    return running.bot.received[-1]["response_url"], click


async def test_a_response_url_replaces_whispers_posts_and_deletes_five_times_in_all(running: Running) -> None:
    url, click = await response_url(running)
    place = {"user": "U1", "channel": click["channel"]}
    async with httpx.AsyncClient() as bot:
        replies = [
            await bot.post(url, json={"replace_original": True, "text": "Twee", "blocks": question(2)}),
            await bot.post(url, json={"text": "Druk nog een keer"}),
            await bot.post(url, json={"text": "Voor allen", "response_type": "in_channel"}),
            await bot.post(url, json={"text": "x", "blocks": [{"type": "nonsense"}]}),
            await bot.post(url, json={"delete_original": True}),
            await bot.post(url, json={"text": "te veel"}),
        ]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 400, 200, 404]
    assert replies[-1].json()["error"] == "used_url"
    messages = (await running.act.get("/act/messages", params=place)).json()["messages"]
    assert [message["text"] for message in messages] == ["Druk nog een keer", "Voor allen"]
    assert messages[0]["ephemeral"] is True


async def test_a_guessed_response_url_says_nothing(running: Running) -> None:
    async with httpx.AsyncClient() as bot:
        reply = await bot.post(f"{running.url}/response/T1/guess", json={"text": "x"})
    assert (reply.status_code, reply.json()["error"]) == (404, "expired_url")


async def test_reading_since_a_change_gives_only_what_changed(running: Running) -> None:
    click = await post_question(running)
    place = {"user": "U1", "channel": click["channel"]}
    first = (await running.act.get("/act/messages", params=place)).json()
    assert len(first["messages"]) == 1
    nothing = (await running.act.get("/act/messages", params=place | {"since": first["sequence"]})).json()
    assert nothing["messages"] == []
    waiting = asyncio.create_task(
        running.act.get("/act/messages", params=place | {"since": first["sequence"], "wait": 10})
    )
    await running.act.post("/act/click", json=click)
    (changed,) = (await waiting).json()["messages"]
    assert changed["ts"] == click["message_ts"]
    assert changed["sequence"] > first["sequence"]


async def test_unread_marks_go_when_the_person_has_looked(running: Running) -> None:
    click = await post_question(running)
    people = (await running.act.get("/act/people")).json()["people"]
    assert {person["id"]: person["unread"] for person in people}["U1"] == 1
    await running.act.post("/act/read", json={"user": "U1", "channel": click["channel"]})
    (dm, *_) = (await running.act.get("/act/conversations", params={"user": "U1"})).json()["conversations"]
    assert (dm["kind"], dm["unread"]) == ("im", 0)


async def test_the_handshake_of_the_events_address_passes(running: Running) -> None:
    assert (await running.act.post("/act/verify")).json() == {"verified": True}


async def test_an_event_that_the_bot_refuses_is_sent_again_at_once(running: Running) -> None:
    running.bot.refuse_events = 1
    reply = (await running.act.post("/act/home", json={"user": "U1", "wait_seconds": 30})).json()
    assert reply["status"] == 500
    assert reply["effect"] == "home", "the repeated event was answered"
    assert running.bot.retry_headers == ["1"]


async def test_a_person_writes_to_the_bot_and_their_marks_stay_text(running: Running) -> None:
    dm = (await running.api.conversations_open(users="U1"))["channel"]["id"]
    await running.act.post("/act/say", json={"user": "U1", "channel": dm, "text": "<!channel> & zo"})
    event = running.bot.received[-1]["event"]
    assert (event["type"], event["channel_type"], event["text"]) == ("message", "im", "&lt;!channel&gt; &amp; zo")


@pytest.mark.parametrize("path", ["/act/click", "/act/command", "/act/submit"])
async def test_a_malformed_act_is_refused_in_words(running: Running, path: str) -> None:
    reply = await running.act.post(path, json={"user": "U1", "nonsense": 1})
    assert reply.status_code == 422
    assert "nonsense" in reply.text
