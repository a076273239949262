"""``/api/<method>``: token, method, rate and scope are checked here, in Slack's order; then the method answers."""

from __future__ import annotations

import hmac
import logging
import time
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.slack.requests_seen import Direction
from sandbox.slack.web_api import apps, auth, chat, conversations, files, reactions, usergroups, users, views
from sandbox.slack.web_api.arguments import Arguments
from sandbox.slack.web_api.method import Method, require_scope
from sandbox.slack.wire import Json, SlackError, json_response
from sandbox.slack.workspace import Workspace

_FAMILIES = (apps, auth, chat, conversations, files, reactions, usergroups, users, views)
METHODS: Final[dict[str, Method]] = {method.name: method for family in _FAMILIES for method in family.METHODS}

_log = logging.getLogger("sandbox.slack.web_api")


def web_api_route(workspace: Workspace) -> Route:
    """The route of all methods of the Web API."""

    async def call(request: Request) -> Response:
        started = time.perf_counter()
        name = request.path_params["method"]
        arguments = Arguments({})
        try:
            arguments = await Arguments.of(request)
            body = {"ok": True} | await _answer(workspace, name, request, arguments)
            response, verdict = json_response(body, headers=_scope_headers(workspace, name)), "ok"
        except SlackError as refusal:
            response, verdict = _refusal(refusal), refusal.code
        milliseconds = (time.perf_counter() - started) * 1000
        shown_name = name if name in METHODS else "unknown method"
        workspace.requests_seen.add(Direction.FROM_BOT, shown_name, verdict, milliseconds, payload=arguments.values)
        if verdict != "ok":
            _log.info("%s refused: %s", shown_name, verdict)
        return response

    return Route("/api/{method}", call, methods=["GET", "POST"])


async def _answer(workspace: Workspace, name: str, request: Request, arguments: Arguments) -> Json:
    _require_token(workspace, name, request, arguments)
    method = METHODS.get(name)
    if method is None:
        raise SlackError("unknown_method", details={"req_method": name})
    fault = await workspace.faults.before(method.name)
    workspace.rates.spend(method.name, method.tier)
    require_scope(workspace, *method.scopes)
    answer = await method.handler(workspace, arguments)
    workspace.faults.after(fault)
    return answer


def _require_token(workspace: Workspace, name: str, request: Request, arguments: Arguments) -> None:
    """The bot's token; for the methods of Socket Mode the app-level one. One is not the other."""
    app, bot = workspace.credentials.app_token, workspace.credentials.bot_token
    wanted, other = (app, bot) if name.startswith("apps.") else (bot, app)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = arguments.text("token", "")
    if not token:
        raise SlackError("not_authed")
    if _same(token, wanted):
        return
    raise SlackError("not_allowed_token_type" if _same(token, other) else "invalid_auth")


def _same(token: str, known: str | None) -> bool:
    return known is not None and hmac.compare_digest(token.strip().encode(), known.encode())


def _refusal(refusal: SlackError) -> Response:
    if refusal.retry_after is None:
        return json_response(refusal.reply(), refusal.status)
    return json_response(refusal.reply(), 429, {"Retry-After": str(refusal.retry_after)})


def _scope_headers(workspace: Workspace, name: str) -> dict[str, str]:
    return {
        "X-OAuth-Scopes": ",".join(workspace.directory.app.scopes),
        "X-Accepted-OAuth-Scopes": ",".join(METHODS[name].scopes),
    }
