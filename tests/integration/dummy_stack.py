"""A sandbox of dummy processes, as a program: ``python dummy_stack.py FOLDER BASE [keep] [PLAN]``.

Every dummy writes its process id to ``FOLDER/told/NAME`` and its name to ``FOLDER/told/began`` when it is ready, and
its name to ``FOLDER/told/ended`` when it was asked to end. The chores and the work write a file of their name.
"""

import errno
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sandbox.stack.demo import play
from sandbox.stack.plan import STAGE
from sandbox.stack.ports import Ports
from sandbox.stack.process import ProcessSpec
from sandbox.stack.running import GETTING_READY, Options, Stack, WorkFailed
from sandbox.stack.secret_files import SecretFiles
from sandbox.stack.state import StateFault, StateFolder

READY = """
import os, signal, sys, subprocess, time
from pathlib import Path
name, told = sys.argv[1], Path(sys.argv[2])
def end(*_):
    with (told / 'ended').open('a') as file:
        file.write(name + chr(10))
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
def wait_for(what):
    while not (told / what).exists():
        time.sleep(0.02)
def ready():
    with (told / 'began').open('a') as file:
        file.write(name + chr(10))
    draft = told / (name + '.new')
    draft.write_text(str(os.getpid()))
    draft.rename(told / name)
"""
WAIT = READY + "ready()\nwhile True: signal.pause()\n"
STUBBORN = (
    READY
    + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    + "below = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    + "(told / 'below').write_text(str(below.pid))\n"
    + "ready()\nwhile True: signal.pause()\n"
)
CRASH = READY + 'ready()\nprint(\'{"event": "fine", "level": "info"}\')\nraise ValueError(\'the wheel came off\')\n'
CRASH_AFTER_WORK = READY + "wait_for('worked')\nraise ValueError('the late wheel came off')\n"
READY_AFTER_WORK = READY + "wait_for('worked')\nready()\nwhile True: signal.pause()\n"
READY_WHEN_TOLD = READY + "(told / 'waiting').touch()\nwait_for('go')\nready()\nwhile True: signal.pause()\n"
NEVER_READY = READY + "while True: signal.pause()\n"
STAGED = READY + "assert (told / 'staged').exists(), 'there is no stage'\nready()\nwhile True: signal.pause()\n"
FAIL = "import sys; sys.exit('the tables cannot be made')"
PASS = "pass"


def pass_over(_: Path) -> None:
    """Do nothing."""


def note(name: str, told: Path) -> None:
    """Write a file of this name."""
    (told / name).touch()


def note_ready(told: Path) -> None:
    """Write the file that says that the work has begun."""
    note("all-ready", told)


def fail(fault: Exception, _: Path) -> None:
    """Raise it."""
    raise fault


def note_late(name: str, other: str, told: Path) -> None:
    """Write a file of this name a second after the other is there: who does not wait for it, comes before it."""
    while not (told / other).exists():
        time.sleep(0.02)
    time.sleep(1.0)
    note(name, told)


def hang(name: str, told: Path) -> None:
    """Write a file of this name, and never end."""
    note(name, told)
    threading.Event().wait()


@dataclass(frozen=True)
class Plan:
    """Dummies (name -> program; one that is PASS or FAIL runs once), each of which needs the one before.

    But ``needs`` and ``after`` say otherwise of the dummies that they name, whose time to become ready is
    ``ready_seconds``. The other fields are those of ``Options``, with the folder of what was told.
    """

    programs: Mapping[str, str]
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ready_seconds: Mapping[str, float] = field(default_factory=dict)
    prepare: Callable[[Path], None] = pass_over
    get_ready: Callable[[Path], None] = pass_over
    work: Callable[[Path], None] = note_ready
    work_needs: tuple[str, ...] = ()
    once: bool = False


LATE = {"after": {"late": ("first",)}, "needs": {"late": ()}, "work_needs": ("first",)}
PLANS: Mapping[str, Plan] = {
    "three": Plan({"first": WAIT, "once": PASS, "second": WAIT, "third": WAIT}),
    "crash": Plan({"first": WAIT, "crasher": CRASH}),
    "fail": Plan({"first": WAIT, "once": FAIL, "never": WAIT}),
    "stubborn": Plan({"first": WAIT, "stubborn": STUBBORN}),
    "after": Plan(
        {"reader": WAIT, "writer": WAIT, "other": READY_WHEN_TOLD},
        needs={"writer": (), "other": ()},
        after={"reader": ("writer",), "writer": ("other",)},
    ),
    "staged": Plan(
        {"first": WAIT, "actor": STAGED},
        needs={"actor": (STAGE,)},
        prepare=partial(note_late, "staged", "first"),
        work_needs=("actor",),
    ),
    "stage fails": Plan(
        {"first": WAIT, "actor": STAGED},
        needs={"actor": (STAGE,)},
        prepare=partial(fail, StateFault("the stage broke")),
    ),
    "disk full": Plan({"first": WAIT}, prepare=partial(fail, OSError(errno.ENOSPC, "No space left on device"))),
    "stage hangs": Plan(
        {"first": WAIT, "actor": STAGED}, needs={"actor": (STAGE,)}, prepare=partial(hang, "preparing")
    ),
    "getting ready": Plan({"first": WAIT}, get_ready=partial(note, "got-ready"), work_needs=(GETTING_READY,)),
    "getting ready fails": Plan({"first": WAIT}, get_ready=partial(fail, WorkFailed("the story is away"))),
    "getting ready hangs": Plan({"first": WAIT}, get_ready=partial(hang, "loading"), work_needs=("first",)),
    "late": Plan({"first": WAIT, "late": READY_AFTER_WORK}, work=partial(note, "worked"), **LATE),
    "late, once": Plan({"first": WAIT, "late": NEVER_READY}, work=partial(note, "worked"), once=True, **LATE),
    "late crash": Plan({"first": WAIT, "late": CRASH_AFTER_WORK}, work=partial(hang, "worked"), **LATE),
    "late never": Plan(
        {"first": WAIT, "late": NEVER_READY}, work=partial(hang, "worked"), ready_seconds={"late": 1.0}, **LATE
    ),
}


def specs(plan: Plan, told: Path) -> tuple[ProcessSpec, ...]:
    """The dummies of a plan."""
    made: list[ProcessSpec] = []
    for name, program in plan.programs.items():
        file = told / name
        made.append(
            ProcessSpec(
                name,
                (sys.executable, "-c", program, name, str(told)),
                ready=None if program in (PASS, FAIL) else file.exists,
                needs=plan.needs.get(name, tuple(spec.name for spec in made[-1:])),
                after=plan.after.get(name, ()),
                ready_seconds=plan.ready_seconds.get(name, 90),
                grace_seconds=3.0 if name == "stubborn" else 60.0,
            )
        )
    return tuple(made)


def main(arguments: Sequence[str]) -> int:
    """Run until asked to end."""
    folder, base, *rest = arguments
    told = Path(folder) / "told"
    plan = PLANS[rest[-1]]

    def make(_: Ports, __: StateFolder, ___: SecretFiles) -> tuple[ProcessSpec, ...]:
        told.mkdir(parents=True, exist_ok=True)
        for left in told.iterdir():
            left.unlink()
        return specs(plan, told)

    def facts(_: Stack) -> list[str]:
        return ["wave 3 was open"]

    options = Options(
        path=Path(folder),
        base=int(base),
        say=partial(print, flush=True),
        keep="keep" in rest,
        once=plan.once,
        prepare=lambda _: plan.prepare(told),
        get_ready=lambda: plan.get_ready(told),
        work=lambda _: plan.work(told),
        work_needs=plan.work_needs,
        facts=(facts,),
        plan=make,
    )
    return play(options, partial(print, file=sys.stderr, flush=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
