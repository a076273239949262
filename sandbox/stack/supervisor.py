"""Starts the processes in order, watches them, and ends all of them whatever happens."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import FrameType
from typing import Final

from sandbox.processes.child import Child
from sandbox.processes.readiness import ChildEnded, NotReady
from sandbox.stack.memory import PeakMemory
from sandbox.stack.process import Chore, ProcessSpec

Say = Callable[[str], None]
"""Takes one line for the person at the terminal."""

_PAUSE_SECONDS: Final = 0.05
_INHERITED: Final = ("HOME", "LANG", "LC_ALL", "PATH", "PYTHONPATH", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")
_ALSO_INHERITED: Final = ("DRAAGVLAK_LOG_LEVEL", "DRAAGVLAK_LOG_FORMAT")
_OWN: Final = {"PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NO_PROXY": "127.0.0.1"}


class Supervisor:
    """The processes of ``specs``, with their logs in ``logs``. ``lock_handle`` is inherited by their launchers.

    ``chores`` are done beside them at the start.

    Start it from a thread that lives as long as the processes: on Linux they end with the thread that started them.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        logs: Path,
        say: Say,
        lock_handle: int | None = None,
        chores: Sequence[Chore] = (),
    ) -> None:
        self._specs = tuple(specs)
        self._chores = tuple(chores)
        self._names = (*(spec.name for spec in self._specs), *(chore.name for chore in self._chores))
        self._under_way: dict[str, Future[None]] = {}
        self._logs = logs
        self._say = say
        self._lock_handle = lock_handle
        self._children: dict[str, Child] = {}
        self._done: set[str] = set()
        self._memory = PeakMemory()
        self._begun: dict[str, float] = {}
        self._require_order()

    def start(self, asked_to_end: Callable[[], bool] = lambda: False, awaited: Sequence[str] = ()) -> bool:
        """Start everything, each when what it needs is ready. True when all are; False when asked to end before that.

        With names in ``awaited``: true when these are ready; ``watch`` starts the others. Raises ChildEnded, NotReady,
        what a chore raised, or ValueError for a name that is not declared. In every case, call ``stop`` afterwards.
        """
        self._require_known("the start", awaited)
        self._memory.start()
        while not self._done.issuperset(awaited or self._names):
            if asked_to_end():
                return False
            self._advance()
            time.sleep(_PAUSE_SECONDS)
        return True

    def _advance(self) -> None:
        """Start what can be started, and see what is ready."""
        for chore in self._chores:
            self._see_to(chore)
        for spec in self._specs:
            if spec.name not in self._children and self._done.issuperset((*spec.needs, *spec.after)):
                self._launch(spec)
            elif spec.name in self._children and spec.name not in self._done:
                self._settle(spec)
        self.check()

    def check(self) -> None:
        """Raises ChildEnded when a process that should run has ended."""
        for spec in self._specs:
            child = self._children.get(spec.name)
            if child is None or spec.once:
                continue
            code = child.code()
            if code is not None:
                raise ChildEnded(spec.name, code, child.last_line(), child.log)

    def watch(self, until: Callable[[], bool]) -> None:
        """Return when ``until`` says so. Raises what ``start`` raises, also when a process ends before that."""
        while not until():
            self._advance()
            time.sleep(_PAUSE_SECONDS)

    def restart(self, name: str) -> float:
        """End one process in order and start it again; gives after how many seconds it is ready again.

        Raises ChildEnded or NotReady when it does not come back, and ValueError when it had to be killed.
        """
        (spec,) = (spec for spec in self._specs if spec.name == name)
        began = time.monotonic()
        if self._children[name].stop() == 128 + signal.SIGKILL:
            raise ValueError(f"{name} did not end within {spec.grace_seconds:.0f} s and was killed")
        self._done.discard(name)
        self._launch(spec)
        while name not in self._done:
            time.sleep(_PAUSE_SECONDS)
            self.check()
            self._settle(spec)
        return time.monotonic() - began

    def stop(self) -> tuple[str, ...]:
        """End all processes, last declared first. Gives the names of those that had to be killed."""
        killed = []
        for spec in reversed(self._specs):
            child = self._children.get(spec.name)
            if child is None or child.code() is not None:
                continue
            if child.stop() == 128 + signal.SIGKILL:
                killed.append(spec.name)
        return tuple(killed)

    def peak_memory_bytes(self) -> int:
        """The most memory that this process and all below it took together; ends the sampling."""
        return self._memory.stop()

    def pids(self) -> Mapping[str, int]:
        """The process ids of the processes that run."""
        found = {name: child.pid for name, child in self._children.items() if child.code() is None}
        return {name: pid for name, pid in found.items() if pid is not None}

    def _see_to(self, chore: Chore) -> None:
        """Begin a chore, or note that it is done."""
        under_way = self._under_way.get(chore.name)
        if under_way is None and self._done.issuperset(chore.needs):
            self._under_way[chore.name] = _begun(chore)
        elif under_way is not None and under_way.done() and chore.name not in self._done:
            under_way.result()
            self._done.add(chore.name)

    def _launch(self, spec: ProcessSpec) -> None:
        inherited = {name: os.environ[name] for name in (*_INHERITED, *_ALSO_INHERITED) if name in os.environ}
        self._begun[spec.name] = time.monotonic()
        self._children[spec.name] = Child(
            spec.name,
            spec.command_line,
            inherited | _OWN | dict(spec.environment),
            self._logs / f"{spec.name}.log",
            grace=spec.grace_seconds,
            keep_open=() if self._lock_handle is None else (self._lock_handle,),
        )

    def _settle(self, spec: ProcessSpec) -> None:
        """Note that a process is ready, or done when it runs once."""
        child = self._children[spec.name]
        seconds = time.monotonic() - self._begun[spec.name]
        if spec.ready is None:
            code = child.code()
            if code is not None and code != 0:
                raise ChildEnded(spec.name, code, child.last_line(), child.log)
            settled = code == 0
        else:
            settled = child.code() is None and spec.ready()
        if settled:
            self._done.add(spec.name)
            self._say(f"{spec.name} {'done' if spec.once else 'ready'} ({seconds:.1f} s)")
        elif seconds > spec.ready_seconds:
            raise NotReady(spec.name, spec.ready_seconds, child.last_line(), child.log)

    def _require_order(self) -> None:
        """What a process needs is declared before it: the reverse is a good order to stop. Nothing waits for ever."""
        before: set[str] = {chore.name for chore in self._chores}
        for spec in self._specs:
            missing = set(spec.needs) - before
            if missing:
                raise ValueError(f"{spec.name} needs {', '.join(sorted(missing))}, which is not declared before it")
            before.add(spec.name)
        waits_for = {chore.name: {*chore.needs} for chore in self._chores}
        waits_for |= {spec.name: {*spec.needs, *spec.after} for spec in self._specs}
        for name, others in waits_for.items():
            self._require_known(name, others)
        try:
            TopologicalSorter(waits_for).prepare()
        except CycleError as error:
            raise ValueError(f"these start one after the other in a circle: {', '.join(error.args[1])}") from None

    def _require_known(self, who: str, names: Iterable[str]) -> None:
        unknown = set(names).difference(self._names)
        if unknown:
            raise ValueError(f"{who} waits for {', '.join(sorted(unknown))}, which is not declared")


def _begun(chore: Chore) -> Future[None]:
    """The chore in a thread that does not keep this process from ending."""
    outcome: Future[None] = Future()

    def do() -> None:
        try:
            chore.do()
            outcome.set_result(None)
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=do, name=chore.name, daemon=True).start()
    return outcome


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Inside, SIGINT, SIGTERM and SIGHUP are noted instead of ending this process; gives whether one arrived.

    For the main thread. A second SIGINT raises KeyboardInterrupt.
    """
    asked = threading.Event()

    def note(number: int, _: FrameType | None) -> None:
        if asked.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
