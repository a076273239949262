"""Services as processes of their own, and how they tell what they cannot use."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final

import httpx
import typer

from sandbox.processes.child import Child
from sandbox.stack.secret_files import Role
from tests.files import put
from tests.integration.ingest.platform import Platform, wait_until
from tests.low_ports import low_port

WRONG: Final = "no-password-that-anybody-has"
LASTING: Final = "(this stays until somebody mends it)"
PASSING: Final = "(this may pass by itself)"


@dataclass(frozen=True)
class There:
    """A broker with topics, and a store with tables; ``folder`` has the passwords."""

    platform: Platform
    folder: Path

    def secret(self, name: str, content: str) -> str:
        """The path of a file that holds this."""
        path = self.folder / name
        put(path, content, 0o600)
        return str(path)


@dataclass
class Service:
    """A service as a process of its own."""

    name: str
    child: Child
    port: int

    def health(self, what: str) -> tuple[int, str]:
        """What it answers; 0 as long as it does not listen."""
        assert self.child.code() is None, self.log
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/healthz/{what}", timeout=30)
        except httpx.HTTPError:
            return 0, ""
        return answer.status_code, answer.text

    def tells(self, part: str) -> str:
        """The answer to who asks for readiness, once ``part`` is in it."""

        def told() -> tuple[int, str] | None:
            status, said = self.health("ready")
            return (status, said) if part in said else None

        status, said = wait_until(
            told, lambda: f"{self.name} tells: {part}; {self.health('ready')[1]}\n{self.log[-4_000:]}"
        )
        assert status == 503
        assert wait_until(lambda: self.health("live")[0], f"{self.name} answers") == 200
        return str(said)

    def says(self, part: str) -> None:
        """Wait until ``part`` is in its log."""
        wait_until(lambda: part in self.log, lambda: f"{self.name} says: {part}\n{self.log[-4_000:]}")

    @property
    def log(self) -> str:
        """Everything that it has written."""
        return self.child.log.read_text()

    @property
    def causes(self) -> list[dict[str, object]]:
        """The lines of its log that tell what cannot be used, and why."""
        whole, _, _ = self.log.rpartition("\n")  # the last line may be half written
        lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
        return [line for line in lines if "reason" in line and str(line["event"]).endswith("cannot be used")]


PORTS: Final = {"bot": "BOT", "ingest": "INGEST", "metrics": "METRICS", "release": "RELEASE"}
ROLES: Final = {"bot": Role.METRICS, "ingest": Role.INGEST, "metrics": Role.METRICS, "release": Role.RELEASE}


def started(there: There, name: str, **more: str) -> Service:
    """The service, not waited for; somebody must end it."""
    port = low_port()
    scopes = ["metrics:read", "outcomes:write"]
    tokens = json.dumps([{"name": "x", "sha256": sha256(b"x").hexdigest(), "scopes": scopes}])
    settings = there.platform.environment(ROLES[name], **more) | {
        f"DRAAGVLAK_{PORTS[name]}_PORT": str(port),
        "DRAAGVLAK_TELEMETRY_PORT": str(low_port()),
        "DRAAGVLAK_LOG_FORMAT": "json",
        "DRAAGVLAK_TOKENS_FILE": there.secret("tokens.yaml", tokens),
    }
    if name == "bot":
        settings |= {
            "DRAAGVLAK_STATE": str(there.folder / f"state-{port}"),
            "DRAAGVLAK_SLACK_API_URL": f"http://127.0.0.1:{low_port()}/api/",
            "DRAAGVLAK_SLACK_BOT_TOKEN_FILE": there.secret("slack-token", "xoxb-1"),
            "DRAAGVLAK_SLACK_SIGNING_SECRET_FILE": there.secret("slack-signing", "s" * 32),
        }
    words = ["release", "watch"] if name == "release" else [name]
    child = Child(name, [sys.executable, "-m", "services.command_line", *words], settings, there.folder / f"{port}.log")
    return Service(name, child, port)


@contextmanager
def ending(*services: Service) -> Iterator[tuple[Service, ...]]:
    """They end side by side, with the block."""
    try:
        yield services
    finally:
        for one in services:
            one.child.ask_to_stop()
        for one in services:
            one.child.stop()


def command(there: There, what: typer.Typer, role: Role, *words: str, **more: str) -> str:
    """What a command says that fails."""
    code, said = there.platform.inside(what, role, *words, **more)
    assert code == 1, said
    return said


def named_once(service: Service, told: str, *secret: str) -> None:
    """The log has told it, and no cause twice in a row; what was told last of each need weighs as much; nothing secret.

    On a busy machine a cause that may pass, such as an answer that took too long, comes before or between.
    """
    weight = ("error", True) if LASTING in told else ("warning", False)

    def of_each_need() -> list[list[dict[str, object]]]:
        ordered = sorted(service.causes, key=lambda line: str(line["event"]))
        return [list(lines) for _, lines in groupby(ordered, lambda line: line["event"])]

    def settled() -> list[list[dict[str, object]]] | None:
        found = of_each_need()
        last = [lines[-1] for lines in found]
        weighed = all((line["level"], line["lasting"]) == weight for line in last)
        return found if weighed and any(str(line["reason"]) in told for line in last) else None

    for lines in wait_until(
        settled, lambda: f"{service.name} says of each need that it is {weight}, and {told}: {of_each_need()}"
    ):
        assert all(line["reason"] != before["reason"] for before, line in pairwise(lines)), lines
    assert all(word not in service.log for word in (WRONG, *secret))
