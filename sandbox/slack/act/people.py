"""Who acts and what they can see, with refusals that say what to do."""

from __future__ import annotations

from fastapi import HTTPException

from sandbox.slack.directory import User
from sandbox.slack.records import Conversation, Message, View
from sandbox.slack.workspace import Workspace


def actor(workspace: Workspace, user_id: str) -> User:
    """The person who acts; 404 when unknown, 403 for a bot or someone deactivated."""
    user = workspace.directory.user_by_id.get(user_id)
    if user is None:
        raise HTTPException(404, f"There is no user {user_id}; GET /act/people lists them.")
    if user.is_bot or user.deleted:
        raise HTTPException(403, f"{user_id} is {'a bot' if user.is_bot else 'deactivated'} and cannot act.")
    return user


def seen_conversation(workspace: Workspace, user: User, conversation_id: str) -> Conversation:
    """A conversation that the person is in; 404 when unknown, 403 when they are not in it."""
    conversation = workspace.store.conversation(conversation_id)
    if conversation is None:
        raise HTTPException(404, f"There is no conversation {conversation_id}.")
    if user.id not in conversation.member_set:
        raise HTTPException(403, f"{user.id} is not in the conversation {conversation_id}.")
    return conversation


def seen_message(workspace: Workspace, conversation: Conversation, ts: str) -> Message:
    """A message of a conversation; 404 when it is not there (any more)."""
    message = workspace.store.message(conversation.id, ts)
    if message is None:
        raise HTTPException(404, f"There is no message {ts} in {conversation.id} (any more).")
    return message


def seen_view(workspace: Workspace, user: User, view_id: str) -> View:
    """A view of the person's own; 404 when it is not there (any more)."""
    view = workspace.store.view(view_id)
    if view is None or view.user != user.id:
        raise HTTPException(404, f"{user.id} has no view {view_id} (any more).")
    return view
