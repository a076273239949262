"""One broker of Apache Kafka that asks for passwords and keeps rights, with the users and rights of the manifests."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

from sandbox.processes.ports import LOOPBACK, free_port
from services.contracts.topics import TOPICS
from services.ingest import topics
from tests.deploy.manifests import Manifests
from tests.kafka.cluster import Cluster, Node

PASSWORD: Final = "for-a-test"
_OPERATIONS: Final = {
    "All": ACLOperation.ALL,
    "Delete": ACLOperation.DELETE,
    "Describe": ACLOperation.DESCRIBE,
    "DescribeConfigs": ACLOperation.DESCRIBE_CONFIGS,
    "Read": ACLOperation.READ,
    "Write": ACLOperation.WRITE,
}


class GuardedCluster(Cluster):
    """A broker with a second door, at which ``users`` show a password; who comes by the first may do everything."""

    def __init__(self, folder: Path, users: list[str]) -> None:
        self._users = users
        self._guarded = free_port()
        super().__init__(folder, 1, {}, 256)

    @property
    def door(self) -> str:
        """The address of the guarded door."""
        return f"{LOOPBACK}:{self._guarded}"

    def _properties(self, node: Node) -> str:
        users = " ".join(f'user_{name}="{PASSWORD}"' for name in self._users)
        guarded = {
            "listeners": f"PLAINTEXT://{LOOPBACK}:{node.port},CONTROLLER://{LOOPBACK}:{node.controller_port},"
            f"GUARDED://{self.door}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{node.port},GUARDED://{self.door}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,GUARDED:SASL_PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.name.guarded.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.guarded.plain.sasl.jaas.config": (
                f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"
            ),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
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


@contextmanager
def running(folder: Path, manifests: Manifests) -> Iterator[GuardedCluster]:
    """The broker, with the topics of the contracts and the rights of the manifests, for as long as the block."""
    cluster = GuardedCluster(folder, [user["metadata"]["name"] for user in manifests.of("KafkaUser")])
    try:
        cluster.start()
        with closing(KafkaAdminClient(bootstrap_servers=cluster.bootstrap)) as admin:
            topics.apply(admin, topics.plan(admin, TOPICS.values()).steps, 1, lambda _: None)
            made: dict[str, Any] = admin.create_acls(rights(manifests))
            assert not made["failed"], made
        yield cluster
    finally:
        cluster.close()
