"""Ports on the loopback address."""

import errno
import socket

LOOPBACK = "127.0.0.1"


class PortTaken(RuntimeError):
    """Another process listens on the port."""

    def __init__(self, port: int, purpose: str, mend: str) -> None:
        super().__init__(f"Port {port} is taken ({purpose}). {mend}")
        self.port = port


def require_free(port: int, purpose: str, mend: str) -> None:
    """Raises PortTaken when the port cannot be listened on."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
            trial.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(port, purpose, mend) from None
            raise


def free_port() -> int:
    """A port that nobody listens on, and that the kernel gives to nobody else for a minute.

    It has had a connection, which the listener's side has ended: until the kernel forgets that, only who names the port
    and reuses addresses can listen there, as servers do.
    """
    with socket.create_server((LOOPBACK, 0)) as trial:
        port = int(trial.getsockname()[1])
        with socket.create_connection((LOOPBACK, port)):
            trial.accept()[0].close()
    return port
