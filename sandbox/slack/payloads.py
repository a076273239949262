"""What Slack sends to a bot: interactions, commands and events. Pure functions of the workspace's records."""

from __future__ import annotations

from sandbox.slack.directory import Directory, User
from sandbox.slack.handles import Origin
from sandbox.slack.identifiers import short_id
from sandbox.slack.objects import message_object, view_object
from sandbox.slack.records import Conversation, Ephemeral, Message, View, ViewKind
from sandbox.slack.wire import Json

VERIFICATION_TOKEN = "verification-token-is-deprecated"  # noqa: S105 -- Slack still sends one; nobody may trust it


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
