"""Serving a FastAPI application with uvicorn, without access logs, until SIGTERM or SIGINT."""

import errno
import socket

import uvicorn
from fastapi import FastAPI

_KEEP_ALIVE_SECONDS = 75
"""Longer than clients and proxies keep an idle connection: whoever gives up first must be the caller, or a request that
is just on its way meets a closed connection."""


class PortTaken(RuntimeError):
    """Another process listens on the port; the text says which and what to do."""


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
        raise
    listening.listen(2048)
    return listening


def server(application: FastAPI, *, shutdown_seconds: int = 20) -> uvicorn.Server:
    """A uvicorn server: uvloop and httptools where installed, no access log (its lines could tell who clicked when)."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=shutdown_seconds,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
    )


def serve(application: FastAPI, host: str, port: int, setting: str) -> None:
    """Serve until told to stop. Raises PortTaken."""
    listening = bind(host, port, setting)
    server(application).run(sockets=[listening])
