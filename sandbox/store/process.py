"""The store's process, from start to orderly end."""

import errno
import logging
import signal
import threading

from sandbox.store import users as accounts
from sandbox.store.engine import Engine
from sandbox.store.faults import StoreFault
from sandbox.store.front import Front
from sandbox.store.server import StoreServer
from sandbox.store.settings import StoreSettings

_log = logging.getLogger("draagvlak.store")

FINISH_SECONDS = 20.0
"""How long running requests may take to finish after the store was asked to stop."""


def serve(settings: StoreSettings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what runs and close the engine. Raises StoreFault."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    known = accounts.load(settings.users_file)
    engine = Engine(settings.folder, known)
    try:
        server = StoreServer(settings.store_port, Front, engine, known)
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
