"""Runs one command and ends it when the process that asked for it is gone: no orphan, even after ``kill -9``.

Started as ``python launcher.py LINK GRACE COMMAND…``. LINK is the number of an inherited socket; its other end is held
by the parent alone, so the end of file says that the parent is gone, on every Unix. On Linux the kernel is asked for a
signal too. Lines on the link: ``started PID`` and ``ended CODE`` to the parent, ``stop`` from the parent.

Imports nothing but the standard library, so that it starts at once and stays small.
"""

import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


def _end_with_parent(wanted: signal.Signals) -> Callable[[], None]:
    """A function that asks the kernel to send ``wanted`` when the parent dies; does nothing but on Linux."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, int(wanted), 0, 0, 0)


def _tell(link: socket.socket, line: str) -> None:
    with suppress(OSError):  # the parent may be gone: there is nobody to tell
        link.sendall(line.encode() + b"\n")


def _wait(child: subprocess.Popen[bytes], link: socket.socket, woken: socket.socket, grace: float) -> int:
    """Wait for the child; ask it to end when the parent asks, is gone, or a signal arrives; kill it after ``grace``."""
    kill_at: float | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(link, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while (code := child.poll()) is None:
            left = None if kill_at is None else max(0.0, kill_at - time.monotonic())
            if left == 0.0:
                child.kill()
                return child.wait()
            asked = False
            for key, _ in selector.select(left):
                if key.fileobj is link:
                    asked = True
                    selector.unregister(link)
                else:
                    asked = signal.SIGTERM in woken.recv(64) or asked
            if asked and kill_at is None:
                kill_at = time.monotonic() + grace
                child.terminate()
    return code


def main(arguments: list[str]) -> int:
    """Run the command to its end and give its exit code (128 + the signal's number when a signal ended it)."""
    link, grace, command = socket.socket(fileno=int(arguments[0])), float(arguments[1]), arguments[2:]
    _end_with_parent(signal.SIGTERM)()
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=_end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - this process has one thread
        )
    except OSError as error:
        print(f"{command[0]} cannot be started: {error.strerror}", file=sys.stderr)  # noqa: T201 - the log file
        _tell(link, "ended 127")
        return 127
    _tell(link, f"started {child.pid}")
    code = _wait(child, link, woken, grace)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)  # whatever the child left behind in its group
    code = 128 - code if code < 0 else code
    _tell(link, f"ended {code}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
