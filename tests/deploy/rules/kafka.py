"""Topics as in the contracts, and who may do what with them."""

from typing import Final

from services.contracts.topics import TOPICS, TopicName
from services.ingest import topics as contracts
from services.ingest.settings import IngestSettings
from tests.deploy.manifests import Document, Manifests

_W, _D, _R = "Write", "Describe", "Read"
_WAVES, _ANSWERS, _COMMENTS = TopicName.WAVES, TopicName.ANSWERS, TopicName.COMMENTS
_ANNOUNCEMENTS, _OUTCOMES, _LETTERS = TopicName.ANNOUNCEMENTS, TopicName.OUTCOMES, TopicName.DEAD_LETTERS
_GROUP: Final = str(IngestSettings.model_fields["ingest_group"].default)

RIGHTS: Final[dict[str, dict[str, set[str]]]] = {
    "pulse-bot": {_WAVES: {_R, _W, _D}, _ANSWERS: {_W, _D}, _COMMENTS: {_W, _D}, _ANNOUNCEMENTS: {_R, _W, _D}},
    "ingest": {
        **{topic: {_R, _D} for topic in (_WAVES, _ANSWERS, _COMMENTS)},
        **{topic: {_R, _W, _D} for topic in (_ANNOUNCEMENTS, _OUTCOMES)},
        _LETTERS: {_W, _D},
        f"group {_GROUP}": {_R, _D},
    },
    "retention": {
        **{topic: {_D, "DescribeConfigs"} for topic in TopicName},
        **{topic: {_D, "DescribeConfigs", "Delete"} for topic in (_ANSWERS, _COMMENTS)},
        f"group {_GROUP}": {_D},
    },
    "import": {_WAVES: {_W, _D}, _ANSWERS: {_W, _D}},
    "dead-letters": {
        _LETTERS: {_R, _D},
        _WAVES: {_R, _W, _D},
        **{topic: {_W, _D} for topic in (_ANSWERS, _COMMENTS, _ANNOUNCEMENTS, _OUTCOMES)},
    },
    "kafka-keda": {_ANSWERS: {_D}, f"group {_GROUP}": {_D}},
}
"""User -> topic or group -> what it may do."""

RESTRICTED: Final = (_ANSWERS, _COMMENTS)
"""Topics that ingest alone may read."""


def topics(manifests: Manifests) -> list[str]:
    """The topics are those of the contracts, with the same partitions and settings."""
    faults, found = [], {t["metadata"]["name"]: t["spec"] for t in manifests.of("KafkaTopic")}
    names = {str(name) for name in TOPICS}
    faults += [f"no topic {name}" for name in sorted(names - set(found))]
    faults += [f"the topic {name} is in no contract" for name in sorted(set(found) - names)]
    nodes = sum(pool["spec"]["replicas"] for pool in manifests.of("KafkaNodePool"))
    factor = int(manifests.get("ConfigMap", "draagvlak")["data"]["DRAAGVLAK_KAFKA_REPLICATION_FACTOR"])
    for topic in TOPICS.values():
        spec = found.get(str(topic.name))
        if spec is None:
            continue
        if spec["partitions"] != topic.partitions:
            faults.append(f"{topic.name}: {spec['partitions']} partitions, the contract says {topic.partitions}")
        if (
            spec["replicas"] != factor
            or factor > nodes
            or (nodes >= contracts.SAFE_REPLICAS and factor < contracts.SAFE_REPLICAS)
        ):
            faults.append(
                f"{topic.name}: {spec['replicas']} replicas, the settings say {factor}, and there are {nodes} brokers"
            )
        expected = contracts.configurations(topic, factor)
        if spec["config"] != expected:
            faults.append(f"{topic.name}: {spec['config']}, the contract says {expected}")
    return faults


def rights(manifests: Manifests) -> list[str]:
    """Each user may do what its work takes; answers and comments are read by ingest alone; nobody has a wildcard."""
    faults = []
    users = {user["metadata"]["name"]: user["spec"] for user in manifests.of("KafkaUser")}
    needed = set(RIGHTS) - (set() if manifests.of("ScaledObject") else {"kafka-keda"})
    faults += [f"no user {name}" for name in sorted(needed - set(users))]
    for name, spec in users.items():
        if spec["authentication"]["type"] != "scram-sha-512":
            faults.append(f"{name}: does not show a password")
        granted: dict[str, set[str]] = {}
        for acl in spec["authorization"]["acls"]:
            resource = acl["resource"]
            if (
                resource.get("patternType", "literal") != "literal"
                or resource["type"] not in ("topic", "group")
                or resource["name"] == "*"
            ):
                faults.append(f"{name}: a right over more than one topic or group: {resource}")
            what = resource["name"] if resource["type"] == "topic" else f"{resource['type']} {resource.get('name')}"
            granted.setdefault(what, set()).update(acl["operations"])
        faults += [
            f"{name}: may read {topic}"
            for topic in RESTRICTED
            if name != "ingest" and _reads(granted.get(topic, set()))
        ]
        expected = {str(key): value for key, value in RIGHTS.get(name, {}).items()}
        if granted != expected:
            differing = sorted(key for key in granted.keys() | expected.keys() if granted.get(key) != expected.get(key))
            faults += [
                f"{name}: {key}: {sorted(granted.get(key, []))}, needs {sorted(expected.get(key, []))}"
                for key in differing
            ]
    return faults


def _reads(operations: set[str]) -> bool:
    return bool(operations & {"Read", "All"})


def brokers(manifests: Manifests) -> list[str]:
    """Encrypted, by password, with rights; no topic by chance; with three brokers what is acknowledged outlives one."""
    faults = []
    nodes = sum(pool["spec"]["replicas"] for pool in manifests.of("KafkaNodePool"))
    for kafka in manifests.of("Kafka"):
        spec = kafka["spec"]["kafka"]
        if spec.get("authorization", {}).get("type") != "simple" or "superUsers" in spec.get("authorization", {}):
            faults.append("Kafka: no rights by user")
        for one in spec["listeners"]:
            if (
                not one["tls"]
                or one.get("authentication", {}).get("type") != "scram-sha-512"
                or one["type"] != "internal"
            ):
                faults.append(f"listener {one['name']}: is open, unencrypted or reachable from outside")
        config: Document = spec["config"]
        if config.get("auto.create.topics.enable") is not False:
            faults.append("Kafka: a topic is made by asking for it")
        least = 2 if nodes >= contracts.SAFE_REPLICAS else 1
        if config.get("min.insync.replicas") != least or config.get("default.replication.factor") != min(nodes, 3):
            faults.append(
                f"Kafka: {nodes} brokers, and records are acknowledged with {config.get('min.insync.replicas')}"
            )
        if config.get("offsets.topic.replication.factor") != min(nodes, 3):
            faults.append("Kafka: offsets are on fewer or more brokers than there are")
    return faults
