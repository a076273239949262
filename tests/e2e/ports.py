"""Ports for a sandbox of a test's own."""

import os
import socket
from itertools import count
from typing import Final

_APART: Final = 2_000
"""Ports for each process of a test run: two that look at the same time must not find the same."""


def free_port_base() -> int:
    """A base from which seven ports in a row are free on loopback; runs beside this one begin to look elsewhere."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for base in count(21_000 + _APART * worker + os.getpid() * 10 % _APART, 10):
        if all(_is_free(base + offset) for offset in range(7)):
            return base
    raise AssertionError("no seven ports in a row are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
