"""A broker for as long as a ``with`` block: for tests, benchmarks and stories."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.broker.readiness import metadata_answers
from sandbox.processes.child import Child
from sandbox.processes.ports import LOOPBACK, free_port
from sandbox.processes.readiness import wait_ready

READY_SECONDS = 60.0


@contextmanager
def running(port: int | None = None) -> Iterator[str]:
    """A broker, on a free port unless one is given; gives its bootstrap address.

    Raises ChildEnded or NotReady when it does not start.
    """
    port = port or free_port()
    bootstrap = f"{LOOPBACK}:{port}"
    with tempfile.TemporaryDirectory(prefix="draagvlak-broker-") as folder:
        child = Child(
            "broker",
            [sys.executable, "-m", "sandbox.broker"],
            os.environ | {"DRAAGVLAK_BROKER_PORT": str(port)},
            Path(folder) / "broker.log",
        )
        try:
            wait_ready(child, metadata_answers(bootstrap), READY_SECONDS)
            yield bootstrap
        finally:
            child.stop()
