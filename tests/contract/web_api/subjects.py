"""The two emulated workspaces that the contract is held against, behind one face: wire-level calls as POST forms.

Forms, because Slack takes them for every method and npm's ``emulate`` takes nothing else for some.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Final

import httpx

from tests.integration.slack_workspace.conftest import BOT_TOKEN, DIRECTORY, Running, running_workspace
from tests.low_ports import low_port

Json = dict[str, Any]
JUDGES: Final = Path(__file__).resolve().parents[2] / "judges"
SCOPES: Final = (
    *("chat:write", "im:write", "im:history", "im:read", "users:read", "commands", "usergroups:read"),
    *("channels:read", "channels:history", "groups:read", "groups:history", "reactions:read", "reactions:write"),
    "files:write",
)
NARROW: Final = ("users:read",)
CHANNEL, PRIVATE, ELSEWHERE = "algemeen", "geheim", "zonder-bot"
PERSON, OTHER = "aisha", "bram"


class Token(Enum):
    """Whose token a call carries."""

    FULL = "full"
    NARROW = "narrow"
    APP = "xapp-1-level"
    ADMIN = "xoxb-admin"
    UNKNOWN = "xoxb-nobody-knows-this"
    NONE = ""


@dataclass
class Subject(ABC):
    """A workspace under judgement. ``users`` and ``channels``: name -> id."""

    url: str
    client: httpx.AsyncClient
    users: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)

    @abstractmethod
    def token(self, token: Token) -> str:
        """The secret of a token."""

    @abstractmethod
    async def trigger(self, user: str, view: str | None = None) -> str:
        """A fresh trigger id, as an interaction of this person (in this view) would bring."""

    async def call(self, method: str, token: Token = Token.FULL, **arguments: Any) -> Json:
        """One call; lists and objects travel as JSON inside the form. A 404 is told as the error ``(404)``."""
        form = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in arguments.items()
            if value is not None
        }
        secret = self.token(token)
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        answer = await self.client.post(f"{self._address(token)}/api/{method}", data=form, headers=headers)
        if answer.status_code == 404:
            return {"ok": False, "error": "(404)"}
        reply: Json = answer.json()
        return reply

    def _address(self, token: Token) -> str:
        return self.url

    async def learn(self, token: Token = Token.FULL) -> None:
        """Find the ids of the people and channels, as far as the owner of the token sees them."""
        self.users = {user["name"]: user["id"] for user in (await self.call("users.list"))["members"]}
        listed = await self.call("conversations.list", token, types="public_channel,private_channel")
        self.channels = {channel["name"]: channel["id"] for channel in listed["channels"]}


@dataclass
class Ours(Subject):
    """The product's emulated workspace; the narrow token lives in a second one, since an app has one token."""

    running: Running | None = None
    narrow_url: str = ""

    def token(self, token: Token) -> str:
        return BOT_TOKEN if token in {Token.FULL, Token.NARROW} else token.value

    def _address(self, token: Token) -> str:
        return self.narrow_url if token is Token.NARROW else self.url

    async def trigger(self, user: str, view: str | None = None) -> str:
        assert self.running is not None
        return self.running.workspace.triggers.issue(user).interaction


@dataclass
class Emulate(Subject):
    """npm's ``emulate``, pinned in tests/judges."""

    def token(self, token: Token) -> str:
        return f"xoxb-{token.value}" if token in {Token.FULL, Token.NARROW} else token.value

    async def trigger(self, user: str, view: str | None = None) -> str:
        made = await self.call("views.generateTriggerId", user_id=user, view_id=view)
        return str(made["trigger_id"])


def _written(path: Path, secret: str) -> Path:
    path.write_text(secret)
    return path


@asynccontextmanager
async def ours(folder: Path) -> AsyncIterator[Ours]:
    """The product's workspace, serving."""
    outside = {"id": "C3", "name": ELSEWHERE, "members": ["U1"]}
    app = DIRECTORY["app"] | {"scopes": list(SCOPES), "joins_channels": False}
    channels = [channel | {"members": [*channel["members"], "U0BOT"]} for channel in DIRECTORY["channels"]]
    directory = DIRECTORY | {"app": app, "channels": [*channels, outside]}
    narrow = directory | {"app": app | {"scopes": list(NARROW)}}
    async with AsyncExitStack() as stack:
        app_token = _written(folder / "app_token", Token.APP.value)
        running = await stack.enter_async_context(
            running_workspace(folder / "full", directory_content=directory, app_token_file=app_token)
        )
        second = await stack.enter_async_context(running_workspace(folder / "narrow", directory_content=narrow))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=60))
        subject = Ours(running.url, client, running=running, narrow_url=second.url)
        await subject.learn()
        yield subject


@asynccontextmanager
async def emulate() -> AsyncIterator[Emulate]:
    """npm's ``emulate`` as a process of its own, with the same people, channels and tokens."""
    bot = {"bot_id": "B1", "bot_user_id": "U0BOT", "app_id": "A1"}
    app = {"client_id": "1.1", "client_secret": "x", "name": "draagvlak", "redirect_uris": [], "scopes": list(SCOPES)}
    tokens = [
        {"token": "xoxb-full", "type": "bot", "user": "U0BOT", "scopes": list(SCOPES), **bot},
        {"token": "xoxb-admin", "type": "bot", "user": "admin", "scopes": [*SCOPES, "groups:write"]},
        {"token": "xoxb-narrow", "type": "bot", "user": "U0BOT", "scopes": list(NARROW), **bot},
    ]
    seed = {
        "team": {"name": "Zorggroep De Linde", "domain": "linde"},
        "strict_scopes": True,
        "oauth_apps": [app | bot | {"bot_name": "draagvlak"}],
        "users": [{"name": PERSON, "real_name": "Aisha de Boer"}, {"name": OTHER, "real_name": "Bram Visser"}],
        "channels": [{"name": CHANNEL}, {"name": PRIVATE, "is_private": True}],
        "tokens": tokens,
    }
    command = ["node", str(JUDGES / "emulate.mjs"), json.dumps(seed), str(low_port())]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin
    assert process.stdout
    try:
        line = await process.stdout.readline()
        assert line, "emulate did not start"
        async with httpx.AsyncClient(timeout=60) as client:
            subject = Emulate(json.loads(line)["url"].replace("localhost", "127.0.0.1"), client)
            await subject.learn(Token.ADMIN)
            await subject.call(
                "conversations.invite", Token.ADMIN, channel=subject.channels[PRIVATE], users=subject.users["draagvlak"]
            )
            yield subject
    finally:
        process.stdin.close()
        await process.wait()
