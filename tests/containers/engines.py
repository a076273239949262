"""What compose takes from a registry, here of other making, with the secrets and settings that compose gives.

Apache Kafka from its jars, ClickHouse's engine as the sandbox has it, PostgreSQL of the machine, Slack emulated.
"""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import clickhouse_connect
import httpx
import psycopg
from clickhouse_connect.driver.client import Client

from sandbox.processes.child import Child
from sandbox.processes.readiness import http_answers, wait_ready
from sandbox.stack.secret_files import GRANTS, Role
from sandbox.store.users import User, password_hash, save
from sandbox.story.organisation import Organisation
from sandbox.story.stage import set_stage, start_clock
from services.pulse_bot.ledger.store import Ledger
from services.runtime.secret_files import clickhouse_password, clickhouse_user
from tests import postgres
from tests.kafka.jars import classpath
from tests.low_ports import low_port

READY_SECONDS: Final = 400.0
_NO_PROPERTY: Final = {"KAFKA_HEAP_OPTS", "KAFKA_OPTS"}
_SMALL: Final = ("-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")


def wait_until(
    condition: Callable[[], Any], what: str, seconds: float = READY_SECONDS, why_not: Callable[[], str] = str
) -> Any:
    """The first truthy value of the condition; ``why_not`` is asked when it has not come."""
    give_up = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what}\n{why_not()}")
        time.sleep(0.1)
    return value


@dataclass(frozen=True)
class Engines:
    """Where they are, seen from here."""

    secrets: Path
    store_port: int
    ledger: Ledger
    postgres: str
    workspace: Path

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """What stands in ClickHouse."""
        with self._store() as client:
            return [tuple(row) for row in client.query(statement, parameters=values).result_rows]

    def lose_store(self) -> None:
        """ClickHouse as it is when its disk is gone: no table."""
        with self._store() as client:
            for database in ("pulse_ballots", "pulse_facts", "pulse_release"):
                client.command(f"DROP DATABASE {database} SYNC")

    def lose_ledger(self) -> None:
        """PostgreSQL as it is when its disk is gone: no table."""
        with psycopg.connect(self.postgres, autocommit=True) as owner:
            owner.execute("DROP SCHEMA public CASCADE")
            owner.execute("CREATE SCHEMA public AUTHORIZATION draagvlak")

    def members(self) -> list[str]:
        """Who is in the ledger."""
        with psycopg.connect(self.postgres) as owner:
            return [name for (name,) in owner.execute("SELECT member FROM member ORDER BY member")]

    def asked(self) -> dict[str, int]:
        """Conversation of the bot with a person -> how many messages stand in it."""
        with closing(sqlite3.connect(self.workspace / "workspace.sqlite3")) as journal:
            return dict(journal.execute("SELECT channel, count(*) FROM message WHERE channel LIKE 'D%' GROUP BY 1"))

    def _store(self) -> AbstractContextManager[Client]:
        password = (self.secrets / clickhouse_password("migrate")).read_text().strip()
        return clickhouse_connect.get_client(
            host="127.0.0.1", port=self.store_port, username=clickhouse_user("migrate"), password=password
        )

    def move_clock(self, moment: str, token: str) -> None:
        """Let campaign time be this moment."""
        headers = {"Authorization": f"Bearer {token}"}
        httpx.post("http://127.0.0.1:8600/clock", json={"now": moment}, headers=headers, timeout=30).raise_for_status()


@contextmanager
def running(
    folder: Path, secrets: Path, kafka: Mapping[str, str], organisation: Organisation, config: Path
) -> Iterator[Engines]:
    """All of them, for containers that look for kafka:9092, clickhouse:8123, postgres:5432 and workspace:8600 here.

    ``kafka`` is the environment that compose gives to its broker; ``config`` gets campaign and roster.
    """
    with ExitStack() as stack:
        stack.callback(_kafka(folder / "kafka", secrets, kafka).stop)
        store, store_port = _store(folder / "store", secrets)
        stack.callback(store.stop)
        stack.callback(_relay(folder, 8123, str(store_port)).stop)
        server = stack.enter_context(postgres.running())
        stack.callback(_relay(folder, 5432, str(server.socket / ".s.PGSQL.5432")).stop)
        place = f"host={server.socket} user={server.user}"
        with psycopg.connect(f"{place} dbname=postgres", autocommit=True) as owner:
            owner.execute("CREATE ROLE draagvlak LOGIN")
            owner.execute("CREATE DATABASE draagvlak OWNER draagvlak")
        stack.callback(_workspace(folder / "workspace", secrets, organisation, config).stop)
        ledger = Ledger(f"postgresql+psycopg://draagvlak@/draagvlak?host={server.socket}&port=5432")
        stack.callback(ledger.close)
        yield Engines(secrets, store_port, ledger, f"{place} dbname=draagvlak", folder / "workspace")


def _kafka(folder: Path, secrets: Path, told: Mapping[str, str]) -> Child:
    """A broker with the properties that the image of Apache Kafka makes of its environment."""
    folder.mkdir()
    properties = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in told.items()
        if name.startswith("KAFKA_") and name not in _NO_PROPERTY
    } | {"log.dirs": str(folder / "data"), "offsets.topic.num.partitions": "1"}
    file = folder / "server.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    users = told["KAFKA_OPTS"].replace("/run/secrets/draagvlak", str(secrets))
    java = ["java", *_SMALL, users, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classpath()]
    formatting = [*java, "kafka.tools.StorageTool", "format", "--cluster-id", told["CLUSTER_ID"], "--config", str(file)]
    done = subprocess.run(formatting, capture_output=True, text=True, check=False, timeout=READY_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return Child("kafka", [*java, "kafka.Kafka", str(file)], os.environ, folder / "kafka.log")


def _store(folder: Path, secrets: Path) -> tuple[Child, int]:
    """ClickHouse's engine with the users that the migrations make, and the passwords that are given to them."""
    folder.mkdir()

    def user(role: Role) -> tuple[str, User]:
        name = "migrate" if role is Role.ADMIN else role.value
        password = (secrets / clickhouse_password(name)).read_text().strip()
        return clickhouse_user(name), User(password_sha256=password_hash(password), databases=GRANTS[role])

    save(folder / "users.json", dict(user(role) for role in Role if role in GRANTS))
    port = low_port()
    told = {
        "DRAAGVLAK_STORE_PORT": str(port),
        "DRAAGVLAK_STORE_FOLDER": str(folder),
        "DRAAGVLAK_STORE_USERS_FILE": str(folder / "users.json"),
    }
    child = Child("store", [sys.executable, "-m", "sandbox.store"], os.environ | told, folder / "store.log")
    wait_ready(child, http_answers(f"http://127.0.0.1:{port}/ping"), READY_SECONDS)
    return child, port


def _workspace(folder: Path, secrets: Path, organisation: Organisation, config: Path) -> Child:
    stage = set_stage(organisation, config)
    start_clock(stage, folder)
    told = {
        "HOST": "0.0.0.0",
        "STATE": str(folder),
        "DIRECTORY": str(stage.directory),
        "BOT_TOKEN_FILE": str(secrets / "slack-bot-token"),
        "SIGNING_SECRET_FILE": str(secrets / "slack-signing-secret"),
        "ACCESS_KEY_FILE": str(secrets / "sandbox-access-key"),
        "CLOCK_TOKENS_FILE": str(secrets / "tokens.yaml"),
        "RATE_SCALE": "0",
    }
    environment = os.environ | {f"DRAAGVLAK_SANDBOX_{name}": value for name, value in told.items()}
    line = [sys.executable, "-m", "services.command_line", "sandbox", "workspace"]
    child = Child("workspace", line, environment, folder / "workspace.log")
    wait_ready(child, http_answers("http://127.0.0.1:8600/healthz"), READY_SECONDS)
    return child


def _relay(folder: Path, port: int, target: str) -> Child:
    line = [sys.executable, str(Path(__file__).with_name("relay.py")), "0.0.0.0", str(port), target]
    return Child(f"relay-{port}", line, os.environ, folder / f"relay-{port}.log")
