"""Socket Mode: the same listeners over a WebSocket that the bot opens itself, for those with no way in from outside."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

import structlog
from aiohttp import ClientSession, TraceConfig
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from services.pulse_bot.answers.patience import arriving
from services.pulse_bot.crowd import Crowd
from services.pulse_bot.faults import place_of
from services.pulse_bot.http import proxy_for
from services.pulse_bot.payloads import Malformed, check
from services.pulse_bot.telemetry import RequestFault, Telemetry

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 0.05
_PING_SECONDS = 5.0


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, behind the same check of form as the door of HTTP mode."""

    telemetry: Telemetry
    crowd: Crowd

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Run the listeners; what is acknowledged goes back over the same connection."""
        try:
            arrival = arriving()
            body = check(req.payload)
            headers: dict[str, str | Sequence[str]] = {"content-type": ["application/json"]}
            if req.retry_attempt is not None:
                headers |= {"x-slack-retry-num": [str(req.retry_attempt)]}
            if self.crowd.is_full:
                self.telemetry.requests_refused.labels(RequestFault.BUSY.value).inc()
                if self.crowd.turn_away(body):
                    await send_async_response(client, req, BoltResponse(status=200), 0.0)
                return
            request = AsyncBoltRequest(mode="socket_mode", body=body, headers=headers, context=arrival)
            with self.crowd.one():
                response = await self.app.async_dispatch(request)
            await send_async_response(client, req, response, 0.0)
        except Malformed:
            self.telemetry.requests_refused.labels(RequestFault.MALFORMED.value).inc()
        except Exception as error:  # its text may hold the payload
            self.telemetry.errors.inc()
            _log.error("socket request failed", error=type(error).__name__, place=place_of(error))


class SocketMode:
    """Keeps one connection to Slack, and opens another when Slack refreshes it or it breaks."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: SecretStr,
        base_url: str,
        telemetry: Telemetry,
        *,
        crowd: Crowd,
        ready: Callable[[], bool],
    ) -> None:
        self._app = app
        self._token = app_token
        self._base_url = base_url
        self._telemetry = telemetry
        self._crowd = crowd
        self._ready = ready
        self._handler: _Handler | None = None
        self._starting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect, as soon as the bot can understand clicks; returns at once."""
        self._starting = asyncio.create_task(self._connect(), name="socket-mode")

    @property
    def open(self) -> bool:
        """Whether Slack can reach the bot."""
        session = getattr(self._handler.client, "current_session", None) if self._handler is not None else None
        return session is not None and not session.closed

    async def close(self) -> None:
        """Let go of the connection."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._handler is not None:
            with contextlib.suppress(Exception):  # it is gone already
                await self._handler.close_async()  # type: ignore[no-untyped-call]

    async def _connect(self) -> None:
        while not self._ready():  # noqa: ASYNC110 - the bot's readiness is a state, not an event
            await asyncio.sleep(_LOOK_SECONDS)
        quiet = logging.getLogger("draagvlak.socket_mode")
        quiet.setLevel(logging.CRITICAL + 1)  # the SDK's lines hold whole payloads: who answered what
        proxy = proxy_for(self._base_url)
        web_client = AsyncWebClient(base_url=self._base_url, logger=quiet)
        web_client.proxy = proxy
        self._handler = _Handler(
            self._app,
            self._token.get_secret_value(),
            logger=quiet,
            web_client=web_client,
            ping_interval=_PING_SECONDS,
        )
        self._handler.client.proxy = proxy  # the SDK's own choice does not heed the exceptions
        await self._ask_for_each_attempt(self._handler.client)
        self._handler.telemetry = self._telemetry
        self._handler.crowd = self._crowd
        await self._handler.connect_async()  # type: ignore[no-untyped-call]
        _log.info("socket mode connected")

    @staticmethod
    async def _ask_for_each_attempt(client: SocketModeClient) -> None:
        """Slack's address is good for one attempt, also for one that fails; the SDK tries it again for ever."""

        async def forget(*_: object) -> None:
            client.wss_uri = None

        used = TraceConfig()
        used.on_request_start.append(forget)
        await client.aiohttp_client_session.close()
        client.aiohttp_client_session = ClientSession(trace_configs=[used])
