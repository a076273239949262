"""What Slack's documentation says that a call gives: the contract, one case a sentence.

``says`` is ``ok`` or the error code that the method's page lists. ``holds`` names what the reply must have, as
``path`` or ``path=value``. Every method that the emulated workspace knows has cases; the test checks that too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.slack.limits import TRIGGER_SECONDS
from tests.contract.web_api.subjects import CHANNEL, OTHER, PERSON, PRIVATE, Subject, Token

Json = dict[str, Any]
Steps = Callable[[Subject], Awaitable[Json]]
NOT_A_METHOD: Final = "(404)"
"""What npm's emulate answers for a method that it does not have."""


@dataclass(frozen=True)
class Case:
    """One call and its outcome by Slack's documentation."""

    method: str
    name: str
    says: str
    holds: tuple[str, ...]
    steps: Steps

    @property
    def id(self) -> str:
        """The name by which a difference is recorded."""
        return f"{self.method}: {self.name}"


CASES: Final[list[Case]] = []


def case(method: str, name: str, says: str = "ok", *holds: str) -> Callable[[Steps], Steps]:
    """Adds a case to the contract."""

    def add(steps: Steps) -> Steps:
        CASES.append(Case(method, name, says, holds, steps))
        return steps

    return add


def outcome_of(reply: Json, case: Case) -> str:
    """``ok``, an error code, or either with ``without …`` naming what the reply lacks of what the case holds."""
    said = "ok" if reply.get("ok") else str(reply.get("error"))
    lacking = [path for path in case.holds if not _holds(reply, path)] if said == case.says else []
    return f"{said} without {', '.join(lacking)}" if lacking else said


def _holds(reply: Json, wanted: str) -> bool:
    path, _, value = wanted.partition("=")
    found: Any = reply
    for part in path.split("."):
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            return False
    return not value or str(found) == value


def simple(method: str, name: str, says: str, holds: tuple[str, ...] = (), /, **arguments: Any) -> None:
    """A case of one call. ``@channel``, ``@private``, ``@person``, ``@other`` stand for ids."""

    async def steps(subject: Subject) -> Json:
        known = {
            "@channel": subject.channels[CHANNEL],
            "@private": subject.channels[PRIVATE],
            "@person": subject.users[PERSON],
            "@other": subject.users[OTHER],
        }
        given = {n: known.get(v, v) if isinstance(v, str) else v for n, v in arguments.items() if n != "token"}
        return await subject.call(method, arguments.get("token", Token.FULL), **given)

    CASES.append(Case(method, name, says, holds, steps))


def buttons(number: int = 1, text: str = "Eens", value: str = "1") -> list[Json]:
    """A block of buttons."""
    return [
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": f"a{n}",
                    "value": value,
                    "text": {"type": "plain_text", "text": text},
                }
                for n in range(number)
            ],
        }
    ]


def section(text: str) -> list[Json]:
    """A section of text."""
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


def modal(**more: Any) -> Json:
    """A valid modal, and what a case changes of it."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Zorg delen"},
        "submit": {"type": "plain_text", "text": "Versturen"},
        "blocks": [
            {
                "type": "input",
                "block_id": "concern",
                "label": {"type": "plain_text", "text": "Wat houdt je bezig?"},
                "element": {"type": "plain_text_input", "action_id": "text"},
            }
        ],
    } | more


HOME: Final[Json] = {"type": "home", "blocks": section("Jouw ronde")}
DIVIDER: Final[Json] = {"type": "divider"}


async def post(subject: Subject, **more: Any) -> Json:
    """A message of the bot in the channel."""
    given: Json = {"channel": subject.channels[CHANNEL], "text": "Hallo"} | more
    return await subject.call("chat.postMessage", **given)


# -- who calls

for _method in ("auth.test", "chat.postMessage", "users.list", "views.open"):
    simple(_method, "no token", "not_authed", token=Token.NONE)
    simple(_method, "an unknown token", "invalid_auth", token=Token.UNKNOWN)
simple("auth.test", "the bot's token", "ok", ("team_id", "user_id=U0BOT", "bot_id=B1", "url", "team", "user"))
simple("apps.connections.open", "the app-level token", "ok", ("url",), token=Token.APP)
simple("apps.connections.open", "no token", "not_authed", token=Token.NONE)
simple("apps.connections.open", "the bot's token", "not_allowed_token_type")
simple("chat.postMessage", "the app-level token", "not_allowed_token_type", token=Token.APP)
simple("api.test", "no token is needed", "ok", token=Token.NONE)
simple("api.test", "the error asked for", "my_error", error="my_error")
simple("no.such.method", "an unknown method", "unknown_method")

_SCOPED: Final[tuple[tuple[str, str, Json], ...]] = (
    ("chat.postMessage", "chat:write", {"channel": "@channel", "text": "x"}),
    ("chat.postEphemeral", "chat:write", {"channel": "@channel", "user": "@person", "text": "x"}),
    ("chat.update", "chat:write", {"channel": "@channel", "ts": "1.1", "text": "x"}),
    ("chat.delete", "chat:write", {"channel": "@channel", "ts": "1.1"}),
    ("conversations.open", "im:write", {"users": "@person"}),
    ("conversations.history", "channels:history", {"channel": "@channel"}),
    ("conversations.replies", "channels:history", {"channel": "@channel", "ts": "1.1"}),
    ("conversations.list", "channels:read", {}),
    ("conversations.members", "channels:read", {"channel": "@channel"}),
    ("conversations.info", "channels:read", {"channel": "@channel"}),
    ("reactions.add", "reactions:write", {"channel": "@channel", "timestamp": "1.1", "name": "tada"}),
    ("reactions.remove", "reactions:write", {"channel": "@channel", "timestamp": "1.1", "name": "tada"}),
    ("reactions.get", "reactions:read", {"channel": "@channel", "timestamp": "1.1"}),
    ("usergroups.list", "usergroups:read", {}),
    ("usergroups.users.list", "usergroups:read", {"usergroup": "S1"}),
    ("files.getUploadURLExternal", "files:write", {"filename": "a.png", "length": "10"}),
    ("files.completeUploadExternal", "files:write", {"files": [{"id": "F1"}]}),
)
for _method, _scope, _arguments in _SCOPED:
    simple(_method, "a missing scope", "missing_scope", ("needed", "provided"), token=Token.NARROW, **_arguments)

# -- messages

simple(
    "chat.postMessage",
    "text and blocks to a channel",
    "ok",
    ("ts", "channel", "message.text=Hallo", "message.type=message", "message.bot_id", "message.blocks.0.block_id"),
    channel="@channel",
    text="Hallo",
    blocks=buttons(),
)
simple("chat.postMessage", "to a person opens the DM", "ok", ("ts", "channel"), channel="@person", text="Hallo")
simple("chat.postMessage", "neither text nor blocks", "no_text", channel="@channel")
simple("chat.postMessage", "an unknown channel", "channel_not_found", channel="C404", text="x")
simple("chat.postMessage", "50 blocks", "ok", ("ts",), channel="@channel", text="x", blocks=[DIVIDER] * 50)
for _name, _blocks in (
    ("60 blocks", [DIVIDER] * 60),
    ("a button of 76 characters", buttons(text="x" * 76)),
    ("a button's value of 2,001 characters", buttons(value="x" * 2_001)),
    ("26 buttons in a row", buttons(26)),
    ("a section of 3,001 characters", section("x" * 3_001)),
    ("a header of 151 characters", [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]),
    ("a header in mrkdwn", [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]),
    ("a section without text", [{"type": "section"}]),
    ("an unknown block", [{"type": "poll"}]),
    ("an unknown field", [{"type": "divider", "colour": "red"}]),
):
    simple("chat.postMessage", _name, "invalid_blocks", channel="@channel", text="x", blocks=_blocks)
simple(
    "chat.postMessage", "a button of 75 characters", "ok", channel="@channel", text="x", blocks=buttons(text="x" * 75)
)
simple(
    "chat.postMessage", "a text of 40,001 characters is cut off", "ok", ("ts",), channel="@channel", text="x" * 40_001
)
simple(
    "chat.postEphemeral", "to a member", "ok", ("message_ts",), channel="@channel", user="@person", text="Alleen jij"
)
simple("chat.postEphemeral", "an unknown channel", "channel_not_found", channel="C404", user="@person", text="x")
simple("chat.postEphemeral", "no text", "no_text", channel="@channel", user="@person")


@case("chat.update", "other text for one's own message", "ok", "ts", "channel", "text=Later")
async def _update(subject: Subject) -> Json:
    posted = await post(subject)
    return await subject.call("chat.update", channel=posted["channel"], ts=posted["ts"], text="Later")


@case("chat.update", "60 blocks", "invalid_blocks")
async def _update_too_much(subject: Subject) -> Json:
    posted = await post(subject)
    return await subject.call(
        "chat.update", channel=posted["channel"], ts=posted["ts"], text="x", blocks=[DIVIDER] * 60
    )


simple("chat.update", "an unknown message", "message_not_found", channel="@channel", ts="1.000001", text="x")
simple("chat.update", "an unknown channel", "channel_not_found", channel="C404", ts="1.000001", text="x")


@case("chat.delete", "one's own message", "ok", "ts", "channel")
async def _delete(subject: Subject) -> Json:
    posted = await post(subject)
    return await subject.call("chat.delete", channel=posted["channel"], ts=posted["ts"])


simple("chat.delete", "an unknown message", "message_not_found", channel="@channel", ts="1.000001")

# -- conversations

simple("conversations.open", "with a person", "ok", ("channel.id",), users="@person")


@case("conversations.open", "twice gives the same", "ok", "same=True", "already_open=True", "no_op=True")
async def _open_twice(subject: Subject) -> Json:
    first = await subject.call("conversations.open", users=subject.users[OTHER])
    again = await subject.call("conversations.open", users=subject.users[OTHER])
    return again | {"same": first["channel"]["id"] == again["channel"]["id"]}


simple("conversations.open", "an unknown person", "user_not_found", users="U404")
simple("conversations.open", "nobody named", "users_list_not_supplied")


@case("conversations.history", "newest first", "ok", "messages.0.text=Twee", "messages.1.text=Een", "has_more")
async def _history(subject: Subject) -> Json:
    opened = await subject.call("conversations.open", users=subject.users[PERSON])
    for text in ("Een", "Twee"):
        await subject.call("chat.postMessage", channel=subject.users[PERSON], text=text)
    return await subject.call("conversations.history", channel=opened["channel"]["id"])


@case(
    "conversations.history", "by page", "ok", "has_more=True", "response_metadata.next_cursor", "count=1", "older=True"
)
async def _history_page(subject: Subject) -> Json:
    for _ in range(2):
        posted = await post(subject)
    page = await subject.call("conversations.history", channel=posted["channel"], limit="1")
    cursor = page.get("response_metadata", {}).get("next_cursor", "")
    after = await subject.call("conversations.history", channel=posted["channel"], limit="1", cursor=cursor)
    older = after["messages"][0]["ts"] < page["messages"][0]["ts"]
    return page | {"count": len(page["messages"]), "older": older}


simple("conversations.history", "an unknown channel", "channel_not_found", channel="C404")


# -- threads


async def thread(subject: Subject, *replies: str) -> tuple[Json, list[Json]]:
    """A message of the bot in the channel, and replies to it."""
    first = await post(subject)
    told = [await post(subject, thread_ts=first["ts"], text=text) for text in replies]
    return first, told


@case("chat.postMessage", "a reply", "ok", "message.thread_ts", "thread=True")
async def _reply(subject: Subject) -> Json:
    first, (reply,) = await thread(subject, "Een")
    return reply | {"thread": reply.get("message", {}).get("thread_ts") == first["ts"]}


simple("chat.postMessage", "a reply to no timestamp", "invalid_thread_ts", channel="@channel", text="x", thread_ts="0")
simple(
    "chat.postMessage",
    "a reply to an unknown message",
    "thread_not_found",
    channel="@channel",
    text="x",
    thread_ts="1.000001",
)


@case("chat.postMessage", "a reply to a deleted message", "thread_not_found")
async def _reply_to_deleted(subject: Subject) -> Json:
    first = await post(subject)
    await subject.call("chat.delete", channel=first["channel"], ts=first["ts"])
    return await post(subject, thread_ts=first["ts"])


@case("chat.postMessage", "a reply that the channel shows too")
async def _broadcast(subject: Subject) -> Json:
    first = await post(subject)
    return await post(subject, thread_ts=first["ts"], reply_broadcast="true")


@case(
    "conversations.replies",
    "oldest first, below the first message",
    "ok",
    "messages.0.reply_count=2",
    "messages.0.latest_reply",
    "messages.1.text=Een",
    "messages.1.parent_user_id=U0BOT",
    "messages.2.text=Twee",
    "has_more=False",
)
async def _replies(subject: Subject) -> Json:
    first, _ = await thread(subject, "Een", "Twee")
    return await subject.call("conversations.replies", channel=first["channel"], ts=first["ts"])


@case("conversations.replies", "by page", "ok", "has_more=True", "response_metadata.next_cursor", "count=2")
async def _replies_page(subject: Subject) -> Json:
    first, _ = await thread(subject, "Een", "Twee")
    page = await subject.call("conversations.replies", channel=first["channel"], ts=first["ts"], limit="2")
    return page | {"count": len(page.get("messages", ()))}


@case("conversations.replies", "by a reply's timestamp", "ok", "messages.1.text=Een")
async def _replies_of_reply(subject: Subject) -> Json:
    first, (reply,) = await thread(subject, "Een")
    return await subject.call("conversations.replies", channel=first["channel"], ts=reply["ts"])


@case("conversations.replies", "a message without a thread", "ok", "messages.0.text=Hallo", "count=1")
async def _no_replies(subject: Subject) -> Json:
    first = await post(subject)
    found = await subject.call("conversations.replies", channel=first["channel"], ts=first["ts"])
    return found | {"count": len(found.get("messages", ()))}


simple("conversations.replies", "an unknown message", "thread_not_found", channel="@channel", ts="1.000001")
simple("conversations.replies", "an unknown channel", "channel_not_found", channel="C404", ts="1.000001")


@case("conversations.history", "a thread by its first message alone", "ok", "messages.0.reply_count=1", "replies=0")
async def _history_of_thread(subject: Subject) -> Json:
    first, (reply,) = await thread(subject, "Een")
    page = await subject.call("conversations.history", channel=first["channel"], limit="3")
    return page | {"replies": sum(message["ts"] == reply["ts"] for message in page["messages"])}


simple("conversations.list", "channels", "ok", ("channels.0.id", "channels.0.is_member", "channels.0.num_members"))
simple("conversations.list", "an unknown type", "invalid_types", types="meeting")
simple("conversations.members", "ids", "ok", ("members.0", "response_metadata.next_cursor"), channel="@channel")
simple("conversations.members", "an unknown channel", "channel_not_found", channel="C404")
simple("conversations.info", "a channel", "ok", ("channel.id", "channel.name=algemeen"), channel="@channel")
simple("conversations.info", "a private channel with the bot", "ok", ("channel.is_private=True",), channel="@private")
simple("conversations.info", "an unknown channel", "channel_not_found", channel="C404")

# -- people

simple(
    "users.info",
    "a person with locale",
    "ok",
    ("user.id", "user.name=aisha", "user.tz", "user.locale", "user.is_bot=False", "user.is_restricted=False"),
    user="@person",
    include_locale="true",
)
simple("users.info", "an unknown person", "user_not_found", user="U404")
simple(
    "users.list", "everybody", "ok", ("members.0.id", "members.0.deleted", "cache_ts", "response_metadata.next_cursor")
)
simple("usergroups.list", "with members", "ok", ("usergroups.0.handle", "usergroups.0.users.0"), include_users="true")
simple("usergroups.users.list", "members", "ok", ("users.0",), usergroup="S1")
simple("usergroups.users.list", "an unknown group", "no_such_subteam", usergroup="S404")

# -- reactions


async def react(subject: Subject, method: str, *, times: int = 1, name: str = "tada") -> Json:
    """A reaction to a fresh message, added ``times`` times before the call in question."""
    posted = await post(subject)
    place = {"channel": posted["channel"], "timestamp": posted["ts"]}
    for _ in range(times):
        await subject.call("reactions.add", **place, name=name)
    return await subject.call(method, **place, name=name)


@case("reactions.add", "to a message")
async def _react(subject: Subject) -> Json:
    return await react(subject, "reactions.add", times=0)


@case("reactions.add", "twice", "already_reacted")
async def _react_twice(subject: Subject) -> Json:
    return await react(subject, "reactions.add")


@case("reactions.add", "no emoji's name", "invalid_name")
async def _react_badly(subject: Subject) -> Json:
    return await react(subject, "reactions.add", times=0, name="geen naam!")


@case("reactions.remove", "one's own")
async def _take_back(subject: Subject) -> Json:
    return await react(subject, "reactions.remove")


@case("reactions.remove", "one that is not there", "no_reaction")
async def _take_back_nothing(subject: Subject) -> Json:
    return await react(subject, "reactions.remove", times=0)


@case("reactions.get", "with who reacted", "ok", "message.reactions.0.name=tada", "message.reactions.0.count=1")
async def _reactions(subject: Subject) -> Json:
    return await react(subject, "reactions.get")


simple(
    "reactions.add", "an unknown message", "message_not_found", channel="@channel", timestamp="1.000001", name="tada"
)
simple("reactions.get", "nothing named", "no_item_specified")

# -- files


@case("files.getUploadURLExternal", "a place for ten bytes", "ok", "upload_url", "file_id")
async def _ask_upload(subject: Subject) -> Json:
    return await subject.call("files.getUploadURLExternal", filename="trend.png", length="10")


@case("files.completeUploadExternal", "after the bytes", "ok", "files.0.id", "files.0.title=Trend")
async def _upload(subject: Subject) -> Json:
    asked = await subject.call("files.getUploadURLExternal", filename="trend.txt", length="10")
    await subject.client.post(asked["upload_url"].replace("localhost", "127.0.0.1"), content=b"0123456789")
    return await subject.call("files.completeUploadExternal", files=[{"id": asked["file_id"], "title": "Trend"}])


simple("files.completeUploadExternal", "an unknown file", "file_not_found", files=[{"id": "F404"}])

# -- views

_VIEW: Final = ("view.id", "view.type=modal", "view.hash", "view.root_view_id", "view.state")


@case(
    "views.open",
    "with a fresh trigger",
    "ok",
    "view.id",
    "view.type=modal",
    "view.hash",
    "view.root_view_id",
    "view.state",
)
async def _open_view(subject: Subject) -> Json:
    trigger = await subject.trigger(subject.users[PERSON])
    return await subject.call("views.open", trigger_id=trigger, view=modal())


@case("views.open", "a trigger used before", "exchanged_trigger_id")
async def _used_trigger(subject: Subject) -> Json:
    trigger = await subject.trigger(subject.users[PERSON])
    await subject.call("views.open", trigger_id=trigger, view=modal())
    return await subject.call("views.open", trigger_id=trigger, view=modal())


@case("views.open", "a trigger older than three seconds", "expired_trigger_id")
async def _old_trigger(subject: Subject) -> Json:
    trigger = await subject.trigger(subject.users[PERSON])
    await asyncio.sleep(TRIGGER_SECONDS + 0.1)  # it is the passing of time that is tested
    return await subject.call("views.open", trigger_id=trigger, view=modal())


simple("views.open", "an unknown trigger", "invalid_trigger_id", trigger_id="1.2.3", view=modal())

_LONG_TITLE: Final = {"type": "plain_text", "text": "x" * 25}
for _name, _view in (
    ("a title of 25 characters", modal(title=_LONG_TITLE)),
    ("101 blocks", modal(blocks=[DIVIDER] * 101)),
    ("inputs without a submit button", modal(submit=None)),
    ("private metadata of 3,001 characters", modal(private_metadata="x" * 3_001)),
):

    @case("views.open", _name, "invalid_arguments", "response_metadata.messages.0")
    async def _bad_view(subject: Subject, view: Json = _view) -> Json:
        trigger = await subject.trigger(subject.users[PERSON])
        return await subject.call("views.open", trigger_id=trigger, view=view)


@case("views.push", "on top of a modal", "ok", "view.previous_view_id", "view.root_view_id")
async def _push(subject: Subject) -> Json:
    person = subject.users[PERSON]
    opened = await subject.call("views.open", trigger_id=await subject.trigger(person), view=modal())
    return await subject.call(
        "views.push", trigger_id=await subject.trigger(person, opened["view"]["id"]), view=modal()
    )


@case("views.push", "a fourth modal", "push_limit_reached")
async def _push_too_far(subject: Subject) -> Json:
    person = subject.users[PERSON]
    reply = await subject.call("views.open", trigger_id=await subject.trigger(person), view=modal())
    for _ in range(3):
        trigger = await subject.trigger(person, reply["view"]["id"])
        reply = await subject.call("views.push", trigger_id=trigger, view=modal())
    return reply


async def opened(subject: Subject) -> Json:
    """A modal that is open."""
    trigger = await subject.trigger(subject.users[PERSON])
    view: Json = (await subject.call("views.open", trigger_id=trigger, view=modal()))["view"]
    return view


@case("views.update", "with the current hash", "ok", "view.hash", "changed=True")
async def _update_view(subject: Subject) -> Json:
    view = await opened(subject)
    reply = await subject.call("views.update", view_id=view["id"], hash=view["hash"], view=modal())
    return reply | {"changed": reply["view"]["hash"] != view["hash"]}


@case("views.update", "with an old hash", "hash_conflict")
async def _update_late(subject: Subject) -> Json:
    view = await opened(subject)
    return await subject.call("views.update", view_id=view["id"], hash="156772938.1827394", view=modal())


simple("views.update", "an unknown view", "not_found", view_id="V404", view=modal())
simple("views.publish", "App Home", "ok", ("view.type=home", "view.id"), user_id="@person", view=HOME)
simple("views.publish", "a modal as App Home", "invalid_arguments", user_id="@person", view=modal())
