"""``response_url``: the address at which the bot may answer one interaction, five times within thirty minutes."""

from __future__ import annotations

import logging
import time
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.slack.faults import RESPONSE_URL
from sandbox.slack.handles import Origin
from sandbox.slack.limits import REQUEST_BYTES
from sandbox.slack.records import Conversation
from sandbox.slack.requests_seen import Direction
from sandbox.slack.web_api.chat import content
from sandbox.slack.wire import Json, SlackError, json_response
from sandbox.slack.workspace import Workspace

_log = logging.getLogger("sandbox.slack.responses")
_GONE = frozenset({"expired_url", "used_url"})


def response_route(workspace: Workspace) -> Route:
    """The route that response URLs lead to. The address is the secret; no token is asked for, as in Slack."""

    async def answer(request: Request) -> Response:
        started = time.perf_counter()
        who, verdict = "", "ok"
        reply: Json | None = None
        response: Response = PlainTextResponse("ok")
        try:
            origin = workspace.response_urls.use(request.path_params["secret"])
            who = origin.user
            fault = await workspace.faults.before(RESPONSE_URL)
            reply = await _body(request)
            await _apply(workspace, origin, reply)
            workspace.faults.after(fault)
        except SlackError as refusal:
            verdict = refusal.code
            response = _refusal(refusal)
            _log.info("response_url refused: %s", verdict)
        milliseconds = (time.perf_counter() - started) * 1000
        workspace.requests_seen.add(Direction.FROM_BOT, RESPONSE_URL, verdict, milliseconds, who=who, payload=reply)
        return response

    return Route("/response/{team}/{secret}", answer, methods=["POST"])


def _refusal(refusal: SlackError) -> Response:
    if refusal.retry_after is not None:
        return json_response(refusal.reply(), 429, {"Retry-After": str(refusal.retry_after)})
    status = refusal.status if refusal.status != 200 else 404 if refusal.code in _GONE else 400
    return json_response(refusal.reply(), status)


async def apply_reply(workspace: Workspace, origin: Origin, reply: Json) -> None:
    """Shows what a bot answered to an interaction: a new message, or a change of the one clicked on."""
    conversation = workspace.store.conversation(origin.channel)
    if conversation is None:
        raise SlackError("channel_not_found")
    if _wishes(reply, "delete_original"):
        _delete_original(workspace, origin)
        return
    text, blocks = content(workspace, str(reply.get("text") or ""), reply.get("blocks"))
    if _wishes(reply, "replace_original"):
        _replace_original(workspace, origin, conversation, text, blocks)
    elif reply.get("response_type") == "in_channel":
        bot = workspace.directory.app.user_id
        workspace.surfaces.post(conversation, bot, text, blocks, interaction=origin.interaction)
    else:
        workspace.surfaces.whisper(conversation, origin.user, text, blocks, interaction=origin.interaction)


async def _apply(workspace: Workspace, origin: Origin, reply: Json) -> None:
    await apply_reply(workspace, origin, reply)
    await workspace.store.durable()


def _delete_original(workspace: Workspace, origin: Origin) -> None:
    ephemeral = workspace.ephemerals.find(origin.user, origin.message_ts)
    message = workspace.store.message(origin.channel, origin.message_ts)
    if ephemeral is not None:
        workspace.surfaces.take_back(ephemeral)
    elif message is not None:
        workspace.surfaces.delete(message, interaction=origin.interaction)
    else:
        raise SlackError("message_not_found")


def _replace_original(
    workspace: Workspace, origin: Origin, conversation: Conversation, text: str, blocks: bytes
) -> None:
    ephemeral = workspace.ephemerals.find(origin.user, origin.message_ts)
    message = workspace.store.message(origin.channel, origin.message_ts)
    if ephemeral is not None:
        workspace.surfaces.whisper(
            conversation, origin.user, text, blocks, replacing=ephemeral.ts, interaction=origin.interaction
        )
    elif message is not None:
        workspace.surfaces.rewrite(message, text, blocks, interaction=origin.interaction)
    else:
        raise SlackError("message_not_found")


async def _body(request: Request) -> Json:
    raw = await request.body()
    if len(raw) > REQUEST_BYTES:
        raise SlackError("request_too_large")
    try:
        body: Any = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise SlackError("invalid_payload") from error
    if not isinstance(body, dict):
        raise SlackError("invalid_payload")
    return body


def _wishes(reply: Json, name: str) -> bool:
    return reply.get(name) in (True, "true")
