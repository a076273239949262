"""Each rule catches a manifest that was broken on purpose, and each kind of object is held to its schema."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.deploy import schemas
from tests.deploy.breaking import (
    CONTAINER,
    POD,
    Change,
    added,
    at,
    broken,
    drop,
    gone,
    more,
    put,
    variable,
    without_variable,
)
from tests.deploy.manifests import OVERLAYS, Document, Manifests, overlay
from tests.deploy.rules import RULES

pytestmark = pytest.mark.needs("kustomize")

D, NP, KU = "Deployment", "NetworkPolicy", "KafkaUser"
CHI, POOL = "ClickHouseInstallation", "KafkaNodePool"
BOT = (D, "pulse-bot", *CONTAINER)
LISTENER = ("Kafka", "kafka", "spec", "kafka", "listeners", 0)
NIGHT = ("CronJob", "retention", "spec")
INGEST_RULE = ("ScaledObject", "ingest", "spec")


def second_scaler(manifests: Manifests) -> None:
    """An HPA on what KEDA scales."""
    scaler = deepcopy(manifests.get("HorizontalPodAutoscaler", "metrics"))
    scaler["metadata"]["name"] = scaler["spec"]["scaleTargetRef"]["name"] = "ingest"
    manifests.documents.append(scaler)


def same_account(manifests: Manifests) -> None:
    """Ingest runs as metrics."""
    at(manifests.get(D, "ingest"), *POD)["serviceAccountName"] = "metrics"


def budget_around_one(manifests: Manifests) -> None:
    """A disruption budget for the release watch."""
    budget = deepcopy(manifests.get("PodDisruptionBudget", "metrics"))
    budget["metadata"]["name"] = "release-watch"
    budget["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] = "release-watch"
    manifests.documents.append(budget)


def secret_as_variable(manifests: Manifests) -> None:
    """A password by secretKeyRef."""
    reference = {"secretKeyRef": {"name": "draagvlak", "key": "postgres-password"}}
    at(manifests.get(D, "ingest"), *CONTAINER, "env").append({"name": "DRAAGVLAK_X", "valueFrom": reference})


def all_pods(manifests: Manifests) -> None:
    """Metrics may be asked by everybody."""
    at(manifests.get(NP, "grafana-to-metrics-in"), "spec", "ingress", 0, "from", 0)["podSelector"] = {}


def peer_of_everybody(manifests: Manifests) -> None:
    """Kafka's listener names nobody, so Strimzi opens it to everybody."""
    del at(manifests.get("Kafka", "kafka"), *LISTENER[2:])["networkPolicyPeers"]


def no_routes(manifests: Manifests) -> None:
    """Nothing comes in from outside."""
    for name in ("pulse-bot", "ingest", "grafana"):
        gone("HTTPRoute", name)(manifests)


def big_config_map(manifests: Manifests) -> None:
    """A dashboard grows."""
    manifests.get("ConfigMap", "grafana-dashboards-en-leadership")["data"]["leadership.json"] = "x" * 300_000


SECRET: Document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "data": {"a": "Yg=="}}
EXTRA_POLICY: Document = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": NP,
    "metadata": {"name": "metrics-to-kafka"},
    "spec": {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "metrics"}},
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "kafka"}}}],
                "ports": [{"protocol": "TCP", "port": 9093}],
            }
        ],
    },
}
TOPIC: Document = {
    "apiVersion": "kafka.strimzi.io/v1",
    "kind": "KafkaTopic",
    "metadata": {"name": "pulse.extra.v1", "labels": {"strimzi.io/cluster": "kafka"}},
    "spec": {"partitions": 1, "replicas": 3, "config": {}},
}


def acl(topic: str, *operations: str, pattern: str = "literal") -> dict[str, Any]:
    """A right over a topic."""
    return {"resource": {"type": "topic", "name": topic, "patternType": pattern}, "operations": list(operations)}


BROKEN: list[tuple[str, str, Change]] = [
    ("restricted", "may run as root", put(D, "ingest", *POD, "securityContext", "runAsNonRoot", to=False)),
    ("restricted", "may run as root", put(D, "grafana", *POD, "securityContext", "runAsUser", to=0)),
    ("restricted", "no seccomp", drop(D, "metrics", *POD, "securityContext", "seccompProfile")),
    ("restricted", "may gain privileges", drop(*BOT, "securityContext", "allowPrivilegeEscalation")),
    ("restricted", "keeps capabilities", put(*BOT, "securityContext", "capabilities", to={"drop": ["NET_RAW"]})),
    ("restricted", "keeps capabilities", put(*BOT, "securityContext", "capabilities", "add", to=["NET_BIND_SERVICE"])),
    (
        "restricted",
        "can write its root",
        drop("Job", "migrate", *CONTAINER, "securityContext", "readOnlyRootFilesystem"),
    ),
    ("restricted", "hostNetwork", put(D, "ingest", *POD, "hostNetwork", to=True)),
    ("restricted", "is none of", more(D, "ingest", *POD, "volumes", of={"name": "h", "hostPath": {"path": "/"}})),
    ("restricted", "KafkaNodePool", drop(POOL, "kafka", "spec", "template", "kafkaContainer", "securityContext")),
    (
        "restricted",
        "userOperator",
        drop("Kafka", "kafka", "spec", "entityOperator", "template", "userOperatorContainer"),
    ),
    (
        "restricted",
        "ClickHouseInstallation",
        drop(CHI, "draagvlak", "spec", "templates", "podTemplates", 0, "spec", "securityContext", "seccompProfile"),
    ),
    ("identity", "not its own", same_account),
    ("identity", "a token", drop(D, "ingest", *POD, "automountServiceAccountToken")),
    ("identity", "hands its token out", put("ServiceAccount", "ingest", "automountServiceAccountToken", to=True)),
    ("identity", "variables for every service", put(D, "ingest", *POD, "enableServiceLinks", to=True)),
    ("identity", "has no limit", put(D, "ingest", *POD, "volumes", 1, "emptyDir", to={})),
    ("probes", "no startup probe", drop(*BOT, "startupProbe")),
    ("probes", "no liveness probe", drop("StatefulSet", "postgres", *CONTAINER, "livenessProbe")),
    ("probes", "live is /healthz/live", put(*BOT, "livenessProbe", "httpGet", "path", to="/healthz/ready")),
    ("probes", "ready is /healthz/ready", put(*BOT, "readinessProbe", "httpGet", "path", to="/ready")),
    ("probes", "does not name", put(*BOT, "readinessProbe", "httpGet", "port", to="web")),
    ("probes", "on what ends", put("Job", "migrate", *CONTAINER, "livenessProbe", to={"httpGet": {"path": "/"}})),
    (
        "probes",
        "busy database",
        put("StatefulSet", "postgres", *CONTAINER, "livenessProbe", to={"exec": {"command": ["a"]}}),
    ),
    ("resources", "requests no cpu", drop(*BOT, "resources", "requests", "cpu")),
    ("resources", "no limit for memory", drop(*BOT, "resources", "limits")),
    ("resources", "under its request", put(*BOT, "resources", "limits", "memory", to="100Mi")),
    ("resources", "KafkaNodePool", drop(POOL, "kafka", "spec", "resources")),
    ("grace", "no sleep", drop(*BOT, "lifecycle")),
    ("grace", "may need", put(D, "ingest", *POD, "terminationGracePeriodSeconds", to=30)),
    ("grace", "may need", more(*BOT, "env", of={"name": "DRAAGVLAK_SHUTDOWN_DELAY_SECONDS", "value": "40"})),
    ("images", "is not pinned", put(*BOT, "image", to="draagvlak:latest")),
    ("images", "is not pinned", put(*BOT, "image", to="draagvlak")),
    ("images", "is not pinned", put("StatefulSet", "postgres", *CONTAINER, "image", to="postgres:bookworm")),
    ("versions", "compose has", put("StatefulSet", "postgres", *CONTAINER, "image", to="postgres:16.4")),
    ("versions", "draagvlak:0.0.9", put("Job", "migrate", *CONTAINER, "image", to="draagvlak:0.0.9")),
    ("versions", "Kafka: 4.2.0", put("Kafka", "kafka", "spec", "kafka", "version", to="4.2.0")),
    ("replicas", "which HorizontalPodAutoscaler owns", put(D, "metrics", "spec", "replicas", to=2)),
    ("replicas", "which ScaledObject owns", put(D, "ingest", "spec", "replicas", to=2)),
    ("replicas", "both scale it", second_scaler),
    ("replicas", "nobody says", drop(D, "pulse-bot", "spec", "replicas")),
    ("disruption budgets", "0 disruption budgets", gone("PodDisruptionBudget", "ingest")),
    ("disruption budgets", "blocks every drain", budget_around_one),
    ("disruption budgets", "takes more", put("PodDisruptionBudget", "ingest", "spec", "maxUnavailable", to=2)),
    ("scaling", "have 12 partitions", put(*INGEST_RULE, "maxReplicaCount", to=24)),
    ("scaling", "at least 0", put(*INGEST_RULE, "minReplicaCount", to=0)),
    ("scaling", "not a text", put(*INGEST_RULE, "triggers", 0, "metadata", "lagThreshold", to=20000)),
    ("scaling", "consumerGroup", put(*INGEST_RULE, "triggers", 0, "metadata", "consumerGroup", to="ingest")),
    ("scaling", "from 6 to 6", put("HorizontalPodAutoscaler", "metrics", "spec", "minReplicas", to=6)),
    ("strategies", "never be two", put(D, "release-watch", "spec", "replicas", to=2)),
    ("strategies", "never be two", put(D, "grafana", "spec", "strategy", to={"type": "RollingUpdate"})),
    ("strategies", "is replaced by", put(D, "pulse-bot", "spec", "strategy", "rollingUpdate", "maxUnavailable", to=1)),
    ("spread", "topology.kubernetes.io/zone", drop(D, "metrics", *POD, "topologySpreadConstraints", 1)),
    (
        "spread",
        "other pods",
        put(D, "metrics", *POD, "topologySpreadConstraints", 0, "labelSelector", to={"matchLabels": {"a": "b"}}),
    ),
    ("jobs", "no time zone", drop(*NIGHT, "timeZone")),
    ("jobs", "two may run", put(*NIGHT, "concurrencyPolicy", to="Allow")),
    ("jobs", "not made up for", drop(*NIGHT, "startingDeadlineSeconds")),
    ("jobs", "activeDeadlineSeconds", drop(*NIGHT, "jobTemplate", "spec", "activeDeadlineSeconds")),
    ("jobs", "comes after retention", put("CronJob", "backup-clickhouse", "spec", "schedule", to="17 4 * * *")),
    ("jobs", "never run by themselves", drop("CronJob", "restore-ledger", "spec", "suspend")),
    ("jobs", "stays for ever", drop("Job", "migrate", "spec", "ttlSecondsAfterFinished")),
    (
        "selectors",
        "its own pods",
        put(D, "ingest", "spec", "selector", "matchLabels", to={"app.kubernetes.io/name": "metrics"}),
    ),
    (
        "selectors",
        "Service/metrics",
        put("Service", "metrics", "spec", "selector", "app.kubernetes.io/name", to="metric"),
    ),
    ("selectors", "has no port", put("Service", "metrics", "spec", "ports", 0, "targetPort", to="web")),
    ("selectors", "from outside the cluster", put("Service", "pulse-bot", "spec", "type", to="LoadBalancer")),
    (
        "selectors",
        "does not choose",
        put("PodDisruptionBudget", "ingest", "spec", "selector", "matchLabels", to={"a": "b"}),
    ),
    (
        "selectors",
        "chooses no pod",
        put(NP, "ingest-to-kafka-out", "spec", "podSelector", "matchLabels", to={"app.kubernetes.io/name": "ingester"}),
    ),
    ("selectors", "there is no", put(*INGEST_RULE, "scaleTargetRef", "name", to="ingester")),
    ("selectors", "belongs to no Kafka", drop("KafkaTopic", "pulse.answers.v1", "metadata", "labels")),
    ("selectors", "ServiceMonitor", put("ServiceMonitor", "draagvlak", "spec", "endpoints", 0, "port", to="metrics")),
    ("references", "no ServiceAccount", gone("ServiceAccount", "ingest")),
    ("references", "no PersistentVolumeClaim", gone("PersistentVolumeClaim", "grafana")),
    ("references", "no ConfigMap", gone("ConfigMap", "grafana-alerting")),
    ("references", "no volume", put(*BOT, "volumeMounts", 0, "name", to="secret")),
    ("references", "has no slack-bot-token", drop("ExternalSecret", "draagvlak", "spec", "data", 1)),
    (
        "references",
        "nobody makes the Secret",
        put(D, "ingest", *POD, "volumes", 0, "projected", "sources", 1, "secret", "name", to="kafka-ca"),
    ),
    (
        "references",
        "has no",
        put(KU, "ingest", "spec", "authentication", "password", "valueFrom", "secretKeyRef", "key", to="x"),
    ),
    ("references", "no ConfigMap kafka-keda", gone("ConfigMap", "kafka-keda")),
    ("references", "nobody makes the Secret kafka-keda", gone(KU, "kafka-keda")),
    ("references", "no such TriggerAuthentication", gone("TriggerAuthentication", "kafka-keda")),
    (
        "references",
        "has no clickhouse-password",
        put(
            CHI,
            "draagvlak",
            *("spec", "configuration", "users", "draagvlak_migrate/k8s_secret_password"),
            to="draagvlak/draagvlak/clickhouse-password",
        ),
    ),
    ("secrets", "stands in a manifest", added(SECRET)),
    ("secrets", "carries a secret", secret_as_variable),
    ("secrets", "looks like a secret", more(*BOT, "env", of={"name": "SLACK_BOT_TOKEN", "value": "a"})),
    ("secrets", "holds a secret", put("ConfigMap", "draagvlak", "data", "DRAAGVLAK_LOG_LEVEL", to="xoxb-1")),
    ("secrets", "read-only and whole", drop(*BOT, "volumeMounts", 0, "readOnly")),
    ("secrets", "read by others", put(D, "ingest", *POD, "volumes", 0, "projected", "defaultMode", to=0o444)),
    ("namespace", "lies in default", put(D, "ingest", "metadata", "namespace", to="default")),
    (
        "namespace",
        "does not enforce",
        put("Namespace", "draagvlak", "metadata", "labels", "pod-security.kubernetes.io/enforce", to="baseline"),
    ),
    ("network", "no policy closes everything", gone(NP, "default-deny")),
    ("network", "egress ingest -> kafka:9093 is not open", gone(NP, "ingest-to-kafka-out")),
    ("network", "ingress ingest -> kafka:9093 is not open", gone(NP, "ingest-to-kafka-in")),
    ("network", "egress metrics -> kafka:9093 is open", added(EXTRA_POLICY)),
    ("network", "* -> metrics:8602 is open", all_pods),
    (
        "network",
        "everywhere",
        put(NP, "pulse-bot-to-slack-out", "spec", "egress", 0, "to", 0, "ipBlock", "except", to=[]),
    ),
    (
        "network",
        "-> ingest:9464 is not open",
        put(NP, "prometheus-to-ingest-in", "spec", "ingress", 0, "ports", 0, "port", to=80),
    ),
    ("network", "keda/keda-operator -> kafka:9093 is not open", gone(NP, "keda-to-kafka-in")),
    ("network", "restore-ledger -> postgres:5432 is not open", gone(NP, "restore-ledger-to-postgres-in")),
    ("network", "backup-clickhouse -> clickhouse:8123 is not open", gone(NP, "backup-clickhouse-to-clickhouse-out")),
    ("listener", "everybody", peer_of_everybody),
    (
        "listener",
        "'metrics'",
        more(
            *LISTENER, "networkPolicyPeers", of={"podSelector": {"matchLabels": {"app.kubernetes.io/name": "metrics"}}}
        ),
    ),
    ("network ports", "does not listen", put(D, "metrics", *CONTAINER, "ports", 0, "containerPort", to=8080)),
    ("topics", "no topic pulse.answers.v1", gone("KafkaTopic", "pulse.answers.v1")),
    ("topics", "in no contract", added(TOPIC)),
    ("topics", "6 partitions", put("KafkaTopic", "pulse.answers.v1", "spec", "partitions", to=6)),
    ("topics", "replicas", put("KafkaTopic", "pulse.answers.v1", "spec", "replicas", to=1)),
    ("topics", "retention.ms", put("KafkaTopic", "pulse.answers.v1", "spec", "config", "retention.ms", to="-1")),
    ("topics", "the contract says", drop("KafkaTopic", "pulse.waves.v1", "spec", "config", "min.insync.replicas")),
    (
        "rights",
        "pulse-bot: may read pulse.answers.v1",
        more(KU, "pulse-bot", "spec", "authorization", "acls", of=acl("pulse.answers.v1", "Read")),
    ),
    (
        "rights",
        "may read pulse.comments.v1",
        more(KU, "retention", "spec", "authorization", "acls", of=acl("pulse.comments.v1", "All")),
    ),
    (
        "rights",
        "more than one topic",
        more(KU, "pulse-bot", "spec", "authorization", "acls", of=acl("pulse.", "Read", pattern="prefix")),
    ),
    ("rights", "more than one topic", more(KU, "import", "spec", "authorization", "acls", of=acl("*", "Describe"))),
    ("rights", "ingest: pulse.answers.v1: []", drop(KU, "ingest", "spec", "authorization", "acls", 1)),
    ("rights", "no user ingest", gone(KU, "ingest")),
    ("brokers", "no rights", drop("Kafka", "kafka", "spec", "kafka", "authorization")),
    ("brokers", "is open", put(*LISTENER, "tls", to=False)),
    ("brokers", "is open", drop(*LISTENER, "authentication")),
    ("brokers", "by asking", drop("Kafka", "kafka", "spec", "kafka", "config", "auto.create.topics.enable")),
    ("brokers", "3 brokers", put("Kafka", "kafka", "spec", "kafka", "config", "min.insync.replicas", to=1)),
    (
        "clickhouse",
        "beside the one",
        put(CHI, "draagvlak", "spec", "configuration", "users", "x/profile", to="default"),
    ),
    (
        "clickhouse",
        "stands in the manifest",
        put(CHI, "draagvlak", "spec", "configuration", "users", "draagvlak_migrate/password", to="a"),
    ),
    ("clickhouse", "no Keeper", gone("ClickHouseKeeperInstallation", "draagvlak")),
    ("clickhouse", "no user", drop(CHI, "draagvlak", "spec", "configuration", "files", "config.d/users-in-keeper.xml")),
    (
        "clickhouse",
        "query_log: is kept",
        drop(CHI, "draagvlak", "spec", "configuration", "files", "config.d/z-logs.xml"),
    ),
    ("clickhouse", "told None", drop("ConfigMap", "draagvlak", "data", "DRAAGVLAK_CLICKHOUSE_CLUSTER")),
    (
        "clickhouse",
        "to outlive one",
        put(
            "ClickHouseKeeperInstallation",
            "draagvlak",
            "spec",
            "configuration",
            "clusters",
            0,
            "layout",
            "replicasCount",
            to=2,
        ),
    ),
    (
        "settings",
        "is no setting of ServingSettings",
        more(*BOT, "env", of={"name": "DRAAGVLAK_SLACK_TOKENS", "value": "a"}),
    ),
    (
        "settings",
        "is no setting of MetricsSettings",
        more(D, "metrics", *CONTAINER, "env", of={"name": "DRAAGVLAK_KAFKA_USERNAME", "value": "a"}),
    ),
    ("settings", "DRAAGVLAK_METRICS_URL is not set", without_variable("pulse-bot", "DRAAGVLAK_METRICS_URL")),
    (
        "settings",
        "DRAAGVLAK_KAFKA_BOOTSTRAP is not set",
        drop("ConfigMap", "draagvlak", "data", "DRAAGVLAK_KAFKA_BOOTSTRAP"),
    ),
    (
        "settings",
        "DRAAGVLAK_CLICKHOUSE_PORT",
        put("ConfigMap", "draagvlak", "data", "DRAAGVLAK_CLICKHOUSE_PORT", to="http"),
    ),
    ("settings", "runs ['release']", put(D, "release-watch", *CONTAINER, "args", to=["release"])),
    ("settings", "nothing runs backup-ledger", gone("CronJob", "backup-ledger")),
    ("settings", "nothing runs ingest", gone(D, "ingest")),
    ("settings files", "is not mounted", variable("DRAAGVLAK_SLACK_BOT_TOKEN_FILE", "/run/secrets/slack")),
    ("settings files", "nothing reads it", without_variable("pulse-bot", "DRAAGVLAK_REVIEW_TOKEN_FILE")),
    (
        "settings files",
        "clickhouse-backup-password is not mounted",
        drop("Job", "migrate", *POD, "volumes", 0, "projected", "sources", 0, "secret", "items", 7),
    ),
    ("accounts", "nobody makes the user", put(D, "metrics", *CONTAINER, "env", 3, "value", to="draagvlak_metric")),
    (
        "accounts",
        "is not the password of",
        put(D, "metrics", *CONTAINER, "env", 4, "value", to="/run/secrets/draagvlak/x"),
    ),
    (
        "accounts",
        "has the rights of draagvlak_release",
        put(D, "metrics", *CONTAINER, "env", 3, "value", to="draagvlak_release"),
    ),
    ("ports", "listens on", put(*BOT, "ports", 0, "containerPort", to=8080)),
    ("ports", "not the port of the settings", variable("DRAAGVLAK_METRICS_PORT", "8080")),
    ("ports", "lets nobody in", variable("DRAAGVLAK_INGEST_HOST", "127.0.0.1")),
    ("addresses", "nothing answers at metrics:8080", variable("DRAAGVLAK_METRICS_URL", "http://metrics:8080")),
    (
        "addresses",
        "nothing answers at clickhouse:9999",
        put("ConfigMap", "draagvlak", "data", "DRAAGVLAK_CLICKHOUSE_PORT", to="9999"),
    ),
    ("addresses", "ScaledObject", put(*INGEST_RULE, "triggers", 0, "metadata", "bootstrapServers", to="kafka:9092")),
    ("bots", "need PostgreSQL", without_variable("pulse-bot", "DRAAGVLAK_LEDGER_URL")),
    ("bots", "is not its own", put(*BOT, "env", 0, to={"name": "DRAAGVLAK_BOT_INSTANCE", "value": "bot"})),
    ("bots", "no way in", no_routes),
    ("grafana", "no plugin", put(D, "grafana", *CONTAINER, "image", to="grafana/grafana:13.2.0")),
    ("grafana", "finds no dashboard", drop("ConfigMap", "grafana-dashboards-nl-operations", "data", "operations.json")),
    ("grafana", "nothing answers", put("Service", "metrics", "spec", "ports", 0, "port", to=80)),
    ("grafana", "leads to no Prometheus", gone("Service", "prometheus")),
    ("config map sizes", "cannot be applied", big_config_map),
    (
        "way in",
        "lets",
        more(
            "HTTPRoute", "pulse-bot", "spec", "rules", 0, "matches", of={"path": {"type": "PathPrefix", "value": "/"}}
        ),
    ),
    ("way in", "leads to", put("HTTPRoute", "grafana", "spec", "rules", 0, "backendRefs", 0, "name", to="metrics")),
    ("way in", "alone", gone("HTTPRoute", "grafana")),
]
"""Rule, what its complaint says, and how production is broken."""


@pytest.mark.parametrize(
    ("rule", "says", "change"), BROKEN, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(BROKEN)]
)
def test_a_broken_manifest_is_caught(rule: str, says: str, change: Change) -> None:
    complaints = RULES[rule](broken(overlay("production"), change))
    assert [complaint for complaint in complaints if says in complaint], complaints


def test_every_rule_has_a_manifest_that_breaks_it() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


ON_ONE_NODE: list[tuple[str, str, Change]] = [
    ("bots", "which no volume keeps", variable("DRAAGVLAK_STATE", "/tmp/ledger")),
    ("bots", "without an app-level token", without_variable("pulse-bot", "DRAAGVLAK_SLACK_APP_TOKEN_FILE")),
    ("bots", "need PostgreSQL", put(D, "pulse-bot", "spec", "replicas", to=2)),
    ("strategies", "never be two", put(D, "pulse-bot", "spec", "strategy", to={"type": "RollingUpdate"})),
    ("topics", "brokers", put("ConfigMap", "draagvlak", "data", "DRAAGVLAK_KAFKA_REPLICATION_FACTOR", to="3")),
    ("clickhouse", "nothing to keep", put(CHI, "draagvlak", "spec", "configuration", "zookeeper", to={"nodes": []})),
    ("brokers", "1 brokers", put("Kafka", "kafka", "spec", "kafka", "config", "min.insync.replicas", to=2)),
    (
        "references",
        "has no slack-apptoken",
        put(
            D,
            "pulse-bot",
            *POD,
            "volumes",
            0,
            "projected",
            "sources",
            0,
            "secret",
            "items",
            5,
            "key",
            to="slack-apptoken",
        ),
    ),
]


@pytest.mark.parametrize(("rule", "says", "change"), ON_ONE_NODE, ids=[rule for rule, _, _ in ON_ONE_NODE])
def test_a_broken_manifest_of_one_node_is_caught(rule: str, says: str, change: Change) -> None:
    complaints = RULES[rule](broken(overlay("single-node"), change))
    assert [complaint for complaint in complaints if says in complaint], complaints


def of_each_kind() -> list[Document]:
    """The first object of each kind that production has."""
    return list({document["kind"]: document for document in reversed(overlay("production").documents)}.values())


@pytest.fixture(scope="module")
def definitions(shared: Path) -> schemas.Definitions:
    """What operators define, and what we write down ourselves."""
    return schemas.Definitions(shared / "crds", schemas.OURS)


@pytest.mark.needs("shared")
def test_a_field_that_no_schema_knows_is_caught_in_every_kind(definitions: schemas.Definitions) -> None:
    kinds = of_each_kind()
    assert len(kinds) > 22
    for document in kinds:
        for place in ("top", "spec"):
            wrong = deepcopy(document)
            where = wrong if place == "top" else wrong.get("spec", wrong)
            where["replicaz"] = 3
            faults = judged(wrong, definitions)
            assert [fault for fault in faults if "replicaz" in fault], (document["kind"], place, faults)


@pytest.mark.needs("shared")
@pytest.mark.parametrize(
    ("kind", "name", "change", "says"),
    [
        (D, "ingest", put(*BOT[:1], "ingest", "spec", "replicas", to="two"), "'two'"),
        (
            "KafkaTopic",
            "pulse.answers.v1",
            put("KafkaTopic", "pulse.answers.v1", "spec", "partitions", to="12"),
            "'12'",
        ),
        (KU, "ingest", put(KU, "ingest", "spec", "authorization", "acls", 0, "operations", to=["Reed"]), "'Reed'"),
        ("Kafka", "kafka", drop("Kafka", "kafka", "spec", "kafka", "listeners"), "'listeners' is a required"),
        ("Kafka", "kafka", put("Kafka", "kafka", "apiVersion", to="kafka.strimzi.io/v1beta2"), "nothing defines"),
        (POOL, "kafka", put(POOL, "kafka", "spec", "roles", to=["zookeeper"]), "'zookeeper'"),
        (
            CHI,
            "draagvlak",
            put(CHI, "draagvlak", "spec", "configuration", "clusters", 0, "layout", "replicasCount", to="2"),
            "'2'",
        ),
        ("ScaledObject", "ingest", drop(*INGEST_RULE, "triggers"), "'triggers' is a required"),
        (
            "ExternalSecret",
            "draagvlak",
            put("ExternalSecret", "draagvlak", "spec", "target", "creationPolicy", to="Own"),
            "'Own'",
        ),
        (
            "ServiceMonitor",
            "draagvlak",
            put("ServiceMonitor", "draagvlak", "spec", "endpoints", 0, "interval", to="often"),
            "'often'",
        ),
        ("HTTPRoute", "grafana", put("HTTPRoute", "grafana", "spec", "hostnames", to=["Grafana_1"]), "Grafana_1"),
    ],
)
def test_a_value_of_the_wrong_sort_is_caught(
    kind: str, name: str, change: Change, says: str, definitions: schemas.Definitions
) -> None:
    wrong = broken(overlay("production"), change)
    faults = judged(wrong.get(kind, name), definitions)
    assert [fault for fault in faults if says in fault], faults


def judged(document: Document, definitions: schemas.Definitions) -> list[str]:
    """What every supported API server would say."""
    if schemas.is_custom(document):
        return definitions.faults(document)
    return [fault for version in schemas.VERSIONS for fault in schemas.kubernetes_faults(document, version)]


@pytest.mark.parametrize("name", OVERLAYS)
def test_breaking_a_copy_leaves_the_overlay_whole(name: str) -> None:
    before = deepcopy(overlay(name).documents)
    broken(overlay(name), gone("Namespace", "draagvlak"))
    assert overlay(name).documents == before
