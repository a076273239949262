"""What reaches the bot as an event: App Home opened, a reaction, a message; and the handshake of its address."""

from __future__ import annotations

import secrets
import time

from fastapi import HTTPException

from sandbox.slack import payloads
from sandbox.slack.act.effects import delivered, with_effect
from sandbox.slack.act.people import actor, seen_conversation, seen_message
from sandbox.slack.act.requests import OpenHome, React, Say
from sandbox.slack.faults import RETRY_REASON
from sandbox.slack.web_api.reactions import EMOJI_NAME
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Workspace

_NOT_SUBSCRIBED: Json = {"status": 0, "milliseconds": 0.0, "body_excerpt": "", "error": "not_subscribed"}


async def open_home(workspace: Workspace, request: OpenHome) -> Json:
    """Tells the bot that a person opened the app; it usually publishes their App Home in answer."""
    user = actor(workspace, request.user)
    dm = workspace.store.open_dm(user.id)
    home = workspace.store.home(user.id)
    event = payloads.app_home_opened(
        user, dm.id, request.tab, home=home, event_ts=workspace.store.next_stamp(), directory=workspace.directory
    )
    topic = ("person's home", user.id)
    return await with_effect(
        workspace, lambda: _emit(workspace, "app_home_opened", event, user.id), request.wait_seconds, topic
    )


async def react(workspace: Workspace, request: React) -> Json:
    """Adds or takes away a reaction."""
    user = actor(workspace, request.user)
    conversation = seen_conversation(workspace, user, request.channel)
    message = seen_message(workspace, conversation, request.message_ts)
    if not EMOJI_NAME.match(request.name):
        raise HTTPException(422, f"{request.name!r} is no emoji name; write it without colons, such as tada.")
    changed = workspace.surfaces.react(message, user.id, request.name, present=not request.remove)
    await workspace.store.durable()
    if changed is message:
        return dict(_NOT_SUBSCRIBED, error="no_change")
    kind = "reaction_removed" if request.remove else "reaction_added"
    event: Json = {
        "type": kind,
        "user": user.id,
        "reaction": request.name,
        "item_user": message.author,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "event_ts": workspace.store.next_stamp(),
    }
    return await _emit(workspace, kind, event, user.id)


async def say(workspace: Workspace, request: Say) -> Json:
    """Writes a message; the bot hears of it where it listens to such messages."""
    user = actor(workspace, request.user)
    conversation = seen_conversation(workspace, user, request.channel)
    text = request.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    above = seen_message(workspace, conversation, request.thread_ts) if request.thread_ts else None
    if above is not None and above.is_reply:
        raise HTTPException(422, "A reply stands below the first message of a thread, not below another reply.")
    message = workspace.surfaces.post(conversation, user.id, text, thread_ts=above.ts if above else None)
    workspace.store.mark_read(user.id, conversation.id)
    await workspace.store.durable()
    event: Json = {
        "type": "message",
        "channel": conversation.id,
        "user": user.id,
        "text": text,
        "ts": message.ts,
        "event_ts": message.ts,
        "team": workspace.directory.team.id,
        "channel_type": "im" if conversation.user else "channel",
    }
    if above is not None:
        event |= {"thread_ts": above.ts, "parent_user_id": above.author}
    return await _emit(workspace, f"message.{event['channel_type']}", event, user.id)


async def verify(workspace: Workspace) -> Json:
    """Does the ``url_verification`` handshake: ``{"verified": true}`` when the bot passed it."""
    challenge = secrets.token_urlsafe(24)
    return {"verified": await workspace.delivery.verification(challenge, payloads.VERIFICATION_TOKEN)}


async def _emit(workspace: Workspace, name: str, event: Json, who: str) -> Json:
    if name not in workspace.directory.app.events:
        return dict(_NOT_SUBSCRIBED)
    envelope = payloads.event_envelope(event, int(time.time()), workspace.directory)
    answer = await delivered(
        workspace,
        name,
        who,
        envelope,
        lambda: workspace.delivery.event(envelope),
        again=lambda: workspace.delivery.event_again(envelope, 1, RETRY_REASON),
    )
    return answer.report()
