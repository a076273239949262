"""What is delivered and returned is judged by Slack's own libraries: bolt's request parsing, the SDK's models."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.request.payload_utils import (
    is_app_home_opened_event,
    is_block_actions,
    is_im_message_event,
    is_slash_command,
    is_view_closed,
    is_view_submission,
    to_action,
    to_command,
    to_event,
    to_view,
)
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from tests.integration.slack_workspace.conftest import SIGNING_SECRET, Running, running_workspace
from tests.integration.slack_workspace.stub_bot import HOME, MODAL
from tests.integration.slack_workspace.test_clicks import post_question

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def sdk_knows_every_field(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The SDK's models pass over what they do not know, and say so in its log: here that is a failure."""
    caplog.set_level(logging.DEBUG, logger="slack_sdk.models")
    yield
    said = [record.getMessage() for record in caplog.get_records("call") if record.name.startswith("slack_sdk.models")]
    assert said == []


def newest(running: Running) -> AsyncBoltRequest:
    """The request that the bot got last, as bolt reads it; signed as bolt demands."""
    body, headers = running.bot.raw[-1]
    timestamp, signature = headers["x-slack-request-timestamp"], headers["x-slack-signature"]
    verifier = SignatureVerifier(SIGNING_SECRET)
    assert verifier.is_valid(body, timestamp, signature)
    assert not verifier.is_valid(body + " ", timestamp, signature)
    return AsyncBoltRequest(body=body, headers=headers)


def knows_who_and_where(request: AsyncBoltRequest, channel: str | None) -> bool:
    """Whether bolt finds workspace, person and place in the request."""
    context = request.context
    found = (context.team_id, context.user_id, context.actor_user_id, context.channel_id, context.is_enterprise_install)
    return found == ("T1", "U1", "U1", channel, False)


def slack_view(view: Json) -> View:
    """The view as slack_sdk's model; the one field that it does not name is one that Slack documents."""
    model = View(**view)
    model.validate_json()
    assert set(model.additional_attributes) == {"app_installed_team_id"}
    return model


def require_known(blocks: list[Json], kinds: list[str]) -> None:
    """The SDK knows every block, with all limits kept."""
    parsed = Block.parse_all(blocks)
    assert [block and block.type for block in parsed] == kinds
    for block in parsed:
        block.validate_json()


async def test_a_click_on_a_message(running: Running) -> None:
    click = await post_question(running)
    await running.act.post("/act/click", json=click)
    request = newest(running)
    assert is_block_actions(request.body)
    assert knows_who_and_where(request, click["channel"])
    assert request.context.response_url
    action = to_action(request.body)
    assert action is not None
    assert (action["action_id"], action["value"]) == ("answer:4", "q1=4")
    require_known(request.body["message"]["blocks"], ["header", "section", "actions"])


async def test_a_command(running: Running) -> None:
    await running.act.post("/act/command", json={"user": "U1", "text": "/pulse help me"})
    request = newest(running)
    assert is_slash_command(request.body)
    command = to_command(request.body)
    assert command is not None
    assert (command["command"], command["text"], command["user_id"]) == ("/pulse", "help me", "U1")
    assert knows_who_and_where(request, command["channel_id"])
    assert request.context.response_url


async def open_modal(running: Running, **more: Any) -> Json:
    trigger = running.workspace.triggers.issue("U1").interaction
    opened = await running.api.views_open(trigger_id=trigger, view=MODAL | more)
    view: Json = opened["view"]
    return view


async def test_a_modal_sent_and_one_closed(running: Running) -> None:
    view = await open_modal(running)
    slack_view(view)
    await running.act.post("/act/submit", json={"user": "U1", "view_id": view["id"], "inputs": {"text": "Wie leest?"}})
    request = newest(running)
    assert is_view_submission(request.body)
    assert knows_who_and_where(request, None)
    sent = to_view(request.body)
    assert sent is not None
    held = slack_view(sent).state
    assert held is not None
    assert held.values["concern"]["text"].value == "Wie leest?"

    view = await open_modal(running, notify_on_close=True)
    await running.act.post("/act/close", json={"user": "U1", "view_id": view["id"]})
    request = newest(running)
    assert is_view_closed(request.body)
    assert request.body["is_cleared"] is False
    assert knows_who_and_where(request, None)


async def test_a_choice_in_app_home(running: Running) -> None:
    view = (await running.api.views_publish(user_id="U1", view=HOME))["view"]
    slack_view(view)
    choice = {"user": "U1", "view_id": view["id"], "action_id": "language", "selection": "en"}
    await running.act.post("/act/click", json=choice)
    request = newest(running)
    assert is_block_actions(request.body)
    action = to_action(request.body)
    assert action is not None
    assert action["selected_option"]["value"] == "en"
    assert request.body["view"]["state"]["values"], "what stands in the view comes along"


async def test_events(running: Running) -> None:
    await running.act.post("/act/home", json={"user": "U1"})
    request = newest(running)
    assert is_app_home_opened_event(request.body, tab="home")
    event = to_event(request.body)
    assert event is not None
    assert knows_who_and_where(request, event["channel"])

    posted = await running.api.chat_postMessage(channel="U1", text="Hallo")
    place = {"user": "U1", "channel": posted["channel"]}
    await running.act.post("/act/say", json=place | {"text": "Dag"})
    request = newest(running)
    assert is_im_message_event(request.body)
    assert knows_who_and_where(request, posted["channel"])

    await running.act.post("/act/react", json=place | {"message_ts": posted["ts"], "name": "tada"})
    event = to_event(newest(running).body)
    assert event is not None
    assert (event["type"], event["reaction"], event["item"]["ts"]) == ("reaction_added", "tada", posted["ts"])


@pytest.mark.parametrize("method", ["conversations_history", "chat_update"])
async def test_messages_come_back_as_blocks_that_the_sdk_knows(running: Running, method: str) -> None:
    click = await post_question(running)
    if method == "chat_update":
        reply = await running.api.chat_update(channel=click["channel"], ts=click["message_ts"], text="Later")
        message = reply["message"]
    else:
        message = (await running.api.conversations_history(channel=click["channel"]))["messages"][0]
    require_known(message["blocks"], ["header", "section", "actions"])


async def test_socket_mode_as_the_sdks_own_client_reads_it(tmp_path: Path) -> None:
    (tmp_path / "app_token").write_text("xapp-1-judge")
    async with running_workspace(tmp_path, app_token_file=tmp_path / "app_token") as running:
        came: asyncio.Queue[SocketModeRequest] = asyncio.Queue()

        async def take(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))
            await came.put(request)

        client = SocketModeClient("xapp-1-judge", web_client=running.api)
        client.socket_mode_request_listeners.append(take)
        await client.connect()
        try:
            # the workspace knows of the connection a moment after the client does, and tells nobody
            while not running.workspace.links.any:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            posted = await running.api.chat_postMessage(channel="U1", text="Hallo")
            armed = {"direction": "to_bot", "kind": "retry", "what": "reaction_added"}
            await running.act.post("/act/faults", json=armed)
            reaction = {"user": "U1", "channel": posted["channel"], "message_ts": posted["ts"], "name": "tada"}
            reply = (await running.act.post("/act/react", json=reaction)).json()
            assert reply["status"] == 200
            first, again = await came.get(), await came.get()
            assert (first.type, first.retry_attempt or 0) == ("events_api", 0)
            assert (again.retry_attempt, again.retry_reason) == (1, "http_timeout")
            assert first.payload["event_id"] == again.payload["event_id"]
            assert first.envelope_id != again.envelope_id
            await running.act.post("/act/command", json={"user": "U1", "text": "/pulse help"})
            command = await came.get()
            assert (command.type, command.payload["command"]) == ("slash_commands", "/pulse")
            assert command.accepts_response_payload
        finally:
            await client.close()
        assert running.bot.raw == [], "nothing goes by HTTP while a bot is connected"
