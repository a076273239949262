"""The Web API answers as Slack documents it, and refuses with Slack's own error codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError

from tests.integration.slack_workspace.conftest import BOT_TOKEN, DIRECTORY, Running, running_workspace
from tests.integration.slack_workspace.stub_bot import MODAL, question

TOKEN = {"Authorization": f"Bearer {BOT_TOKEN}"}


async def refused(call: Any) -> dict[str, Any]:
    """The reply of a call that must fail."""
    with pytest.raises(SlackApiError) as refusal:
        await call
    body = refusal.value.response.data
    assert isinstance(body, dict)
    return body


async def test_query_form_and_json_are_all_understood(running: Running) -> None:
    url = f"{running.url}/api/users.info"
    wanted = {"user": "U3", "include_locale": "true"}
    async with httpx.AsyncClient(headers=TOKEN) as client:
        answers = [
            await client.get(url, params=wanted),
            await client.post(url, data=wanted),
            await client.post(url, json={"user": "U3", "include_locale": True}),
            await client.post(url, data=wanted | {"token": BOT_TOKEN}, headers={"Authorization": ""}),
        ]
    for answer in answers:
        user = answer.json()["user"]
        assert (user["id"], user["locale"], user["tz"], user["is_bot"]) == ("U3", "en-GB", "Europe/London", False)
        assert "email" not in user["profile"]


async def test_who_shows_no_token_or_a_wrong_one_is_refused(running: Running) -> None:
    async with httpx.AsyncClient() as client:
        for headers, code in (({}, "not_authed"), ({"Authorization": "Bearer xoxb-wrong"}, "invalid_auth")):
            for method in ("auth.test", "api.test", "users.list", "no.such"):
                reply = await client.post(f"{running.url}/api/{method}", headers=headers)
                assert (reply.status_code, reply.json()) == (200, {"ok": False, "error": code})


async def test_broken_requests_get_slacks_codes(running: Running) -> None:
    url = f"{running.url}/api/chat.postMessage"
    async with httpx.AsyncClient(headers=TOKEN) as client:
        cases: list[tuple[dict[str, Any], str]] = [
            ({"content": b"{", "headers": {"Content-Type": "application/json"}}, "invalid_json"),
            ({"content": b"[]", "headers": {"Content-Type": "application/json"}}, "json_not_object"),
            ({"content": b"<a/>", "headers": {"Content-Type": "application/xml"}}, "invalid_post_type"),
            ({"content": b"a", "headers": {"Content-Type": "multipart/form-data"}}, "invalid_form_data"),
            ({"content": b"a", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, "invalid_form_data"),
            ({"json": {"text": "x"}}, "invalid_arguments"),
            ({"data": {"channel": "U1", "blocks": "[{"}}, "invalid_arguments"),
            ({"json": {"channel": {"id": "U1"}, "text": "x"}}, "invalid_arguments"),
        ]
        for request, code in cases:
            assert (await client.post(url, **request)).json()["error"] == code
        assert (await client.post(f"{running.url}/api/chat.shout")).json()["error"] == "unknown_method"


async def test_posting_to_a_person_opens_the_dm_and_the_history_finds_it(running: Running) -> None:
    posted = await running.api.chat_postMessage(channel="U1", text="Hallo", blocks=question(1))
    opened = await running.api.conversations_open(users="U1")
    assert opened["channel"]["id"] == posted["channel"]
    history = await running.api.conversations_history(channel=posted["channel"])
    (message,) = history["messages"]
    assert (message["ts"], message["bot_id"], message["blocks"]) == (posted["ts"], "B1", question_with_ids(posted))
    assert message["blocks"][2]["block_id"] == "question-1"


def question_with_ids(posted: Any) -> Any:
    return posted["message"]["blocks"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"channel": "C404", "text": "x"}, "channel_not_found"),
        ({"channel": "U404", "text": "x"}, "channel_not_found"),
        ({"channel": "U6", "text": "x"}, "cannot_dm_bot"),
        ({"channel": "U1"}, "no_text"),
        ({"channel": "U1", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "U1", "text": "x", "blocks": [{"type": "divider"}] * 60}, "invalid_blocks"),
    ],
)
async def test_messages_that_cannot_be_posted(running: Running, arguments: dict[str, Any], code: str) -> None:
    assert (await refused(running.api.chat_postMessage(**arguments)))["error"] == code
    assert running.workspace.store.sequence == 0


async def test_only_the_bots_own_message_can_be_updated(running: Running) -> None:
    posted = await running.api.chat_postMessage(channel="U1", text="Eerst", blocks=question(1))
    channel, ts = posted["channel"], posted["ts"]
    updated = await running.api.chat_update(channel=channel, ts=ts, text="Later")
    assert (updated["ts"], updated["text"]) == (ts, "Later")
    assert updated["message"]["blocks"], "blocks that are left out stay"
    cleared = await running.api.chat_update(channel=channel, ts=ts, text="Later", blocks=[])
    assert "blocks" not in cleared["message"]
    assert (await refused(running.api.chat_update(channel=channel, ts="1.000001", text="x")))[
        "error"
    ] == "message_not_found"
    await running.act.post("/act/say", json={"user": "U1", "channel": channel, "text": "van mij"})
    mine = running.bot.received[-1]["event"]["ts"]
    assert (await refused(running.api.chat_update(channel=channel, ts=mine, text="x")))[
        "error"
    ] == "cant_update_message"


async def test_people_of_every_kind_are_listed_by_page(running: Running) -> None:
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await running.api.users_list(limit=3, cursor=cursor)
        assert len(page["members"]) <= 3
        seen += page["members"]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert [user["id"] for user in seen] == ["U1", "U2", "U3", "U4", "U5", "U6", "U0BOT"]
    assert {user["id"] for user in seen if user["is_restricted"]} == {"U4"}
    assert {user["id"] for user in seen if user["deleted"]} == {"U5"}
    assert {user["id"] for user in seen if user["is_bot"]} == {"U6", "U0BOT"}
    assert (await refused(running.api.users_list(limit=3, cursor="bm9wZQ==")))["error"] == "invalid_cursor"
    assert (await refused(running.api.users_info(user="U404")))["error"] == "user_not_found"


async def test_groups_and_channels_with_their_members(running: Running) -> None:
    (group,) = (await running.api.usergroups_list(include_users=True))["usergroups"]
    assert (group["id"], group["handle"], group["users"]) == ("S1", "thuiszorg", ["U1", "U2"])
    assert (await running.api.usergroups_users_list(usergroup="S1"))["users"] == ["U1", "U2"]
    assert (await refused(running.api.usergroups_users_list(usergroup="S404")))["error"] == "no_such_subteam"
    channels = (await running.api.conversations_list(types="public_channel,private_channel"))["channels"]
    assert [(c["id"], c["is_private"], c["is_member"]) for c in channels] == [("C1", False, True), ("C2", True, True)]
    page = await running.api.conversations_members(channel="C1", limit=2)
    rest = await running.api.conversations_members(channel="C1", cursor=page["response_metadata"]["next_cursor"])
    assert [*page["members"], *rest["members"]] == ["U1", "U2", "U3", "U0BOT"]


async def test_a_scope_that_is_missing_is_named(running: Running) -> None:
    posted = await running.api.chat_postMessage(channel="C1", text="x")
    for call, needed in (
        (running.api.reactions_add(channel="C1", timestamp=posted["ts"], name="tada"), "reactions:write"),
        (running.api.conversations_history(channel="C1"), "channels:history"),
        (running.api.conversations_list(types="mpim"), "mpim:read"),
    ):
        body = await refused(call)
        assert (body["error"], body["needed"]) == ("missing_scope", needed)
        assert "chat:write" in body["provided"]


async def test_a_channel_without_the_bot_is_closed_to_it(tmp_path: Path) -> None:
    outside = DIRECTORY | {"app": DIRECTORY["app"] | {"joins_channels": False}}
    async with running_workspace(tmp_path, directory_content=outside) as running:
        assert (await refused(running.api.chat_postMessage(channel="C1", text="x")))["error"] == "not_in_channel"
        assert (await refused(running.api.chat_postMessage(channel="C2", text="x")))["error"] == "channel_not_found"


async def test_the_rate_of_a_channel_is_enforced_with_retry_after(tmp_path: Path) -> None:
    async with running_workspace(tmp_path, rate_scale=1.0) as running:
        running.workspace.rates._clock = lambda: 0.0  # all within one moment, however long that takes
        codes = []
        async with httpx.AsyncClient(headers=TOKEN) as client:
            for _ in range(8):
                reply = await client.post(f"{running.url}/api/chat.postMessage", data={"channel": "U1", "text": "x"})
                codes.append(reply.status_code)
        assert codes == [200] * 5 + [429] * 3
        assert reply.json()["error"] == "ratelimited"
        assert reply.headers["Retry-After"] == "1"
        assert len(list(running.workspace.store.messages(running.workspace.store.open_dm("U1").id))) == 5


async def test_views_are_guarded_by_triggers_and_hashes(running: Running) -> None:
    assert (await refused(running.api.views_open(trigger_id="1.2.3", view=MODAL)))["error"] == "invalid_trigger_id"
    trigger = running.workspace.triggers.issue("U1").interaction
    view = (await running.api.views_open(trigger_id=trigger, view=MODAL))["view"]
    assert (await refused(running.api.views_open(trigger_id=trigger, view=MODAL)))["error"] == "exchanged_trigger_id"
    update = running.api.views_update(view_id=view["id"], view=MODAL, hash="stale")
    assert (await refused(update))["error"] == "hash_conflict"
    assert (await running.api.views_update(view_id=view["id"], view=MODAL, hash=view["hash"]))["ok"]
    assert (await refused(running.api.views_update(view_id="V404", view=MODAL)))["error"] == "not_found"
    assert (await refused(running.api.views_publish(user_id="U1", view=MODAL)))["error"] == "invalid_arguments"
