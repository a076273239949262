"""The server takes many new connections with each turn of its event loop, and listens where it was told to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import uvicorn
import uvloop
from fastapi import FastAPI

from services.runtime import serving
from tests.low_ports import low_port

CONNECTIONS = 16
TURNS = 3
"""Turns of the event loop in which somebody is taken."""


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
    async def turns() -> int:
        taking = 0
        async with started(port := low_port(), bound=True) as server:
            with ExitStack() as clients:
                for _ in range(CONNECTIONS):
                    clients.enter_context(socket.create_connection(("127.0.0.1", port)))
                while (taken := len(server.server_state.connections)) < CONNECTIONS:
                    await asyncio.sleep(0)
                    taking += len(server.server_state.connections) > taken
        return taking

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert 0 < runner.run(turns()) <= TURNS


def test_without_a_socket_of_ours_it_listens_on_its_own() -> None:
    async def listens() -> bool:
        async with started(port := low_port(), bound=False):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(listens())
