"""Ports for processes that listen a while after their port was chosen."""

import socket

import pytest

from sandbox.processes.ports import LOOPBACK, free_port


def test_a_free_port_is_given_to_nobody_else_and_a_server_can_listen_on_it() -> None:
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port))
    with socket.create_server((LOOPBACK, port)):
        socket.create_connection((LOOPBACK, port)).close()


def test_nobody_listens_on_a_free_port() -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, free_port()))
