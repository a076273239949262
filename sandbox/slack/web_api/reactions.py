"""``reactions.add``, ``reactions.remove`` and ``reactions.get``."""

from __future__ import annotations

import re

from sandbox.slack.limits import Tier
from sandbox.slack.objects import message_object, reactions_object
from sandbox.slack.records import Message
from sandbox.slack.web_api.arguments import Arguments
from sandbox.slack.web_api.method import Method
from sandbox.slack.web_api.places import message_or_error, visible_conversation
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace

EMOJI_NAME = re.compile(r"^[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?$")


async def add(workspace: Workspace, arguments: Arguments) -> Json:
    """The bot's own reaction to a message."""
    return await _set(workspace, arguments, present=True)


async def remove(workspace: Workspace, arguments: Arguments) -> Json:
    """Takes the bot's own reaction away."""
    return await _set(workspace, arguments, present=False)


async def get(workspace: Workspace, arguments: Arguments) -> Json:
    """A message with its reactions."""
    message = _message(workspace, arguments)
    shown = message_object(message, workspace.directory) | {"reactions": reactions_object(message)}
    if not message.reactions:
        del shown["reactions"]
    return {"type": "message", "channel": message.channel, "message": shown}


async def _set(workspace: Workspace, arguments: Arguments, *, present: bool) -> Json:
    name = arguments.text("name")
    if not EMOJI_NAME.match(name):
        raise SlackError("invalid_name")
    message = _message(workspace, arguments)
    changed = workspace.surfaces.react(message, workspace.directory.app.user_id, name, present=present)
    if changed is message:
        raise SlackError("already_reacted" if present else "no_reaction")
    await workspace.store.durable()
    return {}


def _message(workspace: Workspace, arguments: Arguments) -> Message:
    if not arguments.has("channel") or not arguments.has("timestamp"):
        raise SlackError("no_item_specified")
    conversation = visible_conversation(workspace, arguments.text("channel"))
    return message_or_error(workspace, conversation, arguments.text("timestamp"))


METHODS = (
    Method("reactions.add", add, Tier.TIER_3, ("reactions:write",)),
    Method("reactions.remove", remove, Tier.TIER_2, ("reactions:write",)),
    Method("reactions.get", get, Tier.TIER_3, ("reactions:read",)),
)
