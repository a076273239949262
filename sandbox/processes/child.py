"""One child process behind the launcher: started, watched, stopped; its output in a log file."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from sandbox.processes import launcher

GRACE_SECONDS = 10.0
"""How long a child may take to end after it was asked to, before it is killed."""

_TAIL_BYTES = 64 * 1024
_FRAME = " \t│╭╮╰╯─"
"""What command lines draw around their errors."""

_LAUNCHER_MARGIN = 2.0
"""What the launcher itself gets on top, to kill and report."""


class Child:
    """A running process that cannot outlive this one.

    ``environment`` is the whole environment of the child. Output is appended to ``log``. The files in ``keep_open``
    stay open, in the launcher alone, until the child has ended. Raises OSError when the log cannot be written.

    On Linux the child ends with the thread that started it: start it from one that lives long enough.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        grace: float = GRACE_SECONDS,
        keep_open: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.log = log
        self.grace = grace
        self._pid: int | None = None
        self._code: int | None = None
        self._said = b""
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log_start = log.stat().st_size if log.exists() else 0
        self._link, theirs = socket.socketpair()
        with log.open("ab") as output, theirs:
            self._process = self._launch(command, environment, (theirs.fileno(), *keep_open), output)
        self._link.setblocking(False)

    def _launch(
        self, command: Sequence[str], environment: Mapping[str, str], handles: Sequence[int], output: BinaryIO
    ) -> subprocess.Popen[bytes]:
        start = [sys.executable, "-I", "-S", str(Path(launcher.__file__)), str(handles[0]), str(self.grace)]
        return subprocess.Popen(
            [*start, *command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=handles,
            start_new_session=True,
        )

    @property
    def pid(self) -> int | None:
        """The process id of the command itself, as soon as it is known."""
        self._listen()
        return self._pid

    def code(self) -> int | None:
        """The exit code, or None while it runs."""
        ended = self._process.poll()
        self._listen()
        if ended is None:
            return None
        if self._code is None:
            self._code = ended if ended >= 0 else 128 - ended
            self._sweep()  # the launcher was killed before it could do this
        return self._code

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and SIGKILL after the grace; returns at once."""
        with suppress(OSError):  # it has ended already
            self._link.sendall(b"stop\n")

    def stop(self) -> int:
        """Ask to stop and wait for the end. Gives the exit code."""
        self.ask_to_stop()
        return self.wait(self.grace + _LAUNCHER_MARGIN)

    def wait(self, seconds: float) -> int:
        """Wait for the end, at most this long, then kill. Gives the exit code."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        code = self.code()
        self._link.close()
        return 0 if code is None else code

    def last_line(self) -> str:
        """What this run's output says about its end: the last line, or the last error where lines are JSON."""
        with self.log.open("rb") as output:
            size = output.seek(0, os.SEEK_END)
            output.seek(max(self._log_start, size - _TAIL_BYTES))
            return said(output.read().decode(errors="replace"))

    def _listen(self) -> None:
        with suppress(OSError):
            while part := self._link.recv(4096):
                self._said += part
        *lines, self._said = self._said.split(b"\n")
        for line in lines:
            word, _, number = line.decode().partition(" ")
            if word == "started":
                self._pid = int(number)
            elif word == "ended":
                self._code = int(number)

    def _sweep(self) -> None:
        """Kill what is left of the child's group."""
        if self._pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)


def said(output: str) -> str:
    """The line of a log that tells best why its process ended, or nothing.

    A last line that is no JSON is what Python or a command printed at its end. Among JSON lines, the last error.
    """
    lines = [bare for line in output.splitlines() if (bare := line.strip(_FRAME))]
    if not lines:
        return ""
    events = [_event(line) for line in lines]
    last = events[-1]
    if last is None:
        return lines[-1]
    errors = [event for event in events if event is not None and event.get("level") in ("error", "critical")]
    return str((errors[-1] if errors else last).get("event", ""))


def _event(line: str) -> dict[str, object] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
