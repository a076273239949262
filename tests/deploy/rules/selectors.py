"""Whoever chooses pods or services by labels chooses those that it means."""

from collections.abc import Mapping

from tests.deploy.manifests import Document, Manifests, Pod

ABSENT = {"single-node": {"postgres", "keeper"}}
"""Overlay -> workloads whose edges are open although they do not run there."""


def chosen(pods: list[Pod], selector: Document) -> list[Pod]:
    """The pods that a selector of labels chooses."""
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return [pod for pod in pods if wanted.items() <= pod.labels.items()]


def selectors(manifests: Manifests) -> list[str]:
    """Workloads choose their own pods, services one workload's with a port that it has, policies a workload's."""
    pods = manifests.pods()
    return [
        *_workloads(manifests, pods),
        *_services(manifests, pods),
        *_policies(manifests, pods),
        *_targets(manifests),
    ]


def _workloads(manifests: Manifests, pods: list[Pod]) -> list[str]:
    faults = []
    for workload in manifests.of("Deployment", "StatefulSet"):
        name = workload["metadata"]["name"]
        if {(pod.kind, pod.name) for pod in chosen(pods, workload["spec"]["selector"])} != {(workload["kind"], name)}:
            faults.append(f"{name}: its selector does not choose its own pods alone")
    for budget in manifests.of("PodDisruptionBudget"):
        name = budget["metadata"]["name"]
        if [pod.name for pod in chosen(pods, budget["spec"]["selector"])] != [name]:
            faults.append(f"PodDisruptionBudget/{name}: does not choose the pods of {name}")
    return faults


def _services(manifests: Manifests, pods: list[Pod]) -> list[str]:
    faults = []
    for service in manifests.of("Service"):
        name, spec = service["metadata"]["name"], service["spec"]
        if spec.get("type") == "ExternalName":
            continue
        if spec.get("type", "ClusterIP") != "ClusterIP":
            faults.append(f"Service/{name}: can be reached from outside the cluster")
        found = chosen(pods, {"matchLabels": spec["selector"]})
        if [pod.name for pod in found] != [name]:
            faults.append(f"Service/{name}: chooses {[pod.where for pod in found]}")
            continue
        have = {port["name"] for container in found[0].containers for port in container.get("ports", [])}
        faults += [
            f"Service/{name}: {found[0].where} has no port {port['targetPort']}"
            for port in spec["ports"]
            if port["targetPort"] not in have
        ]
    for monitor in manifests.of("ServiceMonitor"):
        labels, wanted = monitor["spec"]["selector"]["matchLabels"], {e["port"] for e in monitor["spec"]["endpoints"]}
        read = {
            service["metadata"]["name"]
            for service in manifests.of("Service")
            if labels.items() <= service["metadata"].get("labels", {}).items()
            and wanted <= {port["name"] for port in service["spec"].get("ports", [])}
        }
        if read != {"pulse-bot", "ingest", "metrics", "release-watch"}:
            faults.append(f"ServiceMonitor/{monitor['metadata']['name']}: reads {sorted(read)}")
    return faults


def _policies(manifests: Manifests, pods: list[Pod]) -> list[str]:
    faults = []
    here = {pod.workload for pod in pods} | ABSENT.get(manifests.overlay, set())
    for policy in manifests.of("NetworkPolicy"):
        spec = policy["spec"]
        selectors = [spec["podSelector"]]
        for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
            peers = [*rule.get("from", []), *rule.get("to", [])]
            selectors += [
                peer["podSelector"] for peer in peers if "podSelector" in peer and "namespaceSelector" not in peer
            ]
        for selector in selectors:
            labels = selector.get("matchLabels", {})
            if labels and (set(labels) != {"app.kubernetes.io/name"} or labels["app.kubernetes.io/name"] not in here):
                faults.append(f"NetworkPolicy/{policy['metadata']['name']}: {labels} chooses no pod")
    return faults


def _targets(manifests: Manifests) -> list[str]:
    faults = []
    for scaler in manifests.of("HorizontalPodAutoscaler", "ScaledObject"):
        target = scaler["spec"]["scaleTargetRef"]
        if manifests.find(target.get("kind", "Deployment"), target["name"]) is None:
            faults.append(f"{scaler['kind']}/{scaler['metadata']['name']}: there is no {target['name']}")
    clusters = {kafka["metadata"]["name"] for kafka in manifests.of("Kafka")}
    for part in manifests.of("KafkaNodePool", "KafkaTopic", "KafkaUser"):
        if part["metadata"].get("labels", {}).get("strimzi.io/cluster") not in clusters:
            faults.append(f"{part['kind']}/{part['metadata']['name']}: belongs to no Kafka")
    return faults
