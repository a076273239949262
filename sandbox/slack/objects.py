"""Messages, views and conversations as Slack returns them, and as the act API shows them. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from sandbox.slack.directory import Directory
from sandbox.slack.records import NO_BLOCKS, Conversation, ConversationKind, Ephemeral, Message, View
from sandbox.slack.wire import Json

_SHOWN_REPLIERS = 5
"""As many people does Slack name beside a thread."""


def message_object(message: Message, directory: Directory, replies: Sequence[Message] = ()) -> Json:
    """A message as Slack returns it; the blocks are put in as the JSON they are kept as.

    ``replies`` are those of its thread, oldest first, where the place in question tells of them.
    """
    app = directory.app
    shown: Json = {"type": "message", "user": message.author, "ts": message.ts, "text": message.text}
    if message.author == app.user_id:
        shown |= {"bot_id": app.bot_id, "app_id": app.id, "team": directory.team.id}
    if message.blocks != NO_BLOCKS:
        shown["blocks"] = orjson.Fragment(message.blocks)
    if message.thread_ts is not None:
        shown["thread_ts"] = message.thread_ts
    if replies:
        shown |= thread_object(replies)
    if message.edited_ts is not None:
        shown["edited"] = {"user": message.author, "ts": message.edited_ts}
    if message.metadata is not None:
        shown["metadata"] = orjson.Fragment(message.metadata)
    if message.reactions:
        shown["reactions"] = reactions_object(message)
    return shown


def thread_object(replies: Sequence[Message]) -> Json:
    """What the first message of a thread tells of it."""
    people = list(dict.fromkeys(reply.author for reply in replies))
    return {
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "latest_reply": replies[-1].ts,
        "reply_users": people[:_SHOWN_REPLIERS],
        "subscribed": False,
    }


def reactions_object(message: Message) -> list[Json]:
    """A message's reactions as Slack returns them."""
    return [{"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions]


def shown_message(message: Message, directory: Directory, replies: Sequence[Message] = ()) -> Json:
    """A message as the act API shows it: Slack's object, with channel, change number and campaign time."""
    if message.deleted:
        return {"channel": message.channel, "ts": message.ts, "sequence": message.sequence, "deleted": True}
    own: Json = {"channel": message.channel, "sequence": message.sequence, "campaign_at": message.campaign_at}
    return message_object(message, directory, replies) | own


def shown_ephemeral(ephemeral: Ephemeral, directory: Directory) -> Json:
    """A message for one person only, as the act API shows it."""
    return {
        "type": "message",
        "ephemeral": True,
        "ts": ephemeral.ts,
        "channel": ephemeral.channel,
        "sequence": ephemeral.sequence,
        "user": directory.app.user_id,
        "text": ephemeral.text,
        "blocks": orjson.Fragment(ephemeral.blocks),
    }


def view_object(view: View, directory: Directory, state: Json | None = None) -> Json:
    """A view as Slack returns it and sends it with an interaction."""
    body = view.body
    shown: Json = {
        "id": view.id,
        "team_id": directory.team.id,
        "app_id": directory.app.id,
        "app_installed_team_id": directory.team.id,
        "bot_id": directory.app.bot_id,
        "type": view.kind.value,
        "blocks": body["blocks"],
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "external_id": body.get("external_id", ""),
        "state": {"values": state or {}},
        "hash": view.hash,
        "clear_on_close": body.get("clear_on_close", False),
        "notify_on_close": body.get("notify_on_close", False),
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "title": body.get("title", {"type": "plain_text", "text": directory.app.real_name, "emoji": True}),
        "close": body.get("close"),
        "submit": body.get("submit"),
    }
    return shown


def conversation_object(conversation: Conversation) -> Json:
    """A conversation as ``conversations.list`` returns it."""
    if conversation.kind is ConversationKind.DIRECT:
        return {"id": conversation.id, "is_im": True, "user": conversation.user, "is_user_deleted": False}
    private = conversation.kind is ConversationKind.PRIVATE
    return {
        "id": conversation.id,
        "name": conversation.name,
        "name_normalized": conversation.name,
        "is_channel": not private,
        "is_group": private,
        "is_im": False,
        "is_mpim": False,
        "is_private": private,
        "is_archived": False,
        "is_general": False,
        "num_members": len(conversation.members),
    }
