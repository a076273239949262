"""A process of the stack, declared as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.processes.child import GRACE_SECONDS
from sandbox.processes.readiness import Probe

Command = tuple[str, ...] | Callable[[], tuple[str, ...]]
"""Program and arguments; or what gives them when it is time, for those that are not known before."""


@dataclass(frozen=True)
class Chore:
    """What the supervisor's own process does, in a thread, when all that it ``needs`` are ready. Others can need it."""

    name: str
    do: Callable[[], None]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProcessSpec:
    """What to run, when, and how to know that it works. Times in seconds.

    A process starts when all that it ``needs`` are ready, and those that it comes ``after``: without needing them, it
    leaves the machine to them. One with a probe is ready when the probe says so; one without
    runs ``once`` and is ready when it has ended with exit code 0. Processes are stopped in the reverse order of their
    declaration.
    """

    name: str
    command: Command
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Probe | None = None
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    ready_seconds: float = 60.0
    grace_seconds: float = GRACE_SECONDS

    @property
    def command_line(self) -> tuple[str, ...]:
        """Program and arguments, now."""
        return self.command() if callable(self.command) else self.command

    @property
    def once(self) -> bool:
        """Whether it is done when it ends."""
        return self.ready is None
