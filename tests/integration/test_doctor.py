"""`draagvlak doctor` against healthy, half-dead and misconfigured stacks: real broker and engine, emulated Slack."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from sandbox.processes.child import Child
from sandbox.stack.secret_files import Role
from services.contracts.topics import TOPICS
from services.pulse_bot.ledger import migrating
from services.pulse_bot.ledger.address import checked
from tests.files import put
from tests.integration.ingest.platform import Platform, platform, wait_until
from tests.integration.slack_workspace.conftest import BOT_TOKEN, DIRECTORY, SIGNING_SECRET, running_workspace
from tests.low_ports import low_port
from tests.postgres import Postgres


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
    printed, errors = await asyncio.wait_for(process.communicate(), 270)
    assert b"Traceback" not in errors, errors.decode()
    content: dict[str, Any] = json.loads(printed)
    return Told(process.returncode or 0, content["findings"], printed.decode() + errors.decode())


def secret(folder: Path, name: str, content: str, mode: int = 0o600) -> str:
    path = folder / name
    put(path, content, mode)  # a service may be reading it
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
    dead = f"127.0.0.1:{low_port()}"
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
                    **({} if name == "well" else {"DRAAGVLAK_METRICS_URL": f"http://127.0.0.1:{low_port()}"}),
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


def as_the_bot(there: Platform, folder: Path, **more: str) -> dict[str, str]:
    """The bot's environment; Slack does not answer."""
    folder.mkdir(exist_ok=True)
    return os.environ | {
        "DRAAGVLAK_KAFKA_BOOTSTRAP": there.bootstrap,
        "DRAAGVLAK_STATE": str(folder / "state"),
        "DRAAGVLAK_SLACK_API_URL": f"http://127.0.0.1:{low_port()}/api/",
        "DRAAGVLAK_SLACK_BOT_TOKEN_FILE": secret(folder, "token", BOT_TOKEN),
        "DRAAGVLAK_SLACK_SIGNING_SECRET_FILE": secret(folder, "signing", SIGNING_SECRET),
        **more,
    }


def told_of(told: Told, subject: str) -> list[tuple[str, str, str]]:
    """Status, what was found, and the mend, of what begins with this."""
    return [(one["status"], one["detail"], one["mend"]) for one in told.findings if one["subject"].startswith(subject)]


@pytest.mark.needs("postgresql")
async def test_a_ledger_on_postgresql_is_told_by_its_revision_and_left_as_it_is(
    there: Platform, postgres: Postgres, tmp_path: Path
) -> None:
    known = migrating.newest()
    older, newer = f"{int(known) - 1:04}", f"{int(known) + 1:04}"

    async def look(revision: str | None) -> tuple[str, str, str]:
        address = postgres.new_database()
        engine = create_engine(checked(address))
        if revision is not None:
            migrating.upgrade(engine)
            with engine.begin() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": revision})
        given = as_the_bot(there, tmp_path / (revision or "none"), DRAAGVLAK_LEDGER_URL=address)
        told = await doctor(given, "pulse-bot")
        with engine.connect() as connection:
            assert migrating.revision(connection) == revision
        engine.dispose()
        ((status, detail, mend),) = told_of(told, "ledger")
        if revision is not None:
            assert any("less than 5 s apart" in one for _, one, _ in told_of(told, "clock")), told.text
        return status, detail, mend

    found = await asyncio.gather(*(look(revision) for revision in (None, older, known, newer)))
    start = "start the bot: it brings the ledger up to date before anything else"
    assert [(status, detail.partition(" is of ")[2], mend) for status, detail, mend in found] == [
        ("note", f"revision none, and this software knows {known}", start),
        ("note", f"revision {older}, and this software knows {known}", start),
        ("right", f"revision {known}, the newest that this software knows", ""),
        (
            "wrong",
            f"revision {newer}, and this software knows those up to {known}",
            "install the version that made it, or a later one",
        ),
    ]


@pytest.mark.needs("postgresql")
async def test_a_postgresql_that_is_away_is_told_without_its_password(there: Platform, tmp_path: Path) -> None:
    given = as_the_bot(
        there,
        tmp_path / "away",
        DRAAGVLAK_LEDGER_URL=f"postgresql://bot@127.0.0.1:{low_port()}/ledger",
        DRAAGVLAK_LEDGER_PASSWORD_FILE=secret(tmp_path, "ledger-password", "a-secret-of-the-ledger"),
    )
    told = await doctor(given, "pulse-bot")
    ((status, detail, mend),) = told_of(told, "ledger")
    assert (status, "does not let us in, or does not answer" in detail) == ("wrong", True)
    assert "DRAAGVLAK_LEDGER_URL" in mend
    assert str(tmp_path / "ledger-password") in mend
    assert "a-secret-of-the-ledger" not in told.text


@contextmanager
def serving(there: Platform, role: Role, words: list[str], setting: str, **more: str) -> Iterator[str]:
    """A service that takes the tokens of this module; gives its address once it is ready, or listens where ``more``
    says how it is."""
    port = low_port()
    scopes = {"reader": ["metrics:read"], "reviewer": ["comments:review"]}
    tokens = [{"name": name, "sha256": sha256(name.encode()).hexdigest(), "scopes": of} for name, of in scopes.items()]
    given = there.environment(
        role, **{"DRAAGVLAK_TOKENS_FILE": secret(there.folder, f"{role}.yaml", json.dumps(tokens))}
    )
    ports = {setting: str(port), "DRAAGVLAK_TELEMETRY_PORT": str(low_port())}
    line = [sys.executable, "-m", "services.command_line", *words]
    child = Child(role, line, given | ports | more, there.folder / f"{port}.log")

    def listens() -> bool:
        assert child.code() is None, child.log.read_text()
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/healthz/ready", timeout=30)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 or bool(more)

    try:
        wait_until(listens, f"{words} listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


async def test_those_whom_the_bot_asks_are_told_with_its_tokens_there(there: Platform, tmp_path: Path) -> None:
    async def look(metrics: str, metrics_token: str, review: str, review_token: str) -> tuple[list[Any], list[Any]]:
        folder = tmp_path / sha256(f"{metrics}{metrics_token}{review}{review_token}".encode()).hexdigest()[:8]
        given = as_the_bot(there, folder, DRAAGVLAK_METRICS_URL=metrics, DRAAGVLAK_REVIEW_URL=review)
        given["DRAAGVLAK_METRICS_TOKEN_FILE"] = secret(folder, "metrics-token", metrics_token)
        given["DRAAGVLAK_REVIEW_TOKEN_FILE"] = secret(folder, "review-token", review_token)
        told = await doctor(given, "pulse-bot")
        assert metrics_token not in told.text.replace(metrics, "")
        return told_of(told, "metrics API"), told_of(told, "review of comments")

    unable = {"DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE": secret(tmp_path, "wrong", "no"), "DRAAGVLAK_TOKENS_FILE": ""}
    with (
        serving(there, Role.METRICS, ["metrics"], "DRAAGVLAK_METRICS_PORT") as metrics,
        serving(there, Role.RELEASE, ["release", "watch"], "DRAAGVLAK_RELEASE_PORT") as review,
        serving(there, Role.RELEASE, ["release", "watch"], "DRAAGVLAK_RELEASE_PORT", **unable) as not_ready,
    ):
        away, store = f"http://127.0.0.1:{low_port()}", f"http://127.0.0.1:{there.store.port}"
        well, strange, lost, other = await asyncio.gather(
            look(metrics, "reader", review, "reviewer"),
            look(metrics, "stranger", review, "reader"),
            look(away, "reader", not_ready, "reviewer"),
            look(store, "reader", metrics, "reviewer"),
        )
    assert [status for found in well for status, _, _ in found] == ["right"] * 4
    for found, scope in ((well[0], "metrics:read"), (well[1], "comments:review")):
        assert any(f"it is known there and has the scope {scope}" in detail for _, detail, _ in found)
    for found, what in ((strange[0], "is not known there"), (strange[1], "lacks the scope comments:review")):
        ((status, detail, mend),) = [one for one in found if one[0] == "wrong"]
        assert what in detail
        assert "into the tokens file of that service: sha256sum" in mend
    ((status, detail, mend),) = lost[0]
    assert (status, f"{away} does not answer" in detail) == ("wrong", True)
    assert "DRAAGVLAK_METRICS_URL" in mend
    assert any(f"{not_ready} is there and not ready" in detail for _, detail, _ in lost[1])
    assert any("there is no such interface there" in detail for _, detail, _ in lost[1])
    assert any("something else is there" in detail and "DRAAGVLAK_METRICS_URL" in mend for _, detail, mend in other[0])
    assert any("lacks the scope comments:review" in detail for _, detail, _ in other[1])
