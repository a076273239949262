"""Waiting for a child to be ready, and what is said when it is not."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from sandbox.processes.child import Child

Probe = Callable[[], bool]
"""True when the process answers. Quick, and harmless to repeat."""

_PAUSE_SECONDS = 0.05


class ChildEnded(RuntimeError):
    """A child ended when it should not have."""

    def __init__(self, name: str, code: int, last_line: str, log: Path) -> None:
        super().__init__(f"{name} ended with exit code {code}: {last_line or 'it said nothing'} (log: {log})")
        self.name = name
        self.code = code
        self.last_line = last_line


class NotReady(RuntimeError):
    """A child runs but does not answer in time."""

    def __init__(self, name: str, seconds: float, last_line: str, log: Path) -> None:
        said = f"; its last line: {last_line}" if last_line else ""
        super().__init__(f"{name} was not ready within {seconds:.0f} seconds{said} (log: {log})")


def http_answers(url: str) -> Probe:
    """A probe: the address answers with a status under 400."""

    def probe() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2.0) as response:  # noqa: S310 - addresses of our own processes
                return bool(response.status < 400)
        except (urllib.error.URLError, OSError):
            return False

    return probe


def wait_ready(child: Child, probe: Probe, seconds: float) -> None:
    """Wait until the probe says yes. Raises ChildEnded or NotReady."""
    give_up = time.monotonic() + seconds
    while not probe():
        code = child.code()
        if code is not None:
            raise ChildEnded(child.name, code, child.last_line(), child.log)
        if time.monotonic() > give_up:
            raise NotReady(child.name, seconds, child.last_line(), child.log)
        time.sleep(_PAUSE_SECONDS)
