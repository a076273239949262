"""Where there is no Grafana, `make demo` opens a preview of the dashboards before the person at the terminal."""

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx
import pytest

from tests.e2e.test_killed import wait_until
from tests.low_ports import free_port_base

pytestmark = pytest.mark.timeout(600)
COMMAND = [sys.executable, "-m", "services.command_line", "demo", "--keep"]  # nothing is kept: all but the story


@dataclass
class Demo:
    """A demo that runs, what it has said, and what its browser was asked to open."""

    base: int
    said: list[str] = field(default_factory=list)
    opened: Path = Path()

    def ready(self) -> bool:
        return "Ctrl-C ends the demo." in "".join(self.said)

    def read(self, output: IO[bytes]) -> None:
        try:
            for line in output:
                self.said.append(line.decode())
        except OSError:  # so a terminal says that nobody writes to it any more
            return


@contextmanager
def demo(tmp_path: Path, *, terminal: bool, **environment: str) -> Iterator[Demo]:
    """A demo on a machine with nothing but a browser, which notes the address."""
    browser = tmp_path / "bin" / "browser"
    browser.parent.mkdir()
    shown = Demo(free_port_base(), opened=tmp_path / "opened")
    browser.write_text(f'#!/bin/sh\necho "$1" > {shown.opened}.new && /bin/mv {shown.opened}.new {shown.opened}\n')
    browser.chmod(0o755)
    with_browser = {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": str(browser.parent),
        "BROWSER": str(browser),
        "DRAAGVLAK_STATE": str(tmp_path / "state"),
        "DRAAGVLAK_PORT_BASE": str(shown.base),
        "COLUMNS": "200",
    }
    ours, theirs = pty.openpty() if terminal else os.pipe()
    with os.fdopen(ours, "rb") as output:
        process = subprocess.Popen(
            COMMAND, env=with_browser | environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        reader = threading.Thread(target=shown.read, args=(output,))
        reader.start()
        try:
            wait_until(lambda: shown.ready() or process.poll() is not None, "the demo's addresses")
            yield shown
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(150)
            reader.join(60)
    assert code == 0, "".join(shown.said)


def test_on_a_desktop_it_opens_signed_in_by_an_address_that_opens_once(tmp_path: Path) -> None:
    with demo(tmp_path, terminal=True, DISPLAY=":9") as shown:
        wait_until(shown.opened.exists, "the browser")
        address = shown.opened.read_text().strip()
        key = (tmp_path / "state" / "secrets" / "access_key").read_text().strip()
        assert key not in address, "everybody on the machine can read a browser's arguments"
        with httpx.Client(follow_redirects=True, timeout=60) as browser:
            page = browser.get(address)
            assert (page.status_code, page.url.path, page.url.query) == (200, "/dashboards", b"")
            assert "No round has been released yet" in page.text
        assert httpx.get(address, timeout=60).status_code == 401
    assert "the preview opens in your browser" in "".join(shown.said)


@pytest.mark.parametrize(
    ("terminal", "environment"),
    [(True, {}), (True, {"DISPLAY": ":9", "SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}), (False, {"DISPLAY": ":9"})],
    ids=["no display", "over SSH", "no terminal"],
)
def test_elsewhere_it_says_where_and_opens_nothing(tmp_path: Path, terminal: bool, environment: dict[str, str]) -> None:
    with demo(tmp_path, terminal=terminal, **environment) as shown:
        said = "".join(shown.said)
    assert re.search(rf"Then +http://127.0.0.1:{shown.base}/dashboards\s", said)
    assert "the preview stands in for it" in said
    assert not shown.opened.exists()
