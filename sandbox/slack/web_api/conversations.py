"""``conversations.open``, ``history``, ``replies``, ``list``, ``members`` and ``info``."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.slack.limits import Tier
from sandbox.slack.objects import conversation_object, message_object
from sandbox.slack.records import Conversation, ConversationKind, Message
from sandbox.slack.web_api.arguments import Arguments, invalid, page_of
from sandbox.slack.web_api.method import Method, require_scope
from sandbox.slack.web_api.places import thread_or_error, user_or_error, visible_conversation
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace

_READ = {
    ConversationKind.DIRECT: "im:read",
    ConversationKind.PUBLIC: "channels:read",
    ConversationKind.PRIVATE: "groups:read",
}
_HISTORY = {
    ConversationKind.DIRECT: "im:history",
    ConversationKind.PUBLIC: "channels:history",
    ConversationKind.PRIVATE: "groups:history",
}
_OF_TYPE = {kind.value: kind for kind in ConversationKind}


async def open_conversation(workspace: Workspace, arguments: Arguments) -> Json:
    """The DM with one person, opened if need be."""
    if arguments.has("channel"):
        conversation = visible_conversation(workspace, arguments.text("channel"))
        return {"no_op": True, "already_open": True, "channel": {"id": conversation.id}}
    people = [name for name in arguments.text("users", "").split(",") if name]
    if not people:
        raise SlackError("users_list_not_supplied")
    if len(people) != 1:
        require_scope(workspace, "mpim:write")
        raise SlackError("too_many_users", messages=("The emulated workspace has no group conversations.",))
    user = user_or_error(workspace, people[0])
    if user.deleted:
        raise SlackError("user_disabled")
    if user.is_bot:
        raise SlackError("cannot_dm_bot")
    known = workspace.store.dm(user.id)
    conversation = known or workspace.store.open_dm(user.id)
    await workspace.store.durable()
    shown = conversation_object(conversation) if arguments.flag("return_im") else {"id": conversation.id}
    return {"no_op": known is not None, "already_open": known is not None, "channel": shown}


async def history(workspace: Workspace, arguments: Arguments) -> Json:
    """A conversation's messages, newest first, by page."""
    conversation = _readable(workspace, arguments)
    newest = (message for message in workspace.store.newest_messages(conversation.id) if not message.is_reply)
    wanted = _between(newest, arguments)
    page, metadata = page_of(wanted, arguments, arguments.number("limit", 100, 999))
    return {
        "messages": [message_object(m, workspace.directory, workspace.store.replies(m)) for m in page],
        "has_more": bool(metadata["next_cursor"]),
        "pin_count": 0,
        "response_metadata": metadata,
    }


async def replies(workspace: Workspace, arguments: Arguments) -> Json:
    """A thread, oldest first, by page; ``ts`` is that of its first message or of any reply in it.

    The first message comes first whatever ``oldest`` and ``latest`` are. One that has no thread comes alone.
    """
    conversation = _readable(workspace, arguments)
    first = thread_or_error(workspace, conversation, arguments.text("ts"))
    below = workspace.store.replies(first)
    page, metadata = page_of([first, *_between(below, arguments)], arguments, arguments.number("limit", 1000, 1000))
    directory = workspace.directory
    shown = [
        message_object(first, directory, below)
        if message is first
        else message_object(message, directory) | {"parent_user_id": first.author}
        for message in page
    ]
    return {"messages": shown, "has_more": bool(metadata["next_cursor"]), "response_metadata": metadata}


async def list_conversations(workspace: Workspace, arguments: Arguments) -> Json:
    """Conversations of the types asked for, as far as the bot may know of them."""
    kinds: list[ConversationKind] = []
    for name in arguments.text("types", "public_channel").split(","):
        if name.strip() == "mpim":
            require_scope(workspace, "mpim:read")
            continue
        kind = _OF_TYPE.get(name.strip())
        if kind is None:
            raise SlackError("invalid_types")
        require_scope(workspace, _READ[kind])
        kinds.append(kind)
    found = [c for c in workspace.store.conversations() if c.kind in kinds and _known_to_bot(workspace, c)]
    page, metadata = page_of(found, arguments, arguments.number("limit", 100, 999))
    bot = workspace.directory.app.user_id
    return {
        "channels": [conversation_object(c) | ({} if c.user else {"is_member": bot in c.member_set}) for c in page],
        "response_metadata": metadata,
    }


async def members(workspace: Workspace, arguments: Arguments) -> Json:
    """The ids of a conversation's members, by page."""
    conversation = visible_conversation(workspace, arguments.text("channel"))
    require_scope(workspace, _READ[conversation.kind])
    page, metadata = page_of(conversation.members, arguments, arguments.number("limit", 100, 1000))
    return {"members": list(page), "response_metadata": metadata}


async def info(workspace: Workspace, arguments: Arguments) -> Json:
    """One conversation."""
    conversation = visible_conversation(workspace, arguments.text("channel"))
    require_scope(workspace, _READ[conversation.kind])
    return {"channel": conversation_object(conversation)}


def _readable(workspace: Workspace, arguments: Arguments) -> Conversation:
    """The conversation that a call names, if the bot may read what is said there."""
    conversation = visible_conversation(workspace, arguments.text("channel"))
    require_scope(workspace, _HISTORY[conversation.kind])
    if workspace.directory.app.user_id not in conversation.member_set:
        raise SlackError("not_in_channel")
    return conversation


def _between(messages: Iterable[Message], arguments: Arguments) -> list[Message]:
    """The messages from ``oldest`` to ``latest``."""
    oldest, latest = arguments.text("oldest", "0"), arguments.text("latest", "")
    inclusive = arguments.flag("inclusive")
    return [message for message in messages if _within(message.ts, oldest, latest, inclusive=inclusive)]


def _known_to_bot(workspace: Workspace, conversation: Conversation) -> bool:
    bot = workspace.directory.app.user_id
    return conversation.kind is not ConversationKind.PRIVATE or bot in conversation.member_set


def _within(ts: str, oldest: str, latest: str, *, inclusive: bool) -> bool:
    try:
        moment, after, before = float(ts), float(oldest), float(latest) if latest else float("inf")
    except ValueError as error:
        raise invalid("oldest and latest must be timestamps") from error
    return after <= moment <= before if inclusive else after < moment < before


METHODS = (
    Method("conversations.open", open_conversation, Tier.TIER_3, ("im:write",)),
    Method("conversations.history", history, Tier.TIER_3, tuple(_HISTORY.values())),
    Method("conversations.replies", replies, Tier.TIER_3, tuple(_HISTORY.values())),
    Method("conversations.list", list_conversations, Tier.TIER_2, tuple(_READ.values())),
    Method("conversations.members", members, Tier.TIER_4, tuple(_READ.values())),
    Method("conversations.info", info, Tier.TIER_3, tuple(_READ.values())),
)
