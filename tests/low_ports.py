"""Ports for services that start together: not of those that the machine gives to who connects meanwhile."""

import os
import socket
from collections.abc import Iterator
from typing import Final

_FIRST: Final = 21_000
_APART: Final = 2_000
"""Ports for each process of a test run: two that look at the same time must not find the same."""

_IN_A_ROW: Final = 7
"""How many ports a sandbox takes."""


def ports_of(worker: str, process: int) -> Iterator[int]:
    """Those of a process of a test run, each once, by xdist's name of it; other runs begin elsewhere among them."""
    first = _FIRST + _APART * int(worker.removeprefix("gw"))
    return (first + (10 * process + number) % _APART for number in range(_APART))


_OURS: Final = ports_of(os.environ.get("PYTEST_XDIST_WORKER", "gw0"), os.getpid())


def low_port() -> int:
    """A port on the loopback address that nobody listens on, and that nobody is given before somebody does."""
    return next(port for port in _OURS if _is_free(port))


def free_port_base() -> int:
    """A base from which seven such ports are in a row."""
    row: list[int] = []
    while len(row) < _IN_A_ROW:
        port = low_port()
        row = [*row, port] if row and port == row[-1] + 1 else [port]
    return row[0]


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
