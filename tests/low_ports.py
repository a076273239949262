"""Ports for services that start together: not of those that the machine gives to who connects meanwhile."""

import socket
from contextlib import suppress
from typing import Final

_LOW: Final = iter(range(21_000, 32_000))


def low_port() -> int:
    """A port on the loopback address that nobody listens on, and that nobody is given before somebody does."""
    for port in _LOW:
        with socket.socket() as trial, suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")
