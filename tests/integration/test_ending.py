"""A service that is asked to end: not ready first, still answering, and nothing under way is cut off."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from services.runtime import health, serving


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - states of a server that tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(delay: float) -> AsyncIterator[tuple[uvicorn.Server, httpx.AsyncClient, asyncio.Event, asyncio.Task]]:
    """A server with a route that waits, its client with one connection, what lets it go on, and its end."""
    application, go_on = FastAPI(), asyncio.Event()
    application.include_router(health.router(lambda: None, lambda: None))

    @application.get("/slow")
    async def slow() -> str:
        await go_on.wait()
        return "done"

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        running = serving.server(application, delay_seconds=delay)
        task = asyncio.create_task(running._serve([listening]))
        await until(lambda: running.started)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=60) as client:
            yield running, client, go_on, task
        running.should_exit = True
        await task


async def test_from_the_first_sigterm_on_it_is_not_ready_and_answers_all_the_same() -> None:
    async with served(delay=600.0) as (running, client, go_on, task):
        before = await client.get("/healthz/ready")
        assert (before.status_code, before.headers.get("connection")) == (200, None)
        running.handle_exit(signal.SIGTERM, None)
        after = await client.get("/healthz/ready")
        assert (after.status_code, after.text) == (503, "this process is ending")
        go_on.set()
        answer = await client.get("/slow")
        assert (answer.status_code, answer.json()) == (200, "done")
        assert answer.headers["connection"] == "close", "whoever keeps a connection opens the next one elsewhere"
        assert (await client.get("/healthz/live")).status_code == 200, "a process that ends in order is not killed"
        assert not task.done()
        running.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(task, 60)


async def test_what_is_under_way_is_finished_after_the_delay() -> None:
    async with served(delay=0.2) as (running, client, go_on, task):
        waiting = asyncio.create_task(client.get("/slow"))
        await until(lambda: bool(running.server_state.tasks))
        running.handle_exit(signal.SIGTERM, None)
        await until(lambda: running.should_exit)
        go_on.set()
        assert (await waiting).status_code == 200
        await asyncio.wait_for(task, 60)
