"""Presses of answer buttons as Slack sends them, for load generators: signed requests, and where the replies land."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from sandbox.processes.ports import LOOPBACK
from sandbox.slack.signing import signed_headers

_PRESS_AGAIN: Final = (b"Please press once more", b"Druk nog een keer")
_LATE_SECONDS: Final = 10.0
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Press:
    """A request to the bot; good for five minutes from its making, as its signature is."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Presses:
    """Makes presses in one wave. ``steps``: the id of each of its items -> at which place it is asked, from 0."""

    secret: str
    workspace: str
    wave: str
    steps: Mapping[str, int]

    def press(self, person: str, item: str, value: int, response_url: str) -> Press:
        """``person`` answers ``item`` with ``value``; the next question goes to ``response_url``."""
        payload = {
            "type": "block_actions",
            "team": {"id": self.workspace},
            "user": {"id": person, "team_id": self.workspace},
            "api_app_id": "A1",
            "token": "t",
            "container": {"type": "message"},
            "response_url": response_url,
            "actions": [
                {
                    "type": "button",
                    "block_id": "pulse.answers",
                    "action_id": f"pulse.answer.{value}",
                    "value": f"invitation|{self.wave}|{self.steps[item]}|{item}|{value}",
                }
            ],
        }
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return Press(body, signed_headers(self.secret, int(time.time()), body, _FORM))


@dataclass
class Landing:
    """Where replies come in: the ``response_url`` of press 7 is ``f"{back}7"``."""

    back: str
    shown: dict[int, bytes] = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, count: int, seconds: float = _LATE_SECONDS) -> None:
        """Wait for the last replies, which are on their way: until there are ``count``, so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while len(self.shown) < count:
                    self.came.clear()
                    await self.came.wait()

    def again(self) -> set[int]:
        """The presses after which the person was asked to press again."""
        return {number for number, body in self.shown.items() if any(words in body for words in _PRESS_AGAIN)}

    def confirmed(self) -> set[int]:
        """The presses after which the next question was shown: the only sign that an answer is in."""
        return set(self.shown) - self.again()


@asynccontextmanager
async def landing(host: str = LOOPBACK, reached_at: str = LOOPBACK) -> AsyncIterator[Landing]:
    """A server for the replies on a free port of ``host``; ``reached_at`` is the address at which the bot finds it."""
    runner = web.ServerRunner(web.Server(lambda request: _take(found, request)), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    found = Landing(f"http://{reached_at}:{runner.addresses[0][1]}/r/")
    try:
        yield found
    finally:
        await runner.cleanup()


async def _take(found: Landing, request: web.BaseRequest) -> web.Response:
    found.shown[int(request.path.rpartition("/")[2])] = await request.read()
    found.came.set()
    return web.Response(text="ok")
