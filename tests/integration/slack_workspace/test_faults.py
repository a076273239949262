"""Faults on request: each is what Slack does on a bad day, at the request that was named and as often as asked."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler

from tests.integration.slack_workspace.conftest import BOT_TOKEN, Running
from tests.integration.slack_workspace.stub_bot import MODAL
from tests.integration.slack_workspace.test_clicks import post_question

TOKEN = {"Authorization": f"Bearer {BOT_TOKEN}"}


async def wrong(running: Running, direction: str, kind: str, what: str = "*", **more: Any) -> None:
    """Asks for a fault."""
    answer = await running.act.post("/act/faults", json={"direction": direction, "kind": kind, "what": what, **more})
    assert answer.status_code == 200, answer.text


async def waiting(running: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await running.act.get("/act/faults")).json()["faults"]
    return found


async def post(running: Running, method: str = "chat.postMessage") -> httpx.Response:
    async with httpx.AsyncClient(headers=TOKEN) as client:
        return await client.post(f"{running.url}/api/{method}", data={"channel": "C1", "text": "x"})


def posted(running: Running) -> int:
    return len(list(running.workspace.store.messages("C1")))


async def test_429_with_retry_after_as_often_as_asked_and_the_sdk_waits_it_out(running: Running) -> None:
    await wrong(running, "from_bot", "ratelimited", "chat.*", times=2, seconds=7)
    assert (await post(running, "users.list")).status_code == 200, "another method is not met"
    answer = await post(running)
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["error"]) == (429, "7", "ratelimited")
    assert [fault["times"] for fault in await waiting(running)] == [1]
    await running.act.delete("/act/faults")
    await wrong(running, "from_bot", "ratelimited", "chat.postMessage", seconds=1)
    running.api.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    assert (await running.api.chat_postMessage(channel="C1", text="x"))["ok"]
    assert posted(running) == 1


async def test_a_5xx_does_nothing_and_a_fatal_error_has_done_it(running: Running) -> None:
    await wrong(running, "from_bot", "server_error", status=503)
    answer = await post(running)
    assert (answer.status_code, answer.json()["error"], posted(running)) == (503, "service_unavailable", 0)
    await wrong(running, "from_bot", "fatal_error", "chat.postMessage")
    answer = await post(running)
    assert (answer.status_code, answer.json()["error"], posted(running)) == (500, "fatal_error", 1)
    assert await waiting(running) == []


async def test_a_revoked_token_stays_revoked_until_the_fault_is_taken_away(running: Running) -> None:
    await wrong(running, "from_bot", "token_revoked", times=0)
    for method in ("auth.test", "chat.postMessage", "auth.test"):
        assert (await post(running, method)).json() == {"ok": False, "error": "token_revoked"}
    await running.act.delete("/act/faults")
    assert (await post(running)).json()["ok"]


async def test_a_response_url_needs_no_token_that_could_be_revoked(running: Running) -> None:
    click = await post_question(running)
    await wrong(running, "from_bot", "token_revoked", times=0)
    reply = (await running.act.post("/act/click", json=click | {"wait_seconds": 30})).json()
    assert (reply["effect"], reply["shown"]["text"]) == ("message", "Volgende vraag")
    assert (await post(running)).json()["error"] == "token_revoked"
    impossible = {"direction": "from_bot", "kind": "token_revoked", "what": "response_url"}
    answer = await running.act.post("/act/faults", json=impossible)
    assert answer.status_code == 422
    assert "asks for no token" in answer.text


async def test_a_view_that_opens_too_slowly_finds_its_trigger_expired(running: Running) -> None:
    await wrong(running, "from_bot", "delay", "views.*", seconds=3.2)
    trigger = running.workspace.triggers.issue("U1").interaction
    with pytest.raises(SlackApiError) as refused:
        await running.api.views_open(trigger_id=trigger, view=MODAL)
    assert refused.value.response["error"] == "expired_trigger_id"


async def test_response_urls_fail_as_well(running: Running) -> None:
    click = await post_question(running)
    await wrong(running, "from_bot", "ratelimited", "response_url", seconds=2)
    await running.act.post("/act/click", json=click)
    seen = (await running.act.get("/act/requests")).json()["requests"]
    assert ("response_url", "ratelimited") in [(request["what"], request["verdict"]) for request in seen]


async def test_a_click_is_delivered_twice_late_or_not_at_all(running: Running) -> None:
    click = await post_question(running)
    running.bot.answer_clicks = False
    await wrong(running, "to_bot", "duplicate", "block_actions")
    await running.act.post("/act/click", json=click)
    assert running.bot.received[0] == running.bot.received[1]
    await wrong(running, "to_bot", "delay", "block_actions", seconds=0.3)
    began = time.monotonic()
    await running.act.post("/act/click", json=click)
    assert time.monotonic() - began >= 0.3
    await wrong(running, "to_bot", "lost", "block_actions")
    reply = (await running.act.post("/act/click", json=click)).json()
    assert (reply["status"], reply["error"], len(running.bot.received)) == (0, "connection_failed", 3)


async def test_an_event_comes_again_with_slacks_retry_headers_and_the_same_id(running: Running) -> None:
    await wrong(running, "to_bot", "retry", "reaction_added")
    message = (await running.api.chat_postMessage(channel="C1", text="x"))["ts"]
    reaction = {"user": "U1", "channel": "C1", "message_ts": message, "name": "tada"}
    await running.act.post("/act/react", json=reaction)
    first, again = running.bot.received
    assert first["event_id"] == again["event_id"]
    headers = [headers for _, headers in running.bot.raw]
    assert "x-slack-retry-num" not in headers[0]
    assert (headers[1]["x-slack-retry-num"], headers[1]["x-slack-retry-reason"]) == ("1", "http_timeout")


@pytest.mark.parametrize(
    "fault",
    [
        {"direction": "to_bot", "kind": "ratelimited"},
        {"direction": "from_bot", "kind": "duplicate"},
        {"direction": "from_bot", "kind": "explode"},
        {"direction": "from_bot", "kind": "delay", "seconds": 61},
        {"direction": "from_bot", "kind": "server_error", "status": 200},
        {"kind": "delay"},
    ],
)
async def test_an_impossible_fault_is_refused_and_waits_for_nobody(running: Running, fault: dict[str, Any]) -> None:
    assert (await running.act.post("/act/faults", json=fault)).status_code == 422
    assert await waiting(running) == []


async def test_the_inspector_shows_the_shape_of_every_payload_and_no_content(running: Running) -> None:
    watching = asyncio.Event()

    async def watch() -> None:
        async with running.act.stream("GET", "/act/feed", params={"user": "U2"}) as feed:
            async for _ in feed.aiter_lines():
                watching.set()

    page = asyncio.create_task(watch())
    await watching.wait()
    click = await post_question(running)
    await running.act.post("/act/click", json=click | {"wait_seconds": 30})
    trigger = running.workspace.triggers.issue("U1").interaction
    view = (await running.api.views_open(trigger_id=trigger, view=MODAL | {"private_metadata": "geheim-kenmerk"}))[
        "view"
    ]
    sent = {"user": "U1", "view_id": view["id"], "inputs": {"text": "mijn geheime zorg"}}
    await running.act.post("/act/submit", json=sent)
    seen = (await running.act.get("/act/requests")).json()["requests"]
    page.cancel()

    shapes = {request["what"]: request["shape"] for request in seen}
    assert set(shapes) == {"chat.postMessage", "block_actions", "response_url", "views.open", "view_submission"}
    assert '"action_id": "text"' in shapes["block_actions"]
    assert '"type": "button"' in shapes["chat.postMessage"], "JSON inside a form is looked into"
    values = (click["channel"], click["message_ts"], "U1", "aisha", "Aisha", BOT_TOKEN)
    for shape in shapes.values():
        for content in ("q1=", "question-1", "answer:", "Vraag", "geheim", "concern", "helemaal", *values):
            assert content not in shape
