"""Who may speak to whom: the edges of the design, opened from both ends, and nothing else."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tests.deploy.manifests import Document, Manifests

KAFKA, POSTGRES, CLICKHOUSE = 9093, 5432, 8123
BOT, METRICS, INGEST, RELEASE, GRAFANA, TELEMETRY = 8601, 8602, 8603, 8606, 3000, 9464

PROMETHEUS: Final = "monitoring/prometheus"
GATEWAY: Final = "gateway"
SLACK: Final = "internet"
EVERY: Final = "*"
DNS: Final = "kube-system/kube-dns"


class Edge(NamedTuple):
    """One direction: who opens the connection, to whom, on which port."""

    source: str
    target: str
    port: int


DESIGN: Final = frozenset(
    {
        Edge("pulse-bot", "kafka", KAFKA),
        Edge("pulse-bot", "postgres", POSTGRES),
        Edge("pulse-bot", "metrics", METRICS),
        Edge("pulse-bot", "release-watch", RELEASE),
        Edge("pulse-bot", SLACK, 443),
        Edge("ingest", "kafka", KAFKA),
        Edge("ingest", "clickhouse", CLICKHOUSE),
        Edge("metrics", "clickhouse", CLICKHOUSE),
        Edge("release-watch", "clickhouse", CLICKHOUSE),
        Edge("migrate", "clickhouse", CLICKHOUSE),
        Edge("retention", "clickhouse", CLICKHOUSE),
        Edge("retention", "kafka", KAFKA),
        Edge("grafana", "metrics", METRICS),
        Edge("grafana", PROMETHEUS, 9090),
        *(Edge(PROMETHEUS, workload, TELEMETRY) for workload in ("pulse-bot", "ingest", "metrics", "release-watch")),
        Edge(GATEWAY, "pulse-bot", BOT),
        Edge(GATEWAY, "ingest", INGEST),
        Edge(GATEWAY, "grafana", GRAFANA),
        Edge(EVERY, DNS, 53),
    }
)
"""OPERATIONS.md, "Network"."""

OF_KAFKA: Final = frozenset(
    {
        Edge("kafka", "kafka", 9090),
        Edge("kafka", "kafka", 9091),
        Edge("entity-operator", "kafka", 9091),
        Edge("entity-operator", "everywhere", 443),
        Edge("entity-operator", "everywhere", 6443),
        *(Edge("strimzi/strimzi-cluster-operator", "kafka", port) for port in (9090, 9091, 8443)),
    }
)
OF_CLICKHOUSE: Final = frozenset(
    {
        Edge("clickhouse", "clickhouse", 9000),
        Edge("clickhouse", "clickhouse", 9009),
        Edge("clickhouse", "keeper", 2181),
        Edge("keeper", "keeper", 9444),
        *(Edge("clickhouse-operator/clickhouse-operator", "clickhouse", port) for port in (8123, 9000)),
    }
)
OF_KEDA: Final = frozenset({Edge("keda/keda-operator", "kafka", KAFKA)})
"""What stores and operators say among themselves, where an overlay has them."""

OF_BACKUPS: Final = frozenset(
    {
        Edge("backup-clickhouse", "clickhouse", CLICKHOUSE),
        Edge("restore-clickhouse", "clickhouse", CLICKHOUSE),
        Edge("restore-clickhouse", "kafka", KAFKA),
        Edge("restore-ledger", "kafka", KAFKA),
    }
)
OF_BACKUPS_IN_POSTGRES: Final = frozenset(
    {Edge("backup-ledger", "postgres", POSTGRES), Edge("restore-ledger", "postgres", POSTGRES)}
)
"""What backups read and restores write."""

OF_DESKS: Final = frozenset(
    Edge(desk, store, port)
    for desk in ("dead-letters", "import")
    for store, port in (("kafka", KAFKA), ("clickhouse", CLICKHOUSE))
)
"""What an operator's commands need, where an overlay has desks for them."""

_OUTSIDE: Final = {PROMETHEUS, GATEWAY, SLACK, DNS, "everywhere"}


def wanted(manifests: Manifests) -> frozenset[Edge]:
    """The edges that an overlay has, with those of the operators that it uses."""
    found = DESIGN
    if manifests.of("Kafka"):
        found |= OF_KAFKA
    if manifests.of("ClickHouseInstallation"):
        found |= OF_CLICKHOUSE
    if manifests.find("CronJob", "backup-clickhouse"):
        found |= OF_BACKUPS | (OF_BACKUPS_IN_POSTGRES if manifests.find("StatefulSet", "postgres") else frozenset())
    if manifests.find("CronJob", "dead-letters"):
        found |= OF_DESKS
    return found | OF_KEDA if manifests.of("ScaledObject") else found


def edges(manifests: Manifests) -> list[str]:
    """Everything is closed; each edge is open from both ends, as far as an end is ours; and no other is."""
    faults = []
    closed = manifests.find("NetworkPolicy", "default-deny")
    if closed is None or closed["spec"] != {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}:
        faults.append("no policy closes everything")
    expected = wanted(manifests)
    for direction in ("egress", "ingress"):
        mine = {edge for edge in expected if _has_own_end(edge, direction)}
        found = set(_opened(manifests, direction))
        faults += [f"{direction} {' -> '.join(edge[:2])}:{edge.port} is not open" for edge in sorted(mine - found)]
        faults += [f"{direction} {' -> '.join(edge[:2])}:{edge.port} is open" for edge in sorted(found - mine)]
    return faults


def _has_own_end(edge: Edge, direction: str) -> bool:
    end = edge.source if direction == "egress" else edge.target
    return end not in _OUTSIDE and "/" not in end


def _opened(manifests: Manifests, direction: str) -> Iterator[Edge]:
    peers = "to" if direction == "egress" else "from"
    for policy in manifests.of("NetworkPolicy"):
        spec = policy["spec"]
        end = spec["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name", EVERY)
        for rule in spec.get(direction, []):
            others = {_peer(peer) for peer in rule.get(peers, [])} or {"everywhere"}
            ports = {port.get("port", 0) for port in rule.get("ports", [])} or {0}
            for other in others:
                for port in ports:
                    yield Edge(end, other, port) if direction == "egress" else Edge(other, end, port)


def _peer(peer: Document) -> str:
    if "ipBlock" in peer:
        return SLACK if _is_internet(peer["ipBlock"]) else "everywhere"
    pod: dict[str, Any] = peer.get("podSelector", {}).get("matchLabels", {})
    name = next((str(value) for value in pod.values()), EVERY)
    if "namespaceSelector" not in peer:
        return name
    space: dict[str, Any] = peer["namespaceSelector"].get("matchLabels", {})
    if space == {"draagvlak-gateway": "true"}:
        return GATEWAY
    return f"{space.get('kubernetes.io/metadata.name', EVERY)}/{name}"


_PRIVATE: Final = {
    "0.0.0.0/0": {"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"},
    "::/0": {"::1/128", "fc00::/7", "fe80::/10"},
}


def _is_internet(block: Document) -> bool:
    return set(block.get("except", [])) == _PRIVATE.get(block["cidr"])


def listener(manifests: Manifests) -> list[str]:
    """Strimzi opens Kafka's port to whom the listener names: to those of the edges, and never to everybody."""
    faults = []
    expected = {edge.source for edge in wanted(manifests) if edge.target == "kafka" and edge.port == KAFKA}
    for kafka in manifests.of("Kafka"):
        for one in kafka["spec"]["kafka"]["listeners"]:
            named = {_peer(peer) for peer in one.get("networkPolicyPeers", [])} or {"everybody"}
            if named != expected:
                faults.append(f"listener {one['name']}: open to {sorted(named)}, not {sorted(expected)}")
    return faults


def ports(manifests: Manifests) -> list[str]:
    """The ports of the edges are those that the pods listen on."""
    listening = {
        pod.workload: {port["containerPort"] for container in pod.containers for port in container.get("ports", [])}
        for pod in manifests.pods()
        if pod.ours
    }
    return [
        f"{edge.source} -> {edge.target}: {edge.target} does not listen on {edge.port}"
        for edge in sorted(_opened(manifests, "ingress"))
        if edge.target in listening and edge.port not in listening[edge.target]
    ]
