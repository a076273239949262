"""A whole sandbox: taken, started, watched while something is done with it, and ended."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sandbox.stack.plan import STAGE, processes
from sandbox.stack.ports import Ports
from sandbox.stack.process import Chore, ProcessSpec
from sandbox.stack.secret_files import SecretFiles
from sandbox.stack.state import Run, StateFolder
from sandbox.stack.supervisor import Say, Supervisor, interruptible

Plan = Callable[[Ports, StateFolder, SecretFiles], Sequence[ProcessSpec]]
Prepare = Callable[[StateFolder], None]
"""Writes what the processes that need the stage read at their start, while the others start; called for a fresh
folder, and for a kept one as well."""


GETTING_READY: Final = "getting ready"
"""The chore that loads what works with the sandbox."""


@dataclass(frozen=True)
class Stack:
    """A sandbox that runs. ``previous`` is the run whose state was kept, where there is one."""

    ports: Ports
    state: StateFolder
    secrets: SecretFiles
    supervisor: Supervisor
    previous: Run | None = None


Facts = Callable[[Stack], Iterable[str]]
"""Gives sentences about what was in flight when the run before ended without order."""

Work = Callable[[Stack], None]
"""What is done with a running sandbox, in a thread of its own."""


@dataclass(frozen=True)
class Options:
    """How to run a sandbox.

    ``work`` is done when what it needs is ready (``work_needs``; everything unless named); ``get_ready`` is called
    before, while all starts. With ``once`` the sandbox ends after the work; otherwise it runs until asked to end.
    """

    path: Path
    base: int
    say: Say
    keep: bool = False
    once: bool = False
    prepare: Prepare = lambda _: None
    get_ready: Callable[[], None] = lambda: None
    work_needs: Sequence[str] = ()
    work: Work | None = None
    facts: Sequence[Facts] = ()
    plan: Plan = processes


@dataclass
class _Outcome:
    done: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class WorkFailed(RuntimeError):
    """What was done with the sandbox failed; one sentence."""


@contextmanager
def taken(options: Options) -> Iterator[Stack]:
    """A sandbox that is ours but not started; given back at the end. Raises StateFault or PortTaken."""
    ports, state = Ports(options.base), StateFolder(options.path)
    previous = state.take(keep=options.keep)
    try:
        ports.require_free()
        secrets = SecretFiles(state.secrets)
        secrets.make()
        chores = (Chore(STAGE, lambda: options.prepare(state)), Chore(GETTING_READY, options.get_ready, needs=(STAGE,)))
        specs = options.plan(ports, state, secrets)
        supervisor = Supervisor(specs, state.logs, options.say, state.lock_handle, chores)
        yield Stack(ports, state, secrets, supervisor, previous)
    finally:
        state.release()


def run(options: Options) -> None:
    """Run a sandbox until its work is done (``once``) or someone asks for the end. For the main thread.

    Raises StateFault, PortTaken, ChildEnded, NotReady, or what the work raised; every process has ended by then.
    """
    with interruptible() as asked_to_end, taken(options) as stack, _ended(stack, options.say):
        if stack.supervisor.start(asked_to_end, options.work_needs):
            _tell_of_previous(stack, options)
            _work(stack, options, asked_to_end)


@contextmanager
def running(options: Options) -> Iterator[Stack]:
    """A sandbox for as long as a ``with`` block, which gets it when all is ready; ``work`` and ``once`` play no part.

    Raises what ``run`` raises, also when a process ended during the block.
    """
    with taken(options) as stack, _ended(stack, options.say):
        stack.supervisor.start()
        _tell_of_previous(stack, options)
        yield stack
        stack.supervisor.check()


def _work(stack: Stack, options: Options, asked_to_end: Callable[[], bool]) -> None:
    outcome = _Outcome()

    def do() -> None:
        try:
            if options.work is not None:
                options.work(stack)
        except BaseException as error:
            outcome.error = error
        finally:
            outcome.done.set()

    threading.Thread(target=do, name="work", daemon=True).start()
    stack.supervisor.watch(lambda: asked_to_end() or outcome.done.is_set())
    if outcome.error is not None:
        raise outcome.error
    if not options.once:
        stack.supervisor.watch(asked_to_end)


@contextmanager
def _ended(stack: Stack, say: Say) -> Iterator[None]:
    """After the block all processes have ended; the end was clean when nothing went wrong and none had to be killed."""
    faultless = False
    try:
        yield
        faultless = True
    finally:
        killed = stack.supervisor.stop()
        for name in killed:
            say(f"{name} did not end when asked and was killed; its log: {stack.state.logs / name}.log")
        if faultless and not killed:
            stack.state.note_clean_end()
        peak = stack.supervisor.peak_memory_bytes()
        if peak:
            say(f"memory of all processes together at its peak: {peak / 2**20:.0f} MB")


def _tell_of_previous(stack: Stack, options: Options) -> None:
    """Say what is known of the run before, when its state was kept."""
    previous = stack.previous
    if previous is None:
        return
    if previous.ended_clean:
        options.say(f"kept the state of the run of {previous.started_at:%Y-%m-%d %H:%M} UTC, which ended in order")
        return
    options.say(f"the run of {previous.started_at:%Y-%m-%d %H:%M} UTC did not end in order; its state was kept")
    options.say("the broker keeps its records in memory: answers that were sent and not stored yet are lost")
    for facts in options.facts:
        for fact in facts(stack):
            options.say(fact)
