"""A docker engine of the tests' own, in namespaces of its own: whatever ran or was mounted there goes with it."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sandbox.processes.child import Child

READY_SECONDS: Final = 240.0
_CLONE_NEWNET: Final = 0x40000000


@contextmanager
def own_network() -> Iterator[None]:
    """For this thread, and whatever it starts: a network namespace in which there is nothing but loopback."""
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(_CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        libc.setns(before, _CLONE_NEWNET)
        os.close(before)


class Docker:
    """The engine, and compose on it."""

    def __init__(self, folder: Path, compose: Sequence[str]) -> None:
        self._environment = {**os.environ, "DOCKER_HOST": f"unix://{folder}/docker.sock"}
        self._compose = [str(Path(sys.executable).with_name("docker-compose")), *compose]

    def __call__(self, *arguments: str, check: bool = True, seconds: float = 400) -> str:
        """What `docker` answers."""
        return self._run(["docker", *arguments], check, seconds)

    def compose(self, *arguments: str, seconds: float = 600) -> str:
        """What `docker compose` writes; it does not tell by its exit code how it went."""
        return self._run([*self._compose, *arguments], check=False, seconds=seconds)

    def state(self, container: str) -> dict[str, Any]:
        """Whether a container runs, and how it ended."""
        state: dict[str, Any] = json.loads(self("inspect", "--format", "{{json .State}}", container))
        return state

    def address(self, container: str, network: str) -> str:
        """Where a container is on a network."""
        networks = json.loads(self("inspect", "--format", "{{json .NetworkSettings.Networks}}", container))
        return str(networks[network]["IPAddress"])

    def log(self, container: str) -> str:
        """What a container has written."""
        return self("logs", container, check=False)

    def is_up(self) -> bool:
        """Whether the engine answers."""
        line = ["docker", "version"]
        return subprocess.run(line, env=self._environment, capture_output=True, check=False).returncode == 0

    def _run(self, line: list[str], check: bool, seconds: float) -> str:
        done = subprocess.run(
            line,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=seconds,
        )
        assert not check or done.returncode == 0, f"{' '.join(line)}\n{done.stdout}"
        return done.stdout


@contextmanager
def running(folder: Path, compose: Sequence[str]) -> Iterator[Docker]:
    """An engine with everything below ``folder``. Its processes end with it, and its mounts with its namespace."""
    folder.mkdir(parents=True)
    group = f"draagvlak-tests-{os.getpid()}"
    line = [
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
        *("dockerd", "--host", f"unix://{folder}/docker.sock", "--data-root", f"{folder}/data"),
        *("--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid", "--cgroup-parent", f"/{group}"),
    ]
    child = Child("dockerd", line, os.environ, folder / "dockerd.log", grace=30)
    docker = Docker(folder, compose)
    try:
        give_up = time.monotonic() + READY_SECONDS
        while not docker.is_up():
            assert child.code() is None, (folder / "dockerd.log").read_text()
            assert time.monotonic() < give_up, (folder / "dockerd.log").read_text()
            time.sleep(0.2)
        yield docker
    finally:
        containers = docker("ps", "--quiet", check=False).split()
        if containers:
            docker("kill", *containers, check=False)
        child.stop()
        _remove_groups(group)
        shutil.rmtree(folder / "data", ignore_errors=True)


def _remove_groups(name: str) -> None:
    """The control groups of containers, empty now."""
    for top in {*Path("/sys/fs/cgroup").glob(f"*/{name}"), *Path("/sys/fs/cgroup").glob(name)}:
        for folder in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
            _remove(folder)
        _remove(top)


def _remove(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError as error:
        sys.stderr.write(f"{folder} stays behind: {error.strerror}\n")


def interrupt(docker: Docker, container: str) -> int:
    """Tell a container's process to end (SIGTERM), wait until it has, and give its exit code."""
    docker("kill", "--signal", signal.SIGTERM.name, container)
    return int(docker("wait", container))
