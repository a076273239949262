"""The act API of the emulated workspace, as the story uses it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import aiohttp
import orjson

from sandbox.slack.wire import Json
from sandbox.story.faults import StoryFault
from sandbox.story.screen import Button

_JSON: Final = {"Content-Type": "application/json"}
LONGEST_LOOK: Final = 25.0
"""Longest that one look into a conversation waits for something new, seconds."""


@dataclass(frozen=True)
class Seen:
    """What is in somebody's DM, oldest first, and the number from which on to look next."""

    messages: tuple[Json, ...]
    sequence: int


@dataclass(frozen=True)
class Pressed:
    """What came of a press: whether the bot took it, and the message it shows now (None: nothing was seen)."""

    accepted: bool
    shown: Json | None


class WorkspaceClient:
    """Acts as any person. Use it as an async context manager. ``connections``: how many requests at once."""

    def __init__(self, url: str, access_key: str, connections: int = 64) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {access_key}"}
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "WorkspaceClient":
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=4.0),
            timeout=aiohttp.ClientTimeout(total=60.0),
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def now(self) -> datetime:
        """Campaign time."""
        return datetime.fromisoformat((await self._get("/act/clock", {}))["now"])

    async def move_clock(self, moment: datetime) -> None:
        """Move campaign time forward to ``moment``; a moment that has passed changes nothing."""
        if await self.now() < moment:
            await self._post("/act/clock", {"now": moment.isoformat()})

    async def tell_of_company(self, shown: Mapping[str, Any]) -> None:
        """Tell the page how far the simulated colleagues are, and of the round to come."""
        await self._post("/act/company", shown)

    async def look(self, member: str, since: int = 0, wait: float = 0.0) -> Seen:
        """What changed in the DM of ``member`` after ``since``, waiting at most ``wait`` seconds for something."""
        query = {"user": member, "since": str(since), "wait": str(min(wait, LONGEST_LOOK))}
        answer = await self._get("/act/messages", query)
        return Seen(tuple(answer["messages"]), int(answer["sequence"]))

    async def press(self, member: str, message: Json, button: Button, wait: float) -> Pressed:
        """Press a button as it was seen, and wait at most ``wait`` seconds for what the bot shows then.

        The message may have moved on meanwhile, and its new buttons have the same places and ids: what travels is the
        button that the person looked at, as from Slack's own client.
        """
        body = {
            "user": member,
            "channel": message["channel"],
            "message_ts": message["ts"],
            "remembered": asdict(button),
            "wait_seconds": wait,
        }
        async with self._open.post(f"{self._url}/act/click", data=orjson.dumps(body), headers=_JSON) as response:
            answer = await self._content(response)
        return Pressed(accepted=answer["status"] == 200, shown=answer["shown"])

    async def has_modal(self, member: str) -> bool:
        """Whether a modal is open before the person."""
        return bool((await self._get("/act/views", {"user": member}))["modals"])

    async def send_modal(self, member: str, inputs: Mapping[str, str]) -> bool:
        """Fill in the modal on top and send it. Gives whether it was taken; False too where none is open."""
        modals = (await self._get("/act/views", {"user": member}))["modals"]
        if not modals:
            return False
        body = {"user": member, "view_id": modals[-1]["id"], "inputs": dict(inputs)}
        return bool((await self._post("/act/submit", body))["outcome"] == "closed")

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use WorkspaceClient as an async context manager")
        return self._session

    async def _get(self, path: str, query: Mapping[str, str]) -> Json:
        async with self._open.get(self._url + path, params=query) as response:
            return await self._content(response)

    async def _post(self, path: str, body: Mapping[str, Any]) -> Json:
        async with self._open.post(self._url + path, data=orjson.dumps(body), headers=_JSON) as response:
            return await self._content(response)

    async def _content(self, response: aiohttp.ClientResponse) -> Json:
        if response.status != 200:
            said = (await response.text())[:300]
            raise StoryFault(f"the workspace answered {response.url.path} with {response.status}: {said}")
        content: Json = orjson.loads(await response.read())
        return content
