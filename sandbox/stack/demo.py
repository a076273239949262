"""A run of the sandbox from the command line: faults become one sentence, and the exit code tells."""

import errno
from typing import Final

from sandbox.broker.command import BrokerMissing
from sandbox.processes.ports import PortTaken
from sandbox.processes.readiness import ChildEnded, NotReady
from sandbox.stack.running import Options, WorkFailed, run
from sandbox.stack.state import StateFault
from sandbox.stack.supervisor import Say

EXPECTED = (StateFault, PortTaken, BrokerMissing, ChildEnded, NotReady, WorkFailed)
"""What can go wrong without a fault in the sandbox itself; each is one sentence."""

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def play(options: Options, complain: Say) -> int:
    """Run a sandbox to its end. Gives the exit code: 0 done or ended on request, 1 failed; ``complain`` takes why."""
    try:
        run(options)
    except EXPECTED as fault:
        complain(str(fault))
        return 1
    except OSError as fault:
        if fault.errno not in _FULL:
            raise
        complain(
            f"The disk of {options.path} is full: free some space, or set DRAAGVLAK_STATE to a folder on another disk."
        )
        return 1
    except KeyboardInterrupt:
        complain("Interrupted twice: the processes are left to end by themselves, which takes a few seconds.")
        return 1
    return 0
