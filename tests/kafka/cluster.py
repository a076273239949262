"""Brokers of Apache Kafka (KRaft) as child processes: each is controller and broker, small, and quick to start."""

import os
import shutil
import signal
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from sandbox.broker.readiness import metadata_answers
from sandbox.processes.child import Child
from sandbox.processes.ports import LOOPBACK
from sandbox.processes.readiness import wait_ready
from tests.kafka.jars import classpath
from tests.low_ports import low_port

READY_SECONDS: Final = 180.0
_END_SECONDS: Final = 60.0
_SMALL: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
_LOG: Final = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")


@dataclass
class Node:
    """One broker: its number, where it listens, and its data, which outlive its process."""

    number: int
    folder: Path
    port: int = field(default_factory=low_port)
    controller_port: int = field(default_factory=low_port)
    child: Child | None = None


class Cluster:
    """One broker or three. Data stay in ``folder`` through kills and restarts."""

    def __init__(self, folder: Path, nodes: int, settings: Mapping[str, str], heap_mb: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._java = ["java", f"-Xmx{heap_mb}m", *_SMALL, *_LOG, "-cp", classpath()]
        self._nodes = {number: Node(number, folder / f"node-{number}") for number in range(1, nodes + 1)}
        self._settings = settings
        self._format()

    @property
    def bootstrap(self) -> str:
        """The addresses of all nodes, with commas."""
        return ",".join(f"{LOOPBACK}:{node.port}" for node in self._nodes.values())

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the nodes."""
        return tuple(self._nodes)

    def start(self) -> None:
        """Start every node that does not run, and wait until each is a member. Raises ChildEnded, NotReady."""
        for node in self._nodes.values():
            if node.child is None:
                self._start(node)
        for node in self._nodes.values():
            assert node.child is not None
            wait_ready(node.child, metadata_answers(f"{LOOPBACK}:{node.port}"), READY_SECONDS)
        self._wait_for_members(len(self._nodes))

    def kill(self, number: int = 1) -> None:
        """SIGKILL to the node's process; gives back when it is gone."""
        node = self._nodes[number]
        assert node.child is not None
        give_up = time.monotonic() + _END_SECONDS
        while (pid := node.child.pid) is None:
            assert time.monotonic() < give_up, "the launcher has not told the broker's process id"
            time.sleep(0.01)
        if node.child.code() is None:
            os.kill(pid, signal.SIGKILL)
        node.child.wait(_END_SECONDS)
        node.child = None

    def running(self, number: int = 1) -> bool:
        """Whether the node's process lives."""
        child = self._nodes[number].child
        return child is not None and child.code() is None

    def log(self, number: int = 1) -> str:
        """What the node has written."""
        return (self._folder / f"node-{number}.log").read_text(errors="replace")

    def close(self) -> None:
        """End all processes. The data are a test's: nothing is flushed for them."""
        for node in self._nodes.values():
            if node.child is not None:
                self.kill(node.number)

    def _start(self, node: Node) -> None:
        command = [*self._java, "kafka.Kafka", str(self._folder / f"node-{node.number}.properties")]
        node.child = Child("kafka", command, os.environ, self._folder / f"node-{node.number}.log")

    def _wait_for_members(self, wanted: int) -> None:
        give_up = time.monotonic() + READY_SECONDS
        with closing(KafkaAdminClient(bootstrap_servers=self.bootstrap.split(","))) as admin:
            members = 0
            while members < wanted:
                assert time.monotonic() < give_up, f"{members} of {wanted} brokers have come together"
                time.sleep(0.05)
                with suppress(KafkaError):  # it is still choosing a leader
                    members = len(admin.describe_cluster()["brokers"])

    def _format(self) -> None:
        """What ``kafka-storage format`` makes, by one run for all nodes: they differ in one line."""
        for node in self._nodes.values():
            (self._folder / f"node-{node.number}.properties").write_text(self._properties(node))
        first = self._nodes[1]
        cluster_id = _uuid()
        formatting = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "--config"]
        subprocess.run(
            [*self._java, *formatting, str(self._folder / "node-1.properties")],
            check=True,
            capture_output=True,
            timeout=READY_SECONDS,
        )
        for node in self._nodes.values():
            if node is not first:
                shutil.copytree(first.folder, node.folder)
                identity = {"version": 1, "cluster.id": cluster_id, "node.id": node.number, "directory.id": _uuid()}
                lines = "".join(f"{name}={value}\n" for name, value in identity.items())
                (node.folder / "meta.properties").write_text(lines)

    def _properties(self, node: Node) -> str:
        copies = str(len(self._nodes))
        voters = (f"{other.number}@{LOOPBACK}:{other.controller_port}" for other in self._nodes.values())
        settings = {
            "process.roles": "broker,controller",
            "node.id": str(node.number),
            "controller.quorum.voters": ",".join(voters),
            "listeners": f"PLAINTEXT://{LOOPBACK}:{node.port},CONTROLLER://{LOOPBACK}:{node.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{node.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(node.folder),
            "num.network.threads": "2",
            "num.io.threads": "2",
            "background.threads": "2",
            "log.cleaner.enable": "false",
            "log.segment.bytes": str(64 * 1024 * 1024),
            "auto.create.topics.enable": "false",
            "default.replication.factor": copies,
            "min.insync.replicas": str(min(2, len(self._nodes))),
            "offsets.topic.num.partitions": "1",
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.num.partitions": "1",
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "broker.session.timeout.ms": "2000",  # a broker that was killed may come back after this long
            "broker.heartbeat.interval.ms": "300",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",
            **self._settings,
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


@contextmanager
def running(
    folder: Path, nodes: int = 1, settings: Mapping[str, str] | None = None, heap_mb: int = 256
) -> Iterator[Cluster]:
    """A cluster with its data and logs in ``folder`` for as long as the block; ``settings`` go to every broker.

    Raises JarsMissing, ChildEnded or NotReady when it does not start.
    """
    cluster = Cluster(folder, nodes, settings or {}, heap_mb)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def _uuid() -> str:
    """A random id as Kafka writes them; those that begin with a dash are reserved or hard to type."""
    while (written := urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return written
