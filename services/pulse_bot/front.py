"""The door: size, signature and form of a request are checked before bolt looks at it."""

import hmac
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

import orjson
import structlog
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.pulse_bot.answers.patience import arriving
from services.pulse_bot.crowd import Crowd
from services.pulse_bot.faults import place_of
from services.pulse_bot.manifest import PATH
from services.pulse_bot.messages.message import Json
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
_MOST_FIELDS: Final = 100
_PRESS: Final = b"payload="
"""What a press, a modal and a shortcut begin with: one field of a form, which is JSON."""
_ONLY_POST: Final = Response("only POST", 405, headers={"Allow": "POST"}, media_type="text/plain")


class _Refused(Exception):
    """The request goes no further."""

    def __init__(self, fault: RequestFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Door:
    """Lets signed, fresh, well-formed requests of Slack through to bolt. ``limit`` is the largest body, in bytes.

    Any of ``signing_secrets`` will do: there are two while Slack changes from one to the other.
    """

    def __init__(
        self,
        app: AsyncApp,
        signing_secrets: tuple[str, ...],
        *,
        limit: int,
        ready: Callable[[], bool],
        crowd: Crowd,
        telemetry: Telemetry,
    ) -> None:
        self._app = app
        self._secrets = [secret.encode() for secret in signing_secrets]
        self._limit = limit
        self._ready = ready
        self._crowd = crowd
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; one whose sender has gone meanwhile is not looked at."""
        request = Request(scope, receive)
        try:
            response = await self._handle(request) if request.method == "POST" else _ONLY_POST
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _handle(self, request: Request) -> Response:
        """413 too large, 401 unsigned or stale, 400 malformed, 503 not ready; else bolt's answer.

        Above what the bot can take: 200 and "press again" beside the message; 503 for what Slack sends again by itself.
        """
        arrival = arriving()
        try:
            body = _read(await self._signed_body(request), request.headers.get("content-type", ""))
            if not self._ready():
                raise _Refused(RequestFault.NOT_READY)
        except _Refused as refused:
            self._telemetry.requests_refused.labels(refused.fault.value).inc()
            return Response(refused.fault.value, _STATUS[refused.fault], media_type="text/plain")
        if self._crowd.is_full:
            self._telemetry.requests_refused.labels(RequestFault.BUSY.value).inc()
            told = self._crowd.turn_away(body)
            return Response(status_code=200) if told else Response("busy", 503, headers={"Retry-After": "1"})
        with self._crowd.one():
            return await self._dispatch(body, arrival)

    async def _dispatch(self, body: Json, arrival: dict[str, Any]) -> Response:
        """Errors of listeners end in the bot's error handler; what comes past it is bolt's own reading of the body.

        Bolt gets it read and verified already, as in Socket Mode: doing both again took a fifth of a press.
        """
        try:
            bolt_request = AsyncBoltRequest(mode="socket_mode", body=body, context=arrival)
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
        signed = b"v0:" + timestamp.encode() + b":" + body
        given = request.headers.get("x-slack-signature", "").encode()
        expected = [b"v0=" + hmac.digest(secret, signed, "sha256").hex().encode() for secret in self._secrets]
        fitting = [hmac.compare_digest(one, given) for one in expected]  # all, so that time does not tell which
        return any(fitting)


def _read(body: bytes, content_type: str) -> Json:
    """A press or an event as the object that it is, a command as its fields. Raises _Refused."""
    try:
        if content_type.startswith("application/json") or body.startswith(b"{"):
            return check(orjson.loads(body))
        if body.startswith(_PRESS) and b"&" not in body:
            return check(orjson.loads(unquote_to_bytes(body[len(_PRESS) :].replace(b"+", b" "))))
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        return check(orjson.loads(fields["payload"]) if "payload" in fields else fields)
    except (ValueError, Malformed):
        raise _Refused(RequestFault.MALFORMED) from None


class Entrance:
    """The bot over HTTP: Slack's requests go straight to the door, all else to the application.

    They come hundreds a second on the morning of a round, and what a web framework does around a route takes as long as
    reading and checking a press.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self.door: Door | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until there is a door, as in Socket Mode, there is no such path."""
        if self.door is not None and scope["type"] == "http" and scope["path"] == PATH:
            await self.door(scope, receive, send)
        else:
            await self._application(scope, receive, send)
