"""Finding what a call names: conversations, people, messages; with Slack's errors when they are not there."""

from __future__ import annotations

from sandbox.slack.directory import User
from sandbox.slack.records import Conversation, ConversationKind, Message
from sandbox.slack.wire import SlackError
from sandbox.slack.workspace import Workspace


def user_or_error(workspace: Workspace, user_id: str) -> User:
    """The person with this id, else ``user_not_found``."""
    user = workspace.directory.user_by_id.get(user_id)
    if user is None:
        raise SlackError("user_not_found")
    return user


def visible_conversation(workspace: Workspace, conversation_id: str) -> Conversation:
    """A conversation that the bot can know of, else ``channel_not_found`` (a private channel it is not in)."""
    conversation = workspace.store.conversation(conversation_id)
    if conversation is None:
        raise SlackError("channel_not_found")
    hidden = conversation.kind is ConversationKind.PRIVATE
    if hidden and workspace.directory.app.user_id not in conversation.member_set:
        raise SlackError("channel_not_found")
    return conversation


def writable_conversation(workspace: Workspace, target: str) -> Conversation:
    """Where a message to ``target`` goes: a channel the bot is in (id or name), or a person's DM."""
    if target.startswith(("U", "W")):
        user = workspace.directory.user_by_id.get(target)
        if user is None:
            raise SlackError("channel_not_found")
        if user.is_bot:
            raise SlackError("cannot_dm_bot")
        return workspace.store.open_dm(user.id)
    named = workspace.store.channel_named(target.removeprefix("#"))
    conversation = visible_conversation(workspace, named.id if named else target)
    if workspace.directory.app.user_id not in conversation.member_set:
        raise SlackError("not_in_channel")
    return conversation


def thread_or_error(workspace: Workspace, conversation: Conversation, ts: str) -> Message:
    """The first message of the thread that this one stands in or could begin, else ``thread_not_found``."""
    named = workspace.store.message(conversation.id, ts)
    first = workspace.store.message(conversation.id, named.thread_ts) if named and named.thread_ts else named
    if first is None:
        raise SlackError("thread_not_found")
    return first


def message_or_error(workspace: Workspace, conversation: Conversation, ts: str) -> Message:
    """The message with this timestamp, else ``message_not_found``."""
    message = workspace.store.message(conversation.id, ts)
    if message is None:
        raise SlackError("message_not_found")
    return message
