"""``/act/command``: a slash command, and what the bot answers to it at once."""

from __future__ import annotations

import orjson
from fastapi import HTTPException

from sandbox.slack import payloads
from sandbox.slack.act.effects import delivered, with_effect
from sandbox.slack.act.people import actor, seen_conversation
from sandbox.slack.act.requests import Command
from sandbox.slack.responses import apply_reply
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace


async def command(workspace: Workspace, request: Command) -> Json:
    """Delivers the command; text or JSON in the answer's body becomes a message, as in Slack.

    One that the app has not announced is not delivered: 422.
    """
    user = actor(workspace, request.user)
    conversation = (
        seen_conversation(workspace, user, request.channel) if request.channel else workspace.store.open_dm(user.id)
    )
    name, _, text = request.text.partition(" ")
    known = workspace.directory.app.commands
    if name not in known:
        raise HTTPException(422, f"There is no command {name}; there are {', '.join(known)}.")
    origin = workspace.triggers.issue(user.id, conversation.id)
    form = payloads.slash_command(
        user,
        conversation,
        name,
        text.strip(),
        directory=workspace.directory,
        origin=origin,
        response_url=workspace.response_urls.issue(origin),
    )

    async def act() -> Json:
        answer = await delivered(workspace, "slash command", user.id, form, lambda: workspace.delivery.command(form))
        report = answer.report()
        if answer.accepted and answer.body.strip():
            try:
                await apply_reply(workspace, origin, _reply(answer.body))
                await workspace.store.durable()
            except SlackError as refusal:
                report["error"] = "; ".join((refusal.code, *refusal.messages))
        return report

    return await with_effect(workspace, act, request.wait_seconds, ("interaction", origin.interaction))


def _reply(body: bytes) -> Json:
    try:
        reply = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"text": body.decode(errors="replace")}
    return reply if isinstance(reply, dict) else {"text": str(reply)}
