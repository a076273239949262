"""A sandbox of dummy processes, as a program: ``python dummy_stack.py FOLDER BASE [keep] [PLAN]``.

Every dummy writes its process id to ``FOLDER/told/NAME`` when it is ready, and its name to ``FOLDER/told/ended`` when
it was asked to end.
"""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sandbox.stack.demo import play
from sandbox.stack.ports import Ports
from sandbox.stack.process import ProcessSpec
from sandbox.stack.running import Options, Stack
from sandbox.stack.secret_files import SecretFiles
from sandbox.stack.state import StateFolder

READY = """
import os, signal, sys, subprocess, time
from pathlib import Path
name, told = sys.argv[1], Path(sys.argv[2])
def end(*_):
    with (told / 'ended').open('a') as file:
        file.write(name + chr(10))
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
def ready():
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
FAIL = "import sys; sys.exit('the tables cannot be made')"
PASS = "pass"


def plan(kind: str) -> dict[str, str]:
    """Name -> program; a program that is PASS or FAIL runs once."""
    plans = {
        "three": {"first": WAIT, "once": PASS, "second": WAIT, "third": WAIT},
        "crash": {"first": WAIT, "crasher": CRASH},
        "fail": {"first": WAIT, "once": FAIL, "never": WAIT},
        "stubborn": {"first": WAIT, "stubborn": STUBBORN},
    }
    return plans[kind]


def specs(programs: dict[str, str], told: Path) -> tuple[ProcessSpec, ...]:
    """Each needs the one before it."""
    made: list[ProcessSpec] = []
    for name, program in programs.items():
        file = told / name
        made.append(
            ProcessSpec(
                name,
                (sys.executable, "-c", program, name, str(told)),
                ready=None if program in (PASS, FAIL) else file.exists,
                needs=tuple(spec.name for spec in made[-1:]),
                ready_seconds=90,
                grace_seconds=3.0 if name == "stubborn" else 60.0,
            )
        )
    return tuple(made)


def main(arguments: Sequence[str]) -> int:
    """Run until asked to end."""
    folder, base, *rest = arguments
    told = Path(folder) / "told"

    def make(_: Ports, __: StateFolder, ___: SecretFiles) -> tuple[ProcessSpec, ...]:
        told.mkdir(parents=True, exist_ok=True)
        for left in told.iterdir():
            left.unlink()
        return specs(plan(rest[-1]), told)

    def facts(_: Stack) -> list[str]:
        return ["wave 3 was open"]

    def work(_: Stack) -> None:
        (told / "all-ready").touch()

    options = Options(
        path=Path(folder),
        base=int(base),
        say=partial(print, flush=True),
        keep="keep" in rest,
        work=work,
        facts=(facts,),
        plan=make,
    )
    return play(options, partial(print, file=sys.stderr, flush=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
