"""How many of each, who decides on it, and what a drained node may take."""

from typing import Any

from services.contracts.topics import TOPICS, TopicName
from services.ingest.settings import IngestSettings
from tests.deploy.manifests import Document, Manifests


def least(manifests: Manifests, workload: Document) -> int:
    """The least number of pods of a workload, whoever decides on it."""
    name = workload["metadata"]["name"]
    for scaler in scalers(manifests, name):
        spec = scaler["spec"]
        return int(spec["minReplicas"] if scaler["kind"] == "HorizontalPodAutoscaler" else spec["minReplicaCount"])
    return int(workload["spec"].get("replicas", 1))


def scalers(manifests: Manifests, name: str) -> list[Document]:
    """Who decides on the number of pods of the workload ``name``."""
    found = manifests.of("HorizontalPodAutoscaler", "ScaledObject")
    return [scaler for scaler in found if scaler["spec"]["scaleTargetRef"]["name"] == name]


def replicas(manifests: Manifests) -> list[str]:
    """A number of replicas stands in one place: with the workload, or with the one scaler that owns it."""
    faults = []
    for workload in manifests.of("Deployment", "StatefulSet"):
        name, owners = workload["metadata"]["name"], scalers(manifests, workload["metadata"]["name"])
        if len(owners) > 1:
            faults.append(f"{name}: {' and '.join(sorted(owner['kind'] for owner in owners))} both scale it")
        if owners and "replicas" in workload["spec"]:
            faults.append(f"{name}: has `replicas`, which {owners[0]['kind']} owns")
        if not owners and "replicas" not in workload["spec"]:
            faults.append(f"{name}: nobody says how many")
    return faults


def disruption_budgets(manifests: Manifests) -> list[str]:
    """One for each workload with several pods, taking one at a time; none around a single pod: it blocks a drain."""
    faults = []
    budgets: dict[str, list[Document]] = {}
    for budget in manifests.of("PodDisruptionBudget"):
        chosen = budget["spec"]["selector"].get("matchLabels", {}).get("app.kubernetes.io/name", "")
        budgets.setdefault(chosen, []).append(budget)
    for workload in manifests.of("Deployment", "StatefulSet"):
        name = workload["metadata"]["name"]
        own = budgets.get(name, [])
        several = least(manifests, workload) > 1
        if several and len(own) != 1:
            faults.append(f"{name}: has several pods and {len(own)} disruption budgets")
        if not several and own:
            faults.append(f"{name}: a disruption budget around one pod blocks every drain")
        faults += [f"{name}: the budget takes more than one" for one in own if one["spec"].get("maxUnavailable") != 1]
    return faults


def scaling(manifests: Manifests) -> list[str]:
    """Ingest by its lag, up to one pod a partition; metrics by its processor. Nothing down to none."""
    faults = []
    partitions = TOPICS[TopicName.ANSWERS].partitions
    for scaler in manifests.of("ScaledObject"):
        spec, name = scaler["spec"], scaler["metadata"]["name"]
        if spec["maxReplicaCount"] != partitions:
            faults.append(f"{name}: at most {spec['maxReplicaCount']}, and answers have {partitions} partitions")
        if spec["minReplicaCount"] < 2:
            faults.append(f"{name}: at least {spec['minReplicaCount']}")
        for trigger in spec["triggers"]:
            faults += [f"{name}: {fault}" for fault in _trigger_faults(trigger["metadata"])]
    for scaler in manifests.of("HorizontalPodAutoscaler"):
        spec, name = scaler["spec"], scaler["metadata"]["name"]
        if not 2 <= spec["minReplicas"] < spec["maxReplicas"]:
            faults.append(f"{name}: from {spec['minReplicas']} to {spec['maxReplicas']}")
    return faults


def _trigger_faults(metadata: dict[str, Any]) -> list[str]:
    faults = [f"{key} is {value!r}, not a text" for key, value in metadata.items() if not isinstance(value, str)]
    expected = {
        "topic": str(TopicName.ANSWERS),
        "consumerGroup": IngestSettings.model_fields["ingest_group"].default,
        "offsetResetPolicy": "earliest",
        "tls": "enable",
        "sasl": "scram_sha512",
    }
    wrong = {key: metadata.get(key) for key, value in expected.items() if metadata.get(key) != value}
    return [*faults, *(f"{key} is {value!r}, not {expected[key]!r}" for key, value in wrong.items())]


def strategies(manifests: Manifests) -> list[str]:
    """Never two on one volume, never two watches; otherwise a new one comes before an old one goes.

    But for ingest, where a pod above the number of partitions would never be ready.
    """
    faults = []
    for workload in manifests.of("Deployment"):
        name, spec = workload["metadata"]["name"], workload["spec"]
        volumes = spec["template"]["spec"].get("volumes", [])
        alone = name == "release-watch" or any("persistentVolumeClaim" in volume for volume in volumes)
        strategy = spec.get("strategy", {})
        if alone and (strategy.get("type") != "Recreate" or least(manifests, workload) != 1):
            faults.append(f"{name}: there must never be two of it, so one replica and Recreate")
        if not alone:
            surge = (
                (strategy.get("rollingUpdate") or {}).get("maxSurge"),
                (strategy.get("rollingUpdate") or {}).get("maxUnavailable"),
            )
            if strategy.get("type") != "RollingUpdate" or surge != ((0, 1) if name == "ingest" else (1, 0)):
                faults.append(f"{name}: is replaced by {strategy}")
    return faults


def spread(manifests: Manifests) -> list[str]:
    """Several pods of one workload lie on different nodes and in different zones where there are any."""
    faults = []
    for workload in manifests.of("Deployment", "StatefulSet"):
        if least(manifests, workload) < 2:
            continue
        constraints = workload["spec"]["template"]["spec"].get("topologySpreadConstraints", [])
        labels = workload["spec"]["template"]["metadata"]["labels"]
        missing = {"kubernetes.io/hostname", "topology.kubernetes.io/zone"} - {c["topologyKey"] for c in constraints}
        faults += [f"{workload['metadata']['name']}: is not spread over {key}" for key in sorted(missing)]
        faults += [
            f"{workload['metadata']['name']}: spreads other pods than its own"
            for constraint in constraints
            if not constraint["labelSelector"]["matchLabels"].items() <= labels.items()
        ]
    return faults
