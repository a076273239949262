"""A process of the stack, declared as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.processes.child import GRACE_SECONDS
from sandbox.processes.readiness import Probe


@dataclass(frozen=True)
class ProcessSpec:
    """What to run, when, and how to know that it works. Times in seconds.

    A process starts when all that it ``needs`` are ready. One with a probe is ready when the probe says so; one without
    runs ``once`` and is ready when it has ended with exit code 0. Processes are stopped in the reverse order of their
    declaration.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Probe | None = None
    needs: tuple[str, ...] = ()
    ready_seconds: float = 60.0
    grace_seconds: float = GRACE_SECONDS

    @property
    def once(self) -> bool:
        """Whether it is done when it ends."""
        return self.ready is None
