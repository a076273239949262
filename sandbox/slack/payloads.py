"""The objects that Slack sends and returns, built from the workspace's records. Pure functions."""

from __future__ import annotations

import orjson

from sandbox.slack.directory import Directory, User
from sandbox.slack.handles import Origin
from sandbox.slack.identifiers import short_id
from sandbox.slack.records import NO_BLOCKS, Conversation, ConversationKind, Ephemeral, Message, View, ViewKind
from sandbox.slack.wire import Json

VERIFICATION_TOKEN = "verification-token-is-deprecated"  # noqa: S105 -- Slack still sends one; nobody may trust it


def message_object(message: Message, directory: Directory) -> Json:
    """A message as Slack returns it; the blocks are put in as the JSON they are kept as."""
    app = directory.app
    shown: Json = {"type": "message", "user": message.author, "ts": message.ts, "text": message.text}
    if message.author == app.user_id:
        shown |= {"bot_id": app.bot_id, "app_id": app.id, "team": directory.team.id}
    if message.blocks != NO_BLOCKS:
        shown["blocks"] = orjson.Fragment(message.blocks)
    if message.thread_ts is not None:
        shown["thread_ts"] = message.thread_ts
    if message.edited_ts is not None:
        shown["edited"] = {"user": message.author, "ts": message.edited_ts}
    if message.metadata is not None:
        shown["metadata"] = orjson.Fragment(message.metadata)
    if message.reactions:
        shown["reactions"] = reactions_object(message)
    return shown


def reactions_object(message: Message) -> list[Json]:
    """A message's reactions as Slack returns them."""
    return [{"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions]


def shown_message(message: Message, directory: Directory) -> Json:
    """A message as the act API shows it: Slack's object, with channel, change number and campaign time."""
    if message.deleted:
        return {"channel": message.channel, "ts": message.ts, "sequence": message.sequence, "deleted": True}
    own: Json = {"channel": message.channel, "sequence": message.sequence, "campaign_at": message.campaign_at}
    return message_object(message, directory) | own


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


def _actor(user: User, directory: Directory) -> Json:
    return {"id": user.id, "username": user.name, "name": user.name, "team_id": directory.team.id}


def _envelope(kind: str, user: User, directory: Directory) -> Json:
    return {
        "type": kind,
        "user": _actor(user, directory),
        "api_app_id": directory.app.id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": directory.team.id, "domain": directory.team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_action(
    user: User,
    conversation: Conversation,
    message: Message | Ephemeral,
    action: Json,
    state: Json,
    *,
    directory: Directory,
    origin: Origin,
    response_url: str,
) -> Json:
    """``block_actions`` of a click on a message."""
    name = "directmessage" if conversation.user else conversation.name
    payload = _envelope("block_actions", user, directory) | {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": isinstance(message, Ephemeral),
        },
        "trigger_id": origin.interaction,
        "channel": {"id": conversation.id, "name": name},
        "state": {"values": state},
        "response_url": response_url,
        "actions": [action],
    }
    if isinstance(message, Message):
        payload["message"] = message_object(message, directory)
    return payload


def view_action(user: User, view: View, action: Json, state: Json, *, directory: Directory, origin: Origin) -> Json:
    """``block_actions`` of a click in a modal or in App Home."""
    return _envelope("block_actions", user, directory) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": origin.interaction,
        "view": view_object(view, directory, state),
        "actions": [action],
    }


def view_submission(user: User, view: View, state: Json, *, directory: Directory, origin: Origin) -> Json:
    """``view_submission`` of a modal."""
    return _envelope("view_submission", user, directory) | {
        "trigger_id": origin.interaction,
        "view": view_object(view, directory, state),
        "response_urls": [],
    }


def view_closed(user: User, view: View, *, cleared: bool, directory: Directory) -> Json:
    """``view_closed`` of a modal that asked to be told."""
    return _envelope("view_closed", user, directory) | {
        "view": view_object(view, directory),
        "is_cleared": cleared,
    }


def slash_command(
    user: User,
    conversation: Conversation,
    command: str,
    text: str,
    *,
    directory: Directory,
    origin: Origin,
    response_url: str,
) -> dict[str, str]:
    """The form of a slash command."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": directory.team.id,
        "team_domain": directory.team.domain,
        "channel_id": conversation.id,
        "channel_name": "directmessage" if conversation.user else conversation.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": directory.app.id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": origin.interaction,
    }


def event_envelope(event: Json, now: int, directory: Directory) -> Json:
    """The ``event_callback`` envelope of an event that happened at ``now`` (seconds since 1970)."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": directory.team.id,
        "api_app_id": directory.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{short_id()}{now:X}",
        "event_time": now,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": directory.team.id,
                "user_id": directory.app.user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def app_home_opened(
    user: User, channel: str, tab: str, *, home: View | None, event_ts: str, directory: Directory
) -> Json:
    """The ``app_home_opened`` event; the view published earlier comes along, as Slack sends it."""
    event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel, "event_ts": event_ts, "tab": tab}
    if home is not None and tab == ViewKind.HOME.value:
        event["view"] = view_object(home, directory)
    return event
