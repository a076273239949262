"""The store's process: a threaded HTTP server in front of the engine, from start to orderly end."""

import errno
import logging
import signal
import threading
import time
from http.server import ThreadingHTTPServer
from socketserver import TCPServer

from sandbox.processes.ports import LOOPBACK
from sandbox.store import users as accounts
from sandbox.store.engine import Engine
from sandbox.store.faults import StoreFault
from sandbox.store.front import Front
from sandbox.store.settings import StoreSettings

_log = logging.getLogger("draagvlak.store")

FINISH_SECONDS = 20.0
"""How long running requests may take to finish after the store was asked to stop."""


class StoreServer(ThreadingHTTPServer):
    """One thread for each connection. Raises OSError when the port is taken."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_port = False

    def __init__(self, port: int, engine: Engine, users: accounts.Users) -> None:
        self.engine = engine
        self.users = users
        self._running = 0
        self._stopping = False
        self._idle = threading.Condition()
        super().__init__((LOOPBACK, port), Front)

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


def serve(settings: StoreSettings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what runs and close the engine. Raises StoreFault."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    known = accounts.load(settings.users_file)
    engine = Engine(settings.folder, known)
    try:
        server = StoreServer(settings.store_port, engine, known)
    except OSError as error:
        engine.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise StoreFault(
            f"Port {settings.store_port} is taken (store). Stop what uses it, or set DRAAGVLAK_STORE_PORT."
        ) from None
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="accept", daemon=True).start()
    _log.info("the store listens on port %d, engine %s", settings.store_port, engine.version)
    stop.wait()
    if not server.finish(FINISH_SECONDS):
        _log.error("requests still ran after %.0f seconds; the engine is closed under them", FINISH_SECONDS)
    engine.close()
