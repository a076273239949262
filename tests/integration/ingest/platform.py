"""A broker and a store of their own with topics and tables, and the real ingest process on them."""

import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import pytest
import typer
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from typer.testing import CliRunner

from sandbox import broker as brokers
from sandbox import store as stores
from sandbox.processes.child import Child
from sandbox.processes.ports import free_port
from sandbox.stack.secret_files import GRANTS, Role
from services.contracts import wire
from services.contracts.events import Event, WaveEnd
from services.contracts.topics import TOPICS, TopicName
from services.ingest.commands.schema import migrate
from services.ingest.commands.topics import topics
from tests.files import put

PATIENCE = 120.0


def wait_until(condition: Callable[[], Any], what: str | Callable[[], str], seconds: float = PATIENCE) -> Any:
    """The first truthy value of the condition. ``what`` is said when there is none; a callable is asked only then."""
    give_up = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < give_up, f"waited {seconds:.0f} s in vain: {what() if callable(what) else what}"
        time.sleep(0.05)
    return value


@dataclass
class Ingest:
    """A running ingest process."""

    child: Child
    port: int
    metrics_port: int

    def ready(self) -> bool:
        """Whether it takes records in."""
        assert self.child.code() is None, self.log
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz/ready", timeout=30).status_code == 200
        except httpx.HTTPError:
            return False

    def metric(self, line: str) -> float:
        """The value of one line of its metrics, such as ``name{label="value"}``; 0 where it is not there yet."""
        metrics = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=60).text
        return next((float(row.rsplit(" ", 1)[1]) for row in metrics.splitlines() if row.startswith(line)), 0.0)

    @property
    def log(self) -> str:
        """Everything that it has written."""
        return self.child.log.read_text()


@dataclass(frozen=True)
class Platform:
    """Where everything is."""

    bootstrap: str
    store: stores.StoreAddress
    folder: Path
    admin: KafkaAdminClient
    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self, role: Role, **more: str) -> dict[str, str]:
        """The environment of a process that connects to the store as ``role``."""
        password = self.folder / f"{role}.password"
        put(password, self.store.passwords[role])  # a process of this role may be reading it
        return {
            **os.environ,
            "DRAAGVLAK_CLICKHOUSE_PORT": str(self.store.port),
            "DRAAGVLAK_CLICKHOUSE_USER": role,
            "DRAAGVLAK_CLICKHOUSE_PASSWORD_FILE": str(password),
            "DRAAGVLAK_KAFKA_BOOTSTRAP": self.bootstrap,
            "DRAAGVLAK_KAFKA_SESSION_TIMEOUT_MS": "6000",
            "DRAAGVLAK_INGEST_FLUSH_SECONDS": "0.2",
            "NO_COLOR": "1",
            **self.settings,
            **more,
        }

    def command(self, role: Role, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run ``draagvlak`` to its end."""
        line = [sys.executable, "-m", "services.command_line", *arguments]
        environment = self.environment(role, **more)
        return subprocess.run(line, check=False, env=environment, capture_output=True, text=True, timeout=240)

    def inside(self, command: typer.Typer, role: Role, *arguments: str, **more: str) -> tuple[int, str]:
        """Run a command in this process, which is quicker. Gives its exit code and everything that it printed."""
        with pytest.MonkeyPatch.context() as environment:
            for name, value in self.environment(role, **more).items():
                environment.setenv(name, value)
            root = logging.getLogger()
            handlers, root.handlers[:] = root.handlers[:], [logging.NullHandler()]  # what libraries say is no output
            try:
                done = CliRunner().invoke(command, arguments)
            finally:
                root.handlers[:] = handlers
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output

    @contextmanager
    def ingest(self, group: str = "pulse-ingest", *, patch: str = "", **more: str) -> Iterator[Ingest]:
        """The ingest process, not waited for; it ends with the block. ``patch`` is Python that it runs first."""
        port, metrics_port = free_port(), free_port()
        environment = self.environment(
            Role.INGEST,
            DRAAGVLAK_INGEST_PORT=str(port),
            DRAAGVLAK_TELEMETRY_PORT=str(metrics_port),
            DRAAGVLAK_INGEST_GROUP=group,
            **more,
        )
        run = f"{patch}\nfrom services.command_line import main\nmain()"
        line = [sys.executable, *(("-c", run) if patch else ("-m", "services.command_line")), "ingest"]
        child = Child("ingest", line, environment, self.folder / f"ingest-{port}.log", grace=60)
        try:
            yield Ingest(child, port, metrics_port)
        except BaseException:
            sys.stdout.write(child.log.read_text()[-4_000:])  # pytest shows it beside the failure
            raise
        finally:
            child.stop()

    @contextmanager
    def running_ingest(self, group: str = "pulse-ingest", **more: str) -> Iterator[Ingest]:
        """The same, ready."""
        with self.ingest(group, **more) as ingest:
            wait_until(ingest.ready, "ingest is ready")
            yield ingest

    def change(self, statement: str) -> None:
        """Run a statement as the owner of all databases."""
        with clickhouse_connect.get_client(**self.store.connect()) as client:
            client.command(statement)

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """What the owner of all databases sees."""
        with clickhouse_connect.get_client(**self.store.connect()) as client:
            return [tuple(row) for row in client.query(query, parameters=parameters).result_rows]

    def count(self, table: str, wave_id: str) -> int:
        """Rows of a wave, replacements applied."""
        query = f"SELECT count() FROM {table} FINAL WHERE wave_id = {{wave:String}}"
        return int(self.rows(query, wave=wave_id)[0][0])

    def markers(self, wave_id: str) -> int:
        """Partitions whose marker is stored."""
        return self.count("pulse_facts.wave_ends", wave_id)

    def committed(self, group: str = "pulse-ingest") -> Mapping[TopicPartition, int]:
        """What the group has committed."""
        offsets = self.admin.list_group_offsets([group])[group]
        return {partition: stored.offset for partition, stored in offsets.items() if stored.offset >= 0}

    def behind(self, writer: "Writer", group: str = "pulse-ingest") -> int:
        """How many of the writer's records the group has not committed."""
        committed = self.committed(group)
        return sum(max(0, end - committed.get(partition, 0)) for partition, end in writer.ends.items())


class Writer:
    """Writes records, and remembers the next offset of each partition."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), acks="all", linger_ms=5)
        self.ends: dict[TopicPartition, int] = {}
        self._sent: list[Any] = []

    def event(self, topic: TopicName, event: Event, key: str | None = None, partition: int | None = None) -> None:
        """Send an event."""
        self.raw(topic, wire.encode(event), key.encode() if key else None, partition)

    def raw(
        self, topic: TopicName, value: bytes | None, key: bytes | None = None, partition: int | None = None
    ) -> None:
        """Send bytes."""
        self._sent.append(self._producer.send(topic, key=key, value=value, partition=partition))

    def markers(self, wave_id: str) -> None:
        """The closing marker in each partition of answers and comments, after everything sent before."""
        self.flush()
        for topic in TOPICS.values():
            for partition in range(topic.partitions if topic.barrier else 0):
                self.event(topic.name, WaveEnd(wave_id=wave_id), partition=partition)
        self.flush()

    def flush(self) -> None:
        """Wait for every acknowledgement."""
        for future in self._sent:
            place = future.get(timeout=60)
            partition = TopicPartition(place.topic, place.partition)
            self.ends[partition] = max(self.ends.get(partition, 0), place.offset + 1)
        self._sent.clear()

    def close(self) -> None:
        """Flush and end."""
        self.flush()
        self._producer.close()


@contextmanager
def platform(
    folder: Path, bootstrap: str | None = None, store_folder: Path | None = None, **more: str
) -> Iterator[Platform]:
    """A broker (the sandbox's, unless one is given) and a store, everything created by the commands themselves.

    ``more`` is set in the environment of every process.
    """
    users = {str(role): GRANTS[role] for role in Role if role is not Role.ADMIN}
    with (
        nullcontext(bootstrap) if bootstrap else brokers.running() as address,
        stores.running(store_folder or folder / "store", users) as store,
        closing(KafkaAdminClient(bootstrap_servers=address.split(","))) as admin,
    ):
        there = Platform(address, store, folder, admin, more)
        for command in (migrate, topics):
            code, said = there.inside(command, Role.ADMIN, "apply")
            assert code == 0, said
        yield there


def addresses_in(log: str) -> list[str]:
    """Everything in a log that looks like a ballot id."""
    return re.findall(r"\b[0-9a-f]{32}\b", log)
