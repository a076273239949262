"""Serving a FastAPI application with uvicorn, without access logs, until SIGTERM or SIGINT; and ending in order.

An end: not ready any more from the first SIGTERM on, while requests are answered as before, each with ``Connection:
close``, so that whoever sends them goes elsewhere. After the delay nothing new is accepted, what is under way is
finished, and only then is everything let go of.
"""

import errno
import signal
import socket
import time
from types import FrameType
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.health import READY_PATH
from services.runtime.ports import PortTaken

SILENT: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""For every application: FastAPI would make spans of each press by itself as soon as a variable of the environment
names a provider for them, and a press has none (docs/adr/0016)."""

_KEEP_ALIVE_SECONDS = 75
"""Longer than clients and proxies keep an idle connection: whoever gives up first must be the caller, or a request that
is just on its way meets a closed connection."""

_HANDLES: Final = 16
"""How many new connections a turn of the event loop takes. Its libuv accepts one in a turn (since 1.45, asyncio's own
loop does not), and turns are long when there is much to do: just then people would wait in the kernel's queue, seconds
of which no deadline of ours knows. It accepts one for each handle of a socket, so it is given that many of ours."""


def bind(host: str, port: int, setting: str) -> socket.socket:
    """A listening socket. Raises PortTaken with the name of the setting that moves it."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(
                f"port {port} on {host} cannot be used ({error.strerror}); stop what listens there, or set {setting}"
            ) from None
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise PortTaken(
                f"{host} is no address of this machine ({error.strerror}); set {setting.removesuffix('_PORT')}_HOST to "
                "0.0.0.0, or to one that it has"
            ) from None
        raise
    listening.listen(2048)
    return listening


def server(application: ASGIApp, *, shutdown_seconds: int = 20, delay_seconds: float = 0.0) -> uvicorn.Server:
    """A uvicorn server: uvloop and httptools where installed, no access log (its lines could tell who clicked when).

    ``delay_seconds``: how long it goes on after SIGTERM, not ready; ``shutdown_seconds``: what requests may take then.
    """
    leaving = _Leaving(application)
    config = uvicorn.Config(
        leaving,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=shutdown_seconds,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    return _Server(config, leaving, delay_seconds)


def serve(application: FastAPI, host: str, port: int, setting: str, *, delay_seconds: float = 0.0) -> None:
    """Serve until told to stop. Raises PortTaken."""
    listening = bind(host, port, setting)
    server(application, delay_seconds=delay_seconds).run(sockets=[listening])


def _many(listening: socket.socket) -> list[socket.socket]:
    return [listening, *(listening.dup() for _ in range(_HANDLES - 1))]


class _Leaving:
    """The application; once ``begun``, it is not ready, and every answer ends its connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.begun or scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        if scope["path"] != READY_PATH:
            await self._app(scope, receive, last)
            return
        await last({"type": "http.response.start", "status": 503, "headers": [(b"content-type", b"text/plain")]})
        await last({"type": "http.response.body", "body": b"this process is ending"})


class _Server(uvicorn.Server):
    """Goes on for a while after the first SIGTERM."""

    def __init__(self, config: uvicorn.Config, leaving: _Leaving, delay_seconds: float) -> None:
        super().__init__(config)
        self._leaving = leaving
        self._delay = delay_seconds
        self._ends_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first SIGTERM begins the end; a second one, or Ctrl-C, ends at once."""
        first = not self._leaving.begun
        self._leaving.begun = True
        if sig == signal.SIGTERM and first and self._delay > 0:
            self._ends_at = time.monotonic() + self._delay
            self._captured_signals.append(sig)
            return
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept enough connections with each turn of the event loop; without ``sockets`` as uvicorn does."""
        await super().startup(sockets=None if sockets is None else [handle for one in sockets for handle in _many(one)])

    async def on_tick(self, counter: int) -> Any:
        """Every tenth of a second: whether to stop accepting."""
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            self.should_exit = True
        return await super().on_tick(counter)
