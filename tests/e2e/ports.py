"""Ports for a sandbox of a test's own."""

import socket
from itertools import count


def free_port_base() -> int:
    """A base from which seven ports in a row are free on loopback."""
    for base in count(21_000, 10):
        if all(_is_free(base + offset) for offset in range(7)):
            return base
    raise AssertionError("no seven ports in a row are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
