"""`draagvlak doctor` against healthy, half-dead and misconfigured stacks: real broker and engine, emulated Slack."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sandbox.processes.ports import free_port
from sandbox.stack.secret_files import Role
from services.contracts.topics import TOPICS
from tests.integration.ingest.platform import Platform, platform
from tests.integration.slack_workspace.conftest import BOT_TOKEN, DIRECTORY, SIGNING_SECRET, running_workspace


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with platform(tmp_path_factory.mktemp("doctor")) as built:
        yield built


@dataclass(frozen=True)
class Told:
    """What a doctor said: its exit code, its findings, and everything as it was printed."""

    code: int
    findings: list[dict[str, str]]
    text: str

    def of(self, status: str) -> list[str]:
        return [
            f"{one['subject']}: {one['detail']} -> {one['mend']}" for one in self.findings if one["status"] == status
        ]

    @property
    def wrong(self) -> str:
        return "\n".join(self.of("wrong"))


async def doctor(environment: dict[str, str], *workloads: str) -> Told:
    words = [word for workload in workloads for word in ("--for", workload)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.command_line", "doctor", "--json", *words),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, errors = await asyncio.wait_for(process.communicate(), 180)
    assert b"Traceback" not in errors, errors.decode()
    content: dict[str, Any] = json.loads(printed)
    return Told(process.returncode or 0, content["findings"], printed.decode() + errors.decode())


def secret(folder: Path, name: str, content: str, mode: int = 0o600) -> str:
    path = folder / name
    path.write_text(content)
    path.chmod(mode)
    return str(path)


def environment(there: Platform, role: Role, folder: Path, **more: str) -> dict[str, str]:
    """As a workload has it, with files of secrets that nobody else reads."""
    tokens = [{"name": "x", "sha256": sha256(b"x").hexdigest(), "scopes": ["metrics:read", "comments:review"]}]
    given = there.environment(role, **more)
    given["DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE"] = secret(folder, f"{role}.password", there.store.passwords[role])
    return given | {
        "DRAAGVLAK_TOKENS_FILE": secret(folder, "tokens.yaml", json.dumps(tokens)),
        "DRAAGVLAK_STATE": str(folder / "state"),
        **more,
    }


HEALTHY = [
    (Role.INGEST, "ingest"),
    (Role.METRICS, "metrics"),
    (Role.RELEASE, "release-watch"),
    (Role.RETENTION, "retention"),
    (Role.ADMIN, "migrate"),
    (Role.ADMIN, "topics"),
]


@pytest.mark.parametrize(("role", "workload"), HEALTHY)
async def test_a_healthy_stack_is_found_healthy_by_each_workload(
    there: Platform, tmp_path: Path, role: Role, workload: str
) -> None:
    told = await doctor(environment(there, role, tmp_path), workload)
    assert (told.code, told.wrong) == (0, "")
    right = "\n".join(told.of("right"))
    if workload != "topics":
        assert "migrations of this software have been applied" in right
        assert f"{role} has the" in right
        assert "less than 5 s apart" in right
    if workload in ("ingest", "retention", "topics"):
        assert f"{len(TOPICS)} of {len(TOPICS)} are there" in right
    assert there.store.passwords[role] not in told.text


async def test_a_role_of_another_workload_is_told_with_every_right_too_many(there: Platform, tmp_path: Path) -> None:
    told = await doctor(environment(there, Role.RELEASE, tmp_path), "metrics")
    assert told.code == 1
    assert "release may SELECT on pulse_ballots.answers, and this workload never should" in told.wrong
    assert "release may INSERT on pulse_release.releases" in told.wrong
    lacking = await doctor(environment(there, Role.METRICS, tmp_path), "release-watch")
    assert "metrics may not INSERT on pulse_release.releases, which this workload needs" in lacking.wrong
    assert "draagvlak migrate apply" in lacking.wrong


async def test_one_dead_service_hides_no_other(there: Platform, tmp_path: Path) -> None:
    dead = f"127.0.0.1:{free_port()}"
    told = await doctor(environment(there, Role.INGEST, tmp_path, DRAAGVLAK_KAFKA_BOOTSTRAP=dead), "ingest")
    assert told.code == 1
    assert told.of("wrong") == [
        f"Kafka: Kafka at {dead} refuses connections -> start it, or set DRAAGVLAK_KAFKA_BOOTSTRAP to where it listens"
    ]
    assert any("migrations of this software" in line for line in told.of("right")), (
        "ClickHouse was looked at all the same"
    )


async def test_a_wrong_password_and_a_missing_migration_are_told_with_the_mend(there: Platform, tmp_path: Path) -> None:
    given = environment(there, Role.INGEST, tmp_path)
    given["DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE"] = secret(tmp_path, "wrong", "another-password-entirely")
    told = await doctor(given, "ingest")
    assert told.code == 1
    assert "does not let ingest in (code 516)" in told.wrong
    assert "DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE" in told.wrong
    assert "another-password-entirely" not in told.text
    there.change("ALTER TABLE pulse_facts.schema_migrations DELETE WHERE number = 50 SETTINGS mutations_sync = 2")
    try:
        told = await doctor(environment(there, Role.METRICS, tmp_path), "metrics")
        assert "schema: the tables lack 0050_" in told.wrong
        assert "run `draagvlak migrate apply`" in told.wrong
    finally:
        assert there.command(Role.ADMIN, "migrate", "apply").returncode == 0


async def test_settings_that_cannot_be_read_are_listed_and_what_can_be_looked_at_is(
    there: Platform, tmp_path: Path
) -> None:
    given = environment(
        there,
        Role.RELEASE,
        tmp_path,
        DRAAGVLAK_CLICKHOUSE_CA_FILE=str(tmp_path / "nowhere.pem"),
        DRAAGVLAK_RELEASE_PROT="8606",
    )
    given["DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE"] = secret(tmp_path, "open", there.store.passwords[Role.RELEASE], 0o644)
    told = await doctor(given, "release-watch")
    assert told.code == 2
    assert "DRAAGVLAK_CLICKHOUSE_CA_FILE: " in told.wrong
    assert "has mode 0644: everybody on this machine may read it" in told.wrong
    assert "chmod 600" in told.wrong
    assert any("did you mean DRAAGVLAK_RELEASE_PORT?" in line for line in told.of("note"))


async def test_the_bot_is_told_of_slack_its_scopes_and_those_whom_it_asks(there: Platform, tmp_path: Path) -> None:
    poor = DIRECTORY | {"app": {**DIRECTORY["app"], "scopes": ["chat:write", "users:read", "commands"]}}
    for name, directory, token in (
        ("well", DIRECTORY, BOT_TOKEN),
        ("poor", poor, BOT_TOKEN),
        ("lost", poor, "xoxb-no"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        async with running_workspace(folder / "workspace", directory_content=directory) as slack:
            told = await doctor(
                os.environ
                | {
                    "DRAAGVLAK_KAFKA_BOOTSTRAP": there.bootstrap,
                    "DRAAGVLAK_STATE": str(folder / "state"),
                    "DRAAGVLAK_SLACK_API_URL": f"{slack.url}/api/",
                    "DRAAGVLAK_SLACK_BOT_TOKEN_FILE": secret(folder, "token", token),
                    "DRAAGVLAK_SLACK_SIGNING_SECRET_FILE": secret(folder, "signing", SIGNING_SECRET),
                    **({} if name == "well" else {"DRAAGVLAK_METRICS_URL": f"http://127.0.0.1:{free_port()}"}),
                    **({} if name == "well" else {"DRAAGVLAK_METRICS_TOKEN_FILE": secret(folder, "metrics", "m")}),
                },
                "pulse-bot",
            )
        assert token not in told.text
        assert SIGNING_SECRET not in told.text
        if name == "well":
            assert (told.code, told.wrong) == (0, "")
            assert any("that the bot needs" in line for line in told.of("right"))
            continue
        assert told.code == 1
        assert "metrics API: http://127.0.0.1" in told.wrong
        if name == "poor":
            assert "the token lacks channels:read, files:write, groups:read, im:history, im:write" in told.wrong
            assert "draagvlak slack manifest" in told.wrong
        else:
            assert "refuses the token" in told.wrong
            assert "invalid_auth" in told.wrong
