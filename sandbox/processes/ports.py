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
    """A port that nobody listens on now."""
    with socket.socket() as trial:
        trial.bind((LOOPBACK, 0))
        return int(trial.getsockname()[1])
