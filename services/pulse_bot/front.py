"""The door: size, signature and form of a request are checked before bolt looks at it."""

import hmac
import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import structlog
from fastapi import Request, Response
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.request.internals import parse_body
from starlette.routing import Route

from services.pulse_bot.answers.patience import arriving
from services.pulse_bot.crowd import Crowd
from services.pulse_bot.faults import place_of
from services.pulse_bot.manifest import PATH
from services.pulse_bot.payloads import Malformed, check
from services.pulse_bot.telemetry import RequestFault, Telemetry

_log = structlog.get_logger(__name__)
_STATUS: Final = {
    RequestFault.TOO_LARGE: 413,
    RequestFault.UNSIGNED: 401,
    RequestFault.MALFORMED: 400,
    RequestFault.NOT_READY: 503,
}
_TIMESTAMP_DIGITS: Final = 12
_FRESH_SECONDS: Final = 300


class _Refused(Exception):
    """The request goes no further."""

    def __init__(self, fault: RequestFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Door:
    """Lets signed, fresh, well-formed requests of Slack through to bolt. ``limit`` is the largest body, in bytes."""

    def __init__(
        self,
        app: AsyncApp,
        signing_secret: str,
        *,
        limit: int,
        ready: Callable[[], bool],
        crowd: Crowd,
        telemetry: Telemetry,
    ) -> None:
        self._app = app
        self._secret = signing_secret.encode()
        self._limit = limit
        self._ready = ready
        self._crowd = crowd
        self._telemetry = telemetry

    def route(self) -> Route:
        """``POST /slack/events``: interactions, commands and events; a plain route, cheaper than FastAPI's."""
        return Route(PATH, self.handle, methods=["POST"])

    async def handle(self, request: Request) -> Response:
        """413 too large, 401 unsigned or stale, 400 malformed, 503 not ready; else bolt's answer.

        Above what the bot can take: 200 and "press again" beside the message; 503 for what Slack sends again by itself.
        """
        arrival = arriving()
        try:
            body = await self._signed_body(request)
            bolt_request = _to_bolt(body, request, arrival)
            if not self._ready():
                raise _Refused(RequestFault.NOT_READY)
        except _Refused as refused:
            self._telemetry.requests_refused.labels(refused.fault.value).inc()
            return Response(refused.fault.value, _STATUS[refused.fault], media_type="text/plain")
        if self._crowd.is_full:
            self._telemetry.requests_refused.labels(RequestFault.BUSY.value).inc()
            told = self._crowd.turn_away(bolt_request.body)
            return Response(status_code=200) if told else Response("busy", 503, headers={"Retry-After": "1"})
        with self._crowd.one():
            return await self._dispatch(bolt_request)

    async def _dispatch(self, bolt_request: AsyncBoltRequest) -> Response:
        """Errors of listeners end in the bot's error handler; what comes past it is bolt's own reading of the body."""
        try:
            return to_starlette_response(await self._app.async_dispatch(bolt_request))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            fault = RequestFault.MALFORMED
            _log.warning("bolt cannot read a signed request", error=type(error).__name__, place=place_of(error))
            self._telemetry.requests_refused.labels(fault.value).inc()
            return Response(fault.value, _STATUS[fault], media_type="text/plain")

    async def _signed_body(self, request: Request) -> bytes:
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._limit:
            raise _Refused(RequestFault.TOO_LARGE)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._limit:
                raise _Refused(RequestFault.TOO_LARGE)
        if not self._is_signed(bytes(body), request):
            raise _Refused(RequestFault.UNSIGNED)
        return bytes(body)

    def _is_signed(self, body: bytes, request: Request) -> bool:
        """Slack's signature v0, over the bytes as they came: the SDK's verifier fails on what is not UTF-8."""
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > _TIMESTAMP_DIGITS:
            return False
        if abs(time.time() - int(timestamp)) > _FRESH_SECONDS:
            return False
        expected = "v0=" + hmac.new(self._secret, b"v0:" + timestamp.encode() + b":" + body, sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), request.headers.get("x-slack-signature", "").encode())


def _to_bolt(body: bytes, request: Request, arrival: dict[str, Any]) -> AsyncBoltRequest:
    content_type = request.headers.get("content-type", "").split(";")[0].strip()
    try:
        text = body.decode()
        check(parse_body(text, content_type))
        return AsyncBoltRequest(body=text, headers=dict(request.headers), context=arrival)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, Malformed):
        raise _Refused(RequestFault.MALFORMED) from None
    except (AttributeError, LookupError, TypeError, ValueError):
        raise _Refused(RequestFault.MALFORMED) from None  # bolt reads fields of the body without looking first
