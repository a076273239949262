"""A workspace on a free port, a stub bot on another, and clients for both sides."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
import yaml
from fastapi import FastAPI
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.app import create_app, server
from sandbox.slack.settings import WorkspaceSettings
from sandbox.slack.workspace import Workspace
from tests.integration.slack_workspace.stub_bot import StubBot

BOT_TOKEN = "xoxb-test-token"
SIGNING_SECRET = "test-signing-secret"
ACCESS_KEY = "test-access-key"
CLOCK_WRITER, CLOCK_READER = "clock-writer", "clock-reader"

DIRECTORY: dict[str, Any] = {
    "team": {"id": "T1", "name": "Zorggroep De Linde", "domain": "linde"},
    "app": {"id": "A1", "bot_id": "B1", "user_id": "U0BOT"},
    "users": [
        {"id": "U1", "name": "aisha", "real_name": "Aisha de Boer", "title": "Wijkverpleegkundige", "email": "a@x.nl"},
        {"id": "U2", "name": "bram", "real_name": "Bram Visser", "title": "Planner"},
        {"id": "U3", "name": "chloe", "real_name": "Chloé Martin", "locale": "en-GB", "tz": "Europe/London"},
        {"id": "U4", "name": "gast", "real_name": "Gijs Gast", "is_restricted": True},
        {"id": "U5", "name": "weg", "real_name": "Wendy Weg", "deleted": True},
        {"id": "U6", "name": "otherbot", "real_name": "Andere bot", "is_bot": True},
    ],
    "usergroups": [{"id": "S1", "handle": "thuiszorg", "name": "Thuiszorg", "users": ["U1", "U2"]}],
    "channels": [
        {"id": "C1", "name": "algemeen", "members": ["U1", "U2", "U3"]},
        {"id": "C2", "name": "geheim", "members": ["U1"], "is_private": True},
    ],
}


@dataclass(frozen=True)
class Running:
    """A workspace and its bot, both serving."""

    url: str
    application: FastAPI
    settings: WorkspaceSettings
    workspace: Workspace
    bot: StubBot
    act: httpx.AsyncClient

    @property
    def api(self) -> AsyncWebClient:
        return self.bot.client


Start = Callable[..., Any]


def write_settings(folder: Path, port: int, bot_port: int, **changes: Any) -> WorkspaceSettings:
    """Settings with all files they name in ``folder``."""
    tokens = [
        {"name": CLOCK_WRITER, "sha256": hashlib.sha256(CLOCK_WRITER.encode()).hexdigest(), "scopes": ["clock:write"]},
        {"name": CLOCK_READER, "sha256": hashlib.sha256(CLOCK_READER.encode()).hexdigest(), "scopes": []},
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "directory.yaml").write_text(yaml.safe_dump(changes.pop("directory_content", DIRECTORY)))
    (folder / "tokens.yaml").write_text(yaml.safe_dump(tokens))
    for name, secret in (("bot_token", BOT_TOKEN), ("signing_secret", SIGNING_SECRET), ("access_key", ACCESS_KEY)):
        (folder / name).write_text(secret)
    values: dict[str, Any] = {
        "port": port,
        "state": folder / "state",
        "directory": folder / "directory.yaml",
        "bot_token_file": folder / "bot_token",
        "signing_secret_file": folder / "signing_secret",
        "access_key_file": folder / "access_key",
        "clock_tokens_file": folder / "tokens.yaml",
        "bot_events_url": f"http://127.0.0.1:{bot_port}/slack/events",
        "rate_scale": 0.0,
        "delivery_timeout": 20.0,  # not Slack's 3 s: how quick a bot is on a busy machine is no test's matter
    }
    return WorkspaceSettings(**(values | changes))


def free_socket() -> socket.socket:
    """A listening socket on a free port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    return listening


@asynccontextmanager
async def serving(application: FastAPI, listening: socket.socket, make: Any) -> AsyncIterator[None]:
    """Serves an application on a socket until the block ends."""
    running: uvicorn.Server = make(application)
    task = asyncio.create_task(running.serve([listening]))
    while not running.started:
        await asyncio.sleep(0.005)
        assert not task.done(), "the server did not start"
    try:
        yield
    finally:
        running.should_exit = True
        await task


def plain_server(application: FastAPI) -> uvicorn.Server:
    """A quiet server for the stub bot."""
    return uvicorn.Server(uvicorn.Config(application, access_log=False, log_level="warning"))


@asynccontextmanager
async def running_workspace(folder: Path, **changes: Any) -> AsyncIterator[Running]:
    """A workspace with its state in ``folder`` and a stub bot."""
    listening, bot_listening = free_socket(), free_socket()
    port, bot_port = listening.getsockname()[1], bot_listening.getsockname()[1]
    settings = write_settings(folder, port, bot_port, **changes)
    application = create_app(settings)
    bot = StubBot(f"{settings.base_url}/api/", BOT_TOKEN, SIGNING_SECRET)
    async with (
        serving(application, listening, server),
        serving(bot.app, bot_listening, plain_server),
        httpx.AsyncClient(
            base_url=settings.base_url, headers={"Authorization": f"Bearer {ACCESS_KEY}"}, timeout=60
        ) as act,
    ):
        yield Running(settings.base_url, application, settings, application.state.workspace, bot, act)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """A workspace without rate limits, and a stub bot."""
    async with running_workspace(tmp_path) as both:
        yield both
