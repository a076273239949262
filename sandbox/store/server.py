"""The store's server: a thread for each connection, and a count of what still runs."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from sandbox.processes.ports import LOOPBACK
from sandbox.store import users as accounts
from sandbox.store.engine import Engine


class StoreServer(ThreadingHTTPServer):
    """One thread for each connection, which ``handler`` serves. Raises OSError when the port is taken."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_port = False

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], engine: Engine, users: accounts.Users) -> None:
        self.engine = engine
        self.users = users
        self._running = 0
        self._stopping = False
        self._idle = threading.Condition()
        super().__init__((LOOPBACK, port), handler)

    def begin_request(self) -> bool:
        """Count a request in; False when no more are taken."""
        with self._idle:
            if self._stopping:
                return False
            self._running += 1
            return True

    def end_request(self) -> None:
        """Count a request out."""
        with self._idle:
            self._running -= 1
            self._idle.notify_all()

    def finish(self, seconds: float) -> bool:
        """Take no more requests and wait for the running ones. False when some are still running."""
        self.shutdown()
        self.server_close()
        give_up = time.monotonic() + seconds
        with self._idle:
            self._stopping = True
            while self._running and (left := give_up - time.monotonic()) > 0:
                self._idle.wait(left)
            return self._running == 0

    def server_bind(self) -> None:
        """Bind without asking the resolver for this machine's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])
