"""One broker of Apache Kafka that asks for passwords and keeps rights, with users and rights as
a deployment gives them."""

import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

from sandbox.processes.ports import LOOPBACK
from services.contracts.topics import TOPICS
from services.ingest import topics
from services.ingest.rights import EVERY_RIGHT, wanted
from services.runtime.secret_files import KAFKA_USERS
from tests.deploy.manifests import Manifests
from tests.kafka.cluster import Cluster, Node
from tests.low_ports import low_port

PASSWORD: Final = "for-a-test"
GROUP: Final = "pulse-ingest"
_OPERATIONS: Final = {
    "All": ACLOperation.ALL,
    "Delete": ACLOperation.DELETE,
    "Describe": ACLOperation.DESCRIBE,
    "DescribeConfigs": ACLOperation.DESCRIBE_CONFIGS,
    "Read": ACLOperation.READ,
    "Write": ACLOperation.WRITE,
}


class GuardedCluster(Cluster):
    """A broker with a second door, at which ``users`` show a password; who comes by the first may do everything.

    ``sealed`` are further doors of that kind with TLS: each a name, and a file with its key and certificate in PEM.
    Who is in ``almighty`` may do everything by each door.
    """

    def __init__(self, folder: Path, users: Sequence[str], sealed: Mapping[str, Path], almighty: str = "") -> None:
        self._users = users
        self._almighty = ";".join(filter(None, ("User:ANONYMOUS", almighty)))
        self._sealed = sealed
        self._ports = {name: low_port() for name in ("guarded", *sealed)}
        super().__init__(folder, 1, {}, 256)

    @property
    def door(self) -> str:
        """The address of the guarded door."""
        return self.sealed_door("guarded")

    def sealed_door(self, name: str) -> str:
        """The address of a door with TLS."""
        return f"{LOOPBACK}:{self._ports[name]}"

    def _properties(self, node: Node) -> str:
        users = " ".join(f'user_{name}="{PASSWORD}"' for name in self._users)
        doors = "".join(f",{name.upper()}://{LOOPBACK}:{port}" for name, port in self._ports.items())
        protocols = "".join(f",{name.upper()}:SASL_SSL" for name in self._sealed)
        guarded = {
            "listeners": f"PLAINTEXT://{LOOPBACK}:{node.port},CONTROLLER://{LOOPBACK}:{node.controller_port}{doors}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{node.port}{doors}",
            "listener.security.protocol.map": (
                f"PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,GUARDED:SASL_PLAINTEXT{protocols}"
            ),
            "inter.broker.listener.name": "PLAINTEXT",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": self._almighty,
        }
        for name in self._ports:
            guarded[f"listener.name.{name}.sasl.enabled.mechanisms"] = "PLAIN"
            guarded[f"listener.name.{name}.plain.sasl.jaas.config"] = (
                f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"
            )
        for name, both in self._sealed.items():
            guarded[f"listener.name.{name}.ssl.keystore.type"] = "PEM"
            guarded[f"listener.name.{name}.ssl.keystore.location"] = str(both)
        return super()._properties(node) + "".join(f"{name}={value}\n" for name, value in guarded.items())


def rights(manifests: Manifests) -> list[ACL]:
    """The rights of every KafkaUser, as Strimzi's user operator gives them."""
    return [
        ACL(
            f"User:{user['metadata']['name']}",
            acl.get("host", "*"),
            _OPERATIONS[operation],
            ACLPermissionType.ALLOW,
            ResourcePattern(ResourceType[acl["resource"]["type"].upper()], acl["resource"]["name"]),
        )
        for user in manifests.of("KafkaUser")
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    ]


def wait_for_rights(admin: KafkaAdminClient, expected: Collection[ACL]) -> None:
    """Until the broker goes by these and no others: it hears of them a moment after they were given or taken."""
    give_up = time.monotonic() + 60
    while (found := set(admin.describe_acls(EVERY_RIGHT)[0])) != set(expected):
        assert time.monotonic() < give_up, found ^ set(expected)
        time.sleep(0.02)


@contextmanager
def running(folder: Path, manifests: Manifests, sealed: Mapping[str, Path] | None = None) -> Iterator[GuardedCluster]:
    """The broker, with the topics of the contracts and the rights of the manifests, for as long as the block."""
    cluster = GuardedCluster(folder, [user["metadata"]["name"] for user in manifests.of("KafkaUser")], sealed or {})
    try:
        cluster.start()
        with closing(KafkaAdminClient(bootstrap_servers=cluster.bootstrap)) as admin:
            topics.apply(admin, topics.plan(admin, TOPICS.values()).steps, 1, lambda _: None)
            made: dict[str, Any] = admin.create_acls(rights(manifests))
            assert not made["failed"], made
            wait_for_rights(admin, rights(manifests))
        yield cluster
    finally:
        cluster.close()


@contextmanager
def of_compose(folder: Path, compose: Mapping[str, Any]) -> Iterator[GuardedCluster]:
    """The broker as compose tells it, after compose's service ``topics`` has done its work."""
    told = compose["services"]["kafka"]["environment"]
    with closing(GuardedCluster(folder, KAFKA_USERS, {}, told["KAFKA_SUPER_USERS"])) as cluster:
        cluster.start()
        done = draagvlak(cluster, folder, compose["services"]["topics"]["command"])
        assert done.returncode == 0, done.stderr
        with closing(KafkaAdminClient(bootstrap_servers=cluster.bootstrap)) as admin:
            wait_for_rights(admin, wanted(GROUP))
        yield cluster


def draagvlak(cluster: GuardedCluster, folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """A command of ours as the user who makes topics, by the guarded door."""
    password = folder / "password"
    password.write_text(PASSWORD)
    settings = {
        "BOOTSTRAP": cluster.door,
        "SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "SASL_MECHANISM": "PLAIN",
        "USERNAME": "topics",
        "PASSWORD_FILE": str(password),
    }
    return subprocess.run(
        [sys.executable, "-m", "services.command_line", *arguments],
        env={"PATH": os.environ["PATH"]} | {f"DRAAGVLAK_KAFKA_{name}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
