"""Socket Mode: WebSocket connections that bots open, and deliveries over them.

A server of its own, since the workspace's own web server has no WebSockets. It listens on loopback, and takes only who
shows a ticket of ``apps.connections.open``, once.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from itertools import count

import orjson
from aiohttp import WSMsgType, web

from sandbox.slack.wire import Json

_PATH = "/link/"
_TICKET_SECONDS = 30.0


class SocketLinks:
    """The open connections. Each delivery goes to one of them, in turn.

    It listens on ``host``, and gives out addresses on ``reached_at``.
    """

    def __init__(self, host: str, reached_at: str, timeout: float) -> None:
        self._host = host
        self._reached_at = reached_at
        self._timeout = timeout
        self._tickets: dict[str, float] = {}
        self._links: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = count()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._accepted = 0
        self._refusals = 0

    @property
    def any(self) -> bool:
        """Whether a bot is connected; then Slack delivers over sockets alone."""
        return bool(self._links)

    @property
    def open_now(self) -> int:
        """How many connections there are."""
        return len(self._links)

    @property
    def accepted(self) -> int:
        """How many connections there have been."""
        return self._accepted

    @property
    def refusals_left(self) -> int:
        """How many of the connections that ``refuse`` speaks of are still to come."""
        return self._refusals

    def refuse(self, times: int) -> None:
        """Answer the next connections with 503; their tickets are used up all the same."""
        self._refusals = times

    async def drop(self) -> None:
        """Hang up on every bot."""
        for link in list(self._links):
            await link.close()

    async def open(self) -> None:
        """Begin to listen; call inside the event loop."""
        application = web.Application()
        application.router.add_get(_PATH + "{ticket}", self._connected)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Hang up and stop listening."""
        await self.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def refresh(self) -> None:
        """Tell every bot to open a new connection, as Slack does every few hours."""
        for link in list(self._links):
            await link.send_str(orjson.dumps({"type": "disconnect", "reason": "refresh_requested"}).decode())

    def ticket(self) -> str:
        """The address for one new connection."""
        now = time.monotonic()
        self._tickets = {ticket: until for ticket, until in self._tickets.items() if until > now}
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = now + _TICKET_SECONDS
        return f"ws://{self._reached_at}:{self._port}{_PATH}{ticket}"

    async def deliver(
        self, kind: str, payload: Json, *, takes_answer: bool = False, attempt: int = 0, reason: str = ""
    ) -> Json | None:
        """Deliver over one connection. Gives what came back with the acknowledgement; None when none came in time.

        ``attempt`` and ``reason``: which retry of an event this is, and why.
        """
        links = list(self._links)
        if not links:
            return None
        envelope = secrets.token_hex(16)
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = acknowledged
        content = {
            "envelope_id": envelope,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": takes_answer,
        }
        if kind == "events_api":
            content |= {"retry_attempt": attempt, "retry_reason": reason}
        try:
            await links[next(self._turn) % len(links)].send_str(orjson.dumps(content).decode())
            return await asyncio.wait_for(acknowledged, self._timeout)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            del self._waiting[envelope]

    async def _connected(self, request: web.Request) -> web.StreamResponse:
        until = self._tickets.pop(request.match_info["ticket"], 0.0)
        if until < time.monotonic():
            raise web.HTTPForbidden(text="this ticket is unknown, used or expired")
        if self._refusals:
            self._refusals -= 1
            raise web.HTTPServiceUnavailable
        link = web.WebSocketResponse()
        await link.prepare(request)
        await link.send_str(orjson.dumps({"type": "hello", "num_connections": len(self._links) + 1}).decode())
        self._links.append(link)
        self._accepted += 1
        try:
            async for message in link:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(message.data)
        finally:
            self._links.remove(link)
        return link

    def _acknowledge(self, text: str) -> None:
        try:
            content = orjson.loads(text)
            waiting = self._waiting.get(content.get("envelope_id", ""))
        except (orjson.JSONDecodeError, AttributeError):
            return
        if waiting is not None and not waiting.done():
            waiting.set_result(content.get("payload") or {})
