"""Next questions and notices, through the ``response_url`` of the click that asked for them.

One shared session and a queue of its own: bolt's ``respond()`` opens a connection per call, and ``chat.update`` has a
workspace-wide rate that a morning of answers exceeds at once.
"""

import asyncio
import contextlib
from dataclasses import dataclass

import aiohttp
import structlog

from services.pulse_bot.http import proxy_for
from services.pulse_bot.messages.message import Body
from services.pulse_bot.telemetry import Telemetry

_log = structlog.get_logger(__name__)
_WORKERS = 8
_ATTEMPTS = 4
_QUEUE = 10_000
_LONGEST_PAUSE = 60.0
_JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, repr=False)
class Reply:
    """A message for one ``response_url``. Its representation shows nothing."""

    url: str
    body: Body


class Replies:
    """Delivers replies in the background; what Slack refuses for good is counted and dropped.

    After a fault that leaves open whether Slack did it, only what replaces a message is delivered again: a notice
    beside it would be shown twice.
    """

    def __init__(self, session: aiohttp.ClientSession, telemetry: Telemetry) -> None:
        self._session = session
        self._telemetry = telemetry
        self._queue: asyncio.Queue[Reply] = asyncio.Queue(_QUEUE)
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to deliver."""
        self._workers = [asyncio.create_task(self._work(), name=f"replies-{n}") for n in range(_WORKERS)]

    def put(self, reply: Reply) -> None:
        """Queue a reply; never waits. A full queue drops it: the buttons are still there."""
        try:
            self._queue.put_nowait(reply)
        except asyncio.QueueFull:
            self._drop("queue full")

    async def close(self, seconds: float) -> None:
        """Deliver what is queued, for at most ``seconds``, and end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), seconds)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            reply = await self._queue.get()
            try:
                await self._deliver(reply)
            except Exception as error:  # a worker outlives every reply
                self._drop(type(error).__name__)
            finally:
                self._queue.task_done()

    async def _deliver(self, reply: Reply) -> None:
        reason, content, proxy = "", reply.body.content, proxy_for(reply.url)
        for attempt in range(1, _ATTEMPTS + 1):
            pause, surely_not = 0.2 * 2**attempt, False
            try:
                async with self._session.post(reply.url, data=content, headers=_JSON, proxy=proxy) as response:
                    await response.read()
                    if response.status < 300:
                        return
                    reason = str(response.status)
                    if response.status == 429:
                        pause, surely_not = _retry_after(response.headers.get("Retry-After")), True
                    elif response.status < 500:
                        break
            except (TimeoutError, aiohttp.ClientError) as error:
                reason, surely_not = type(error).__name__, isinstance(error, aiohttp.ClientConnectorError)
            if not (surely_not or reply.body.replaces):
                break
            if attempt < _ATTEMPTS:
                await asyncio.sleep(pause)
        self._drop(reason)

    def _drop(self, reason: str) -> None:
        self._telemetry.replies_dropped.inc()
        _log.warning("reply dropped", reason=reason)


def _retry_after(header: str | None) -> float:
    try:
        return min(_LONGEST_PAUSE, max(0.0, float(header or 1)))
    except ValueError:
        return 1.0
