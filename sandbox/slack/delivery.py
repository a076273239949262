"""Signed requests from the workspace to the bot, over one pool of connections; over sockets where a bot opened some."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from enum import Enum

import aiohttp
import orjson
from yarl import URL

from sandbox.slack.settings import WorkspaceSettings
from sandbox.slack.signing import signed_headers
from sandbox.slack.socket_links import SocketLinks
from sandbox.slack.wire import Json

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
# uvicorn, which the bot runs on, closes an idle connection after 5 s; one that is dropped here well before is not
# reused at the moment the other side hangs up, also where that one is slow to read.
_KEEP_ALIVE_SECONDS = 2.0
_EVENT_RETRY_SECONDS = (0.0, 60.0, 300.0)
_EXCERPT = 500


class Failure(Enum):
    """Why the bot gave no answer; the names are those of ``X-Slack-Retry-Reason``."""

    TIMEOUT = "http_timeout"
    CONNECTION = "connection_failed"


class Repeat(Enum):
    """How often one and the same payload is delivered; ``twice`` sends both at once."""

    ONCE = "once"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot answered. ``status`` 0 means no answer, for the reason in ``failure``."""

    status: int
    milliseconds: float
    body: bytes = b""
    failure: Failure | None = None

    @property
    def accepted(self) -> bool:
        """Whether Slack would count the delivery as received."""
        return 200 <= self.status < 300

    def report(self) -> Json:
        """The shape that the act API answers with."""
        report: Json = {
            "status": self.status,
            "milliseconds": round(self.milliseconds, 1),
            "body_excerpt": self.body[:_EXCERPT].decode(errors="replace"),
        }
        if self.failure is not None:
            report["error"] = self.failure.value
        return report


class BotDelivery:
    """Delivers to the bot. Enter it as an async context manager: the connections live as long as it does."""

    def __init__(self, settings: WorkspaceSettings, signing_secret: str, links: SocketLinks) -> None:
        self._links = links
        self._url = settings.bot_events_url
        self._secret = signing_secret
        self._timeout = aiohttp.ClientTimeout(total=settings.delivery_timeout)
        self._connections = settings.delivery_connections
        self._session: aiohttp.ClientSession | None = None
        self._retries: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Opens the pool; call inside the running event loop."""
        connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=_KEEP_ALIVE_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )

    async def close(self) -> None:
        """Gives up outstanding retries and closes the pool."""
        for task in self._retries:
            task.cancel()
        if self._session is not None:
            await self._session.close()

    async def interaction(self, payload: Json) -> Answer:
        """Delivers an interaction (form field ``payload``, or over a socket). Slack never repeats these."""
        if self._links.any:
            return await self._over_socket("interactive", payload, takes_answer=True)
        return await self._send(_form({"payload": orjson.dumps(payload).decode()}), _FORM)

    async def command(self, fields: dict[str, str]) -> Answer:
        """Delivers a slash command (a form, or over a socket)."""
        if self._links.any:
            return await self._over_socket("slash_commands", dict(fields), takes_answer=True)
        return await self._send(_form(fields), _FORM)

    async def event(self, envelope: Json) -> Answer:
        """Delivers an event; when the bot does not take it, three retries follow as Slack does them."""
        if self._links.any:
            return await self._over_socket("events_api", envelope)
        body = orjson.dumps(envelope)
        answer = await self._send(body, _JSON)
        if not answer.accepted:
            retry = asyncio.create_task(self._retry_event(body, answer))
            self._retries.add(retry)
            retry.add_done_callback(self._retries.discard)
        return answer

    async def event_again(self, envelope: Json, number: int, reason: str) -> Answer:
        """Delivers an event as its retry ``number``, as Slack does when it took the one before for lost."""
        if self._links.any:
            return await self._over_socket("events_api", envelope, attempt=number, reason=reason)
        return await self._send(orjson.dumps(envelope), _JSON, _retry_headers(number, reason))

    async def verification(self, challenge: str, token: str) -> bool:
        """The ``url_verification`` handshake; true when the bot sent the challenge back."""
        body = orjson.dumps({"type": "url_verification", "token": token, "challenge": challenge})
        answer = await self._send(body, _JSON)
        return answer.status == 200 and challenge.encode() in answer.body

    async def _over_socket(
        self, kind: str, payload: Json, *, takes_answer: bool = False, attempt: int = 0, reason: str = ""
    ) -> Answer:
        started = time.perf_counter()
        content = await self._links.deliver(kind, payload, takes_answer=takes_answer, attempt=attempt, reason=reason)
        if content is None:
            return Answer(0, _milliseconds_since(started), failure=Failure.TIMEOUT)
        body = orjson.dumps(content) if content else b""
        return Answer(200, _milliseconds_since(started), body)

    async def _retry_event(self, body: bytes, answer: Answer) -> None:
        for number, pause in enumerate(_EVENT_RETRY_SECONDS, start=1):
            await asyncio.sleep(pause)
            reason = answer.failure.value if answer.failure else "http_error"
            answer = await self._send(body, _JSON, _retry_headers(number, reason))
            if answer.accepted:
                return

    async def _send(self, body: bytes, content_type: str, more_headers: dict[str, str] | None = None) -> Answer:
        if self._session is None:
            raise RuntimeError("BotDelivery.open() has not been awaited")
        headers = signed_headers(self._secret, int(time.time()), body, content_type) | (more_headers or {})
        started = time.perf_counter()
        try:
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                content = await response.read()
                return Answer(response.status, _milliseconds_since(started), content)
        except TimeoutError:
            return Answer(0, _milliseconds_since(started), failure=Failure.TIMEOUT)
        except aiohttp.ClientError:
            return Answer(0, _milliseconds_since(started), failure=Failure.CONNECTION)


def _retry_headers(number: int, reason: str) -> dict[str, str]:
    return {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}


def _form(fields: dict[str, str]) -> bytes:
    # yarl quotes in C; urlencode took a fifth of the workspace's time under the story's clicks.
    return URL.build(query=fields).raw_query_string.encode()


def _milliseconds_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
