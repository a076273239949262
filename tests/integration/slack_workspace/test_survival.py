"""What was confirmed survives kill -9; a workspace that cannot start says so in one sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.processes.ports import free_port
from sandbox.slack.app import create_app
from sandbox.slack.settings import WorkspaceSettings
from sandbox.slack.wire import WorkspaceStartError
from tests.integration.slack_workspace.conftest import (
    ACCESS_KEY,
    BOT_TOKEN,
    CLOCK_WRITER,
    free_socket,
    write_settings,
)
from tests.integration.slack_workspace.stub_bot import HOME, question


def environment(settings: WorkspaceSettings) -> dict[str, str]:
    values = {
        f"DRAAGVLAK_SANDBOX_{name.upper()}": str(value)
        for name, value in settings.model_dump().items()
        if value is not None
    }
    return os.environ | values


@contextmanager
def process(settings: WorkspaceSettings) -> Iterator[subprocess.Popen[str]]:
    """The workspace as a process, ready; killed at the end if it still runs."""
    started = subprocess.Popen(
        [sys.executable, "-m", "sandbox.slack"], env=environment(settings), stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 120
        while True:
            assert started.poll() is None, started.stderr.read() if started.stderr else ""
            assert time.monotonic() < deadline, "the workspace did not come up"
            try:
                httpx.get(f"{settings.base_url}/healthz", timeout=30)
                break
            except httpx.TransportError:
                time.sleep(0.02)
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        if started.stderr and not started.stderr.closed:
            started.communicate()


def settings_in(folder: Path) -> WorkspaceSettings:
    return write_settings(folder, free_port(), 9)


def call(settings: WorkspaceSettings, method: str, **arguments: Any) -> dict[str, Any]:
    reply = httpx.post(
        f"{settings.base_url}/api/{method}",
        json=arguments,
        headers={"Authorization": f"Bearer {BOT_TOKEN}"},
        timeout=60,
    )
    body: dict[str, Any] = reply.json()
    assert body["ok"], body
    return body


def test_everything_confirmed_is_there_after_a_kill(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with process(settings) as running:
        posts = [
            call(settings, "chat.postMessage", channel="U1", text=f"{n}", blocks=question(n)) for n in range(1, 30)
        ]
        call(settings, "chat.update", channel=posts[0]["channel"], ts=posts[0]["ts"], text="bijgewerkt")
        call(settings, "chat.postMessage", channel="U1", text="in de draad", thread_ts=posts[1]["ts"])
        call(settings, "views.publish", user_id="U1", view=HOME)
        moved = httpx.post(
            f"{settings.base_url}/clock",
            json={"advance_seconds": 86_400 * 10},
            headers={"Authorization": f"Bearer {CLOCK_WRITER}"},
            timeout=60,
        ).json()["now"]
        running.send_signal(signal.SIGKILL)
        running.wait()
    with process(settings) as running:
        found = call(settings, "conversations.history", channel=posts[0]["channel"], limit=100)["messages"]
        assert [message["ts"] for message in reversed(found)] == [post["ts"] for post in posts]
        assert found[-1]["text"] == "bijgewerkt"
        thread = call(settings, "conversations.replies", channel=posts[1]["channel"], ts=posts[1]["ts"])["messages"]
        assert [(message["text"], message.get("reply_count")) for message in thread] == [
            ("2", 1),
            ("in de draad", None),
        ]
        act = httpx.Client(base_url=settings.base_url, headers={"Authorization": f"Bearer {ACCESS_KEY}"}, timeout=60)
        assert act.get("/act/views", params={"user": "U1"}).json()["home"]["blocks"][0]["type"] == "header"
        assert act.get("/act/clock").json()["now"] > moved
        later = call(settings, "chat.postMessage", channel="U1", text="later")
        assert later["ts"] > posts[-1]["ts"]
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) in {0, -signal.SIGTERM}


def test_an_open_page_does_not_hold_up_the_end(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    headers = {"Authorization": f"Bearer {ACCESS_KEY}"}
    with (
        process(settings) as running,
        httpx.stream(
            "GET", f"{settings.base_url}/act/feed", params={"user": "U1"}, headers=headers, timeout=60
        ) as feed,
    ):
        open_page = feed.iter_text()  # held: the stream closes with its iterator
        assert next(open_page).startswith(": connected")
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=90)
        assert "timeout graceful shutdown exceeded" not in said


def test_two_workspaces_cannot_share_one_state(tmp_path: Path) -> None:
    first = settings_in(tmp_path)
    with process(first):
        second = settings_in(tmp_path)
        with pytest.raises(WorkspaceStartError, match="Another workspace is running"):
            create_app(second)


def test_a_port_that_is_taken_is_named_with_the_mend(tmp_path: Path) -> None:
    taken = free_socket()
    settings = write_settings(tmp_path, taken.getsockname()[1], 9)
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox.slack"], env=environment(settings), capture_output=True, text=True, check=False
    )
    taken.close()
    assert ended.returncode == 1
    assert f"port {settings.port}" in ended.stderr
    assert "DRAAGVLAK_SANDBOX_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("broken", ["directory", "bot_token_file", "signing_secret_file", "access_key_file"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, broken: str) -> None:
    settings = write_settings(tmp_path, 0, 9, **{broken: tmp_path / "nowhere"})
    with pytest.raises(WorkspaceStartError, match="nowhere"):
        create_app(settings)


def test_faults_of_the_directory_are_named_by_field(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, 0, 9, directory_content={"users": [{"id": "U1", "nme": "x"}]})
    with pytest.raises(WorkspaceStartError, match=r"directory\.yaml: users\.0\.name: Field required.*users\.0\.nme"):
        create_app(settings)
