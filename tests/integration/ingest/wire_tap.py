"""A connection between ingest and the store that can be cut, and that can lose answers after they were given."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum


class Mode(Enum):
    """What happens to connections."""

    PASS = "everything goes through"
    REFUSE = "nothing goes through"
    SWALLOW = "everything but inserts goes through; they are cut off before they arrive"
    LOSE_ANSWERS = "inserts go through, and the connection is cut when their answer comes"


class WireTap:
    """Listens on ``port`` and forwards to ``target``.

    ``inserts`` counts what was asked to be stored, ``lost`` the answers to that which were given and never arrived.
    ``hold_seconds`` is how long such an answer waits here: an insert takes that much longer.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.mode = Mode.PASS
        self.lost = 0
        self.inserts = 0
        self.hold_seconds = 0.0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._inserting: set[socket.socket] = set()

    def set(self, mode: Mode) -> None:
        """Change the mode; connections that stand are cut unless everything goes through."""
        self.mode = mode
        if mode is Mode.REFUSE:
            for connection in list(self._open):
                self._cut(connection)

    @property
    def inside_an_insert(self) -> bool:
        """Whether somebody waits for the answer to an insert at this moment."""
        return bool(self._inserting)

    def run(self) -> None:
        """Accept until closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.mode is Mode.REFUSE:
                    self._cut(client)
                    continue
                upstream = socket.create_connection(self._target)
                self._open |= {client, upstream}
                if self.mode is Mode.REFUSE:  # since it was accepted
                    self._cut(client)
                    self._cut(upstream)
                threading.Thread(target=self._forward, args=(client, upstream, False), daemon=True).start()
                threading.Thread(target=self._forward, args=(upstream, client, True), daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.set(Mode.REFUSE)

    def _forward(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while part := source.recv(65_536):
                if not is_answer and b"INSERT" in part:
                    self._inserting.add(source)
                    self.inserts += 1
                    if self.mode is Mode.SWALLOW:
                        break
                if is_answer and sink in self._inserting:
                    time.sleep(self.hold_seconds)
                if is_answer and sink in self._inserting and self.mode is Mode.LOSE_ANSWERS:
                    self.lost += 1
                    break
                if is_answer:
                    self._inserting.discard(sink)
                sink.sendall(part)
        self._cut(source)
        self._cut(sink)

    def _cut(self, connection: socket.socket) -> None:
        self._open.discard(connection)
        self._inserting.discard(connection)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


@contextmanager
def wire_tap(target: tuple[str, int]) -> Iterator[WireTap]:
    """A tap that runs for the length of the block."""
    tap = WireTap(target)
    thread = threading.Thread(target=tap.run, daemon=True)
    thread.start()
    try:
        yield tap
    finally:
        tap.close()
        thread.join(5)
