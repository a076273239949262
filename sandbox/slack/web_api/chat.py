"""``chat.postMessage``, ``chat.postEphemeral``, ``chat.update`` and ``chat.delete``."""

from __future__ import annotations

from typing import cast

import orjson

from sandbox.slack.blocks import checked_message_blocks
from sandbox.slack.identifiers import STAMP
from sandbox.slack.limits import MESSAGE_TEXT, Tier
from sandbox.slack.objects import message_object
from sandbox.slack.records import NO_BLOCKS, Conversation, Message
from sandbox.slack.web_api.arguments import Arguments
from sandbox.slack.web_api.method import Method
from sandbox.slack.web_api.places import (
    message_or_error,
    thread_or_error,
    visible_conversation,
    writable_conversation,
)
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace


async def post_message(workspace: Workspace, arguments: Arguments) -> Json:
    """A new message; a user id as channel opens the DM."""
    conversation = writable_conversation(workspace, arguments.text("channel"))
    text, blocks = content(workspace, arguments.text("text", ""), arguments.json("blocks"))
    thread_ts = _thread(workspace, conversation, arguments)
    workspace.rates.spend_post(conversation.id)
    message = workspace.surfaces.post(
        conversation,
        workspace.directory.app.user_id,
        text,
        blocks,
        thread_ts=thread_ts,
        metadata=cast("Json | None", arguments.json("metadata")),
    )
    await workspace.store.durable()
    return {
        "channel": conversation.id,
        "ts": message.ts,
        "message": message_object(message, workspace.directory),
    }


async def post_ephemeral(workspace: Workspace, arguments: Arguments) -> Json:
    """A message that one member of the conversation sees."""
    conversation = writable_conversation(workspace, arguments.text("channel"))
    user = arguments.text("user")
    if user not in conversation.member_set:
        raise SlackError("user_not_in_channel")
    text, blocks = content(workspace, arguments.text("text", ""), arguments.json("blocks"))
    workspace.surfaces.whisper(conversation, user, text, blocks)
    return {"message_ts": workspace.store.next_stamp()}


async def update(workspace: Workspace, arguments: Arguments) -> Json:
    """Other content for one of the bot's own messages; blocks that are left out stay, an empty list takes them away."""
    conversation, message = _own_message(workspace, arguments, "cant_update_message")
    given = arguments.json("blocks")
    text, blocks = content(workspace, arguments.text("text", ""), message.block_list() if given is None else given)
    changed = workspace.surfaces.rewrite(message, text, blocks)
    await workspace.store.durable()
    shown = message_object(changed, workspace.directory)
    return {"channel": conversation.id, "ts": changed.ts, "text": text, "message": shown}


async def delete(workspace: Workspace, arguments: Arguments) -> Json:
    """Takes one of the bot's own messages away."""
    conversation, message = _own_message(workspace, arguments, "cant_delete_message")
    workspace.surfaces.delete(message)
    await workspace.store.durable()
    return {"channel": conversation.id, "ts": message.ts}


def content(workspace: Workspace, text: str, blocks: object) -> tuple[str, bytes]:
    """Checked text and blocks of a message; raises ``no_text``, ``msg_too_long``, ``invalid_blocks``."""
    if len(text) > MESSAGE_TEXT:
        raise SlackError("msg_too_long")
    checked = NO_BLOCKS if blocks is None else checked_message_blocks(blocks)
    if not text and checked == NO_BLOCKS:
        raise SlackError("no_text")
    if b'"slack_file"' in checked:
        workspace.files.require_images(orjson.loads(checked))
    return text, checked


def _thread(workspace: Workspace, conversation: Conversation, arguments: Arguments) -> str | None:
    """The ``thread_ts`` of a reply; raises ``invalid_thread_ts`` and ``thread_not_found``."""
    asked = arguments.text("thread_ts", "")
    if not asked:
        return None
    if arguments.flag("reply_broadcast"):
        raise SlackError("invalid_arguments", messages=("The emulated workspace shows a reply in its thread alone.",))
    if not STAMP.match(asked):
        raise SlackError("invalid_thread_ts", messages=(f"[ERROR] {asked} is not a valid thread_ts",))
    if thread_or_error(workspace, conversation, asked).ts != asked:
        raise SlackError("thread_not_found", messages=("thread_ts is that of the first message, not of a reply.",))
    return asked


def _own_message(workspace: Workspace, arguments: Arguments, refusal: str) -> tuple[Conversation, Message]:
    conversation = visible_conversation(workspace, arguments.text("channel"))
    message = message_or_error(workspace, conversation, arguments.text("ts"))
    if message.author != workspace.directory.app.user_id:
        raise SlackError(refusal)
    return conversation, message


METHODS = (
    Method("chat.postMessage", post_message, Tier.POSTING, ("chat:write",)),
    Method("chat.postEphemeral", post_ephemeral, Tier.TIER_4, ("chat:write",)),
    Method("chat.update", update, Tier.TIER_3, ("chat:write",)),
    Method("chat.delete", delete, Tier.TIER_3, ("chat:write",)),
)
