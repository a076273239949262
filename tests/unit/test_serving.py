"""The server takes many new connections with each turn of its event loop, and listens where it was told to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import uvicorn
import uvloop
from fastapi import FastAPI

from sandbox.processes.ports import free_port
from services.runtime import serving

CONNECTIONS = 16
TURNS = 3


@asynccontextmanager
async def started(port: int, *, bound: bool) -> AsyncIterator[uvicorn.Server]:
    """A server on this port of loopback."""
    server = serving.server(FastAPI(telemetry=serving.SILENT))
    server.config.port = port
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup([serving.bind("127.0.0.1", port, "…")] if bound else None)
    try:
        yield server
    finally:
        await server.shutdown()


def test_many_who_come_at_once_are_all_taken_within_a_few_turns() -> None:
    async def taken() -> int:
        async with started(port := free_port(), bound=True) as server:
            with ExitStack() as clients:
                for _ in range(CONNECTIONS):
                    clients.enter_context(socket.create_connection(("127.0.0.1", port)))
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                return len(server.server_state.connections)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(taken()) == CONNECTIONS


def test_without_a_socket_of_ours_it_listens_on_its_own() -> None:
    async def listens() -> bool:
        async with started(port := free_port(), bound=False):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(listens())
