"""What every pod is like: how little it may do, when it counts as well, what it takes, how it ends."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.ingest.heartbeat import Heartbeat
from services.ingest.process import JOIN_SECONDS, SHUTDOWN_SECONDS, application
from services.pulse_bot.bot import _REPLIES_SECONDS
from services.pulse_bot.drain import _LAST_SECONDS
from services.runtime import health
from services.runtime.kafka import _FORCED_CLOSE_SECONDS
from services.runtime.serving import server
from tests.deploy.manifests import ROOT, Document, Manifests

VOLUMES: Final = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
"""What the level *restricted* lets a pod mount."""

LONG_RUNNING: Final = ("Deployment", "StatefulSet")

_SERVER: Final = float(server(application(Heartbeat())).config.timeout_graceful_shutdown or 0)
WORST_END: Final[Mapping[str, float]] = {
    "pulse-bot": _SERVER + _LAST_SECONDS + _REPLIES_SECONDS + 3 * _FORCED_CLOSE_SECONDS,
    "ingest": SHUTDOWN_SECONDS + JOIN_SECONDS + 2 * _FORCED_CLOSE_SECONDS,
    "metrics": _SERVER,
    "release-watch": _SERVER + 20,  # the round under way: services/metrics/release/service.py
    "grafana": 30,
    "postgres": 60,
}
"""Workload -> seconds that its end takes at worst, as its code says; without the sleep before it."""

OTHER_PROBES: Final[Mapping[str, tuple[str, str]]] = {"grafana": ("/healthz", "/api/health")}
"""Workloads that are not ours -> the paths of live and ready."""


def restricted(manifests: Manifests) -> list[str]:
    """Pod Security *restricted*, and a root file system that cannot be written."""
    faults = []
    for pod in manifests.pods():
        spec, context = pod.spec, pod.spec.get("securityContext", {})
        faults += [f"{pod.where}: {key}" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            faults.append(f"{pod.where}: no seccomp profile RuntimeDefault")
        if context.get("runAsNonRoot") is not True or context.get("runAsUser", 1) == 0:
            faults.append(f"{pod.where}: may run as root")
        for volume in spec.get("volumes", []):
            if not set(volume) - {"name"} <= VOLUMES:
                faults.append(f"{pod.where}: volume {volume['name']} is none of {sorted(VOLUMES)}")
        for container in pod.containers:
            faults += [f"{pod.where}, {container['name']}: {fault}" for fault in _container_faults(container)]
    return faults


def _container_faults(container: Document) -> Iterator[str]:
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if context.get("privileged") or context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False:
        yield "is privileged"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "can write its root file system"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield "has a port of the host"


def identity(manifests: Manifests) -> list[str]:
    """A service account of its own for each workload, no token of it, no variables that the cluster makes up."""
    faults, owners = [], {}
    for pod in manifests.pods():
        if not pod.complete:
            continue
        if pod.spec.get("automountServiceAccountToken") is not False:
            faults.append(f"{pod.where}: a token of its service account is mounted")
        if pod.spec.get("enableServiceLinks") is not False:
            faults.append(f"{pod.where}: gets variables for every service")
        if pod.ours:
            account = pod.spec.get("serviceAccountName", "default")
            if account in owners or account == "default":
                faults.append(f"{pod.where}: service account {account} is not its own")
            owners[account] = pod.name
        for volume in pod.spec.get("volumes", []):
            if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
                faults.append(f"{pod.where}: volume {volume['name']} has no limit")
        mounts = {mount["mountPath"] for container in pod.containers for mount in container.get("volumeMounts", [])}
        if "/tmp" not in mounts:
            faults.append(f"{pod.where}: no /tmp of its own")
    for account in manifests.of("ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            faults.append(f"ServiceAccount/{account['metadata']['name']}: hands its token out")
    return faults


def probes(manifests: Manifests) -> list[str]:
    """Start, ready and live for what runs on, each of its own kind; none for what ends. The paths are served."""
    served = {route.path for route in health.router(lambda: None, lambda: None).routes}  # type: ignore[attr-defined]
    faults = []
    for pod in manifests.pods():
        for container in pod.spec["containers"] if pod.complete and pod.ours else []:
            found = {kind: container.get(f"{kind}Probe") for kind in ("startup", "readiness", "liveness")}
            if pod.kind not in LONG_RUNNING:
                faults += [f"{pod.where}: a {kind} probe on what ends" for kind, probe in found.items() if probe]
                continue
            missing = [kind for kind, probe in found.items() if not probe]
            faults += [f"{pod.where}: no {kind} probe" for kind in missing]
            if missing:
                continue
            paths = {kind: _path(probe) for kind, probe in found.items()}
            live, ready = OTHER_PROBES.get(pod.workload, ("/healthz/live", "/healthz/ready"))
            if pod.workload != "postgres" and paths != {"startup": live, "readiness": ready, "liveness": live}:
                faults.append(f"{pod.where}: probes ask {paths}; live is {live}, ready is {ready}")
            if container["image"].startswith("draagvlak:") and not {live, ready} <= served:
                faults.append(f"{pod.where}: the service serves {sorted(served)} alone")
            if pod.workload == "postgres" and "exec" in found["liveness"]:
                faults.append(f"{pod.where}: a busy database is not a dead one; liveness asks its port")
            names = {port["name"] for port in container.get("ports", [])}
            for kind, probe in found.items():
                port = (probe.get("httpGet") or probe.get("tcpSocket") or {}).get("port")
                if port is not None and port not in names:
                    faults.append(f"{pod.where}: the {kind} probe asks port {port}, which the container does not name")
    return faults


def _path(probe: Document) -> str | None:
    path: str | None = probe.get("httpGet", {}).get("path")
    return path


def resources(manifests: Manifests) -> list[str]:
    """Requests for processor and memory, a limit for memory that is not under its request; none for the processor."""
    faults = []
    for pod in manifests.pods():
        for container in pod.containers:
            where, found = f"{pod.where}, {container['name']}", container.get("resources", {})
            requests, limits = found.get("requests", {}), found.get("limits", {})
            faults += [f"{where}: requests no {what}" for what in ("cpu", "memory") if what not in requests]
            if "memory" not in limits:
                faults.append(f"{where}: no limit for memory")
            elif "memory" in requests and quantity(limits["memory"]) < quantity(requests["memory"]):
                faults.append(f"{where}: the limit for memory is under its request")
    return faults


def quantity(text: Any) -> float:
    """Bytes, or cores, of a quantity such as 512Mi or 250m."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text)).groups()  # type: ignore[union-attr]
    return float(number) * {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}[unit]


def grace(manifests: Manifests) -> list[str]:
    """A sleep before the end, while the way to the pod is taken away; and time enough for the worst flush after it."""
    faults = []
    for pod in manifests.pods():
        if pod.kind not in LONG_RUNNING:
            continue
        sleeps = [
            c.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) for c in pod.spec["containers"]
        ]
        if min(sleeps) < 3:
            faults.append(f"{pod.where}: no sleep before its end")
        delay = max(
            float(_value(container, "DRAAGVLAK_SHUTDOWN_DELAY_SECONDS")) for container in pod.spec["containers"]
        )
        needed, given = max(sleeps) + delay + WORST_END[pod.workload], pod.spec.get("terminationGracePeriodSeconds", 30)
        if given < needed:
            faults.append(f"{pod.where}: ends within {given} s, and may need {needed:.0f}")
    return faults


def _value(container: Document, name: str) -> str:
    """What a variable of the container says; 0 where it is not there."""
    return next((one["value"] for one in container.get("env", []) if one["name"] == name), "0")


def images(manifests: Manifests) -> list[str]:
    """Every image has a version, and none of them moves."""
    return [
        f"{pod.where}: {container.get('image')} is not pinned"
        for pod in manifests.pods()
        if pod.complete
        for container in pod.containers
        if not _is_pinned(container.get("image", ""))
    ]


def _is_pinned(image: str) -> bool:
    if "@sha256:" in image:
        return True
    _, _, tag = image.rpartition("/")[2].partition(":")
    return bool(re.match(r"v?\d+\.\d+", tag))


def versions(manifests: Manifests) -> list[str]:
    """Images have the versions that compose has: one set of versions is tested."""
    text = (ROOT / "deploy" / "compose" / ".env.example").read_text(encoding="utf-8")
    said = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"^[A-Z_]+=", line))
    wanted = {
        "draagvlak": said["DRAAGVLAK_IMAGE"].partition(":")[2],
        "draagvlak-grafana": said["GRAFANA_IMAGE"].partition(":")[2],
        "postgres": said["POSTGRES_VERSION"],
        "clickhouse/clickhouse-server": said["CLICKHOUSE_VERSION"],
        "clickhouse/clickhouse-keeper": said["CLICKHOUSE_VERSION"],
    }
    faults = [
        f"{pod.where}: {container['image']}, and compose has {wanted[container['image'].partition(':')[0]]}"
        for pod in manifests.pods()
        if pod.complete
        for container in pod.containers
        if container["image"].partition(":")[0] in wanted
        and container["image"].partition(":")[2] != wanted[container["image"].partition(":")[0]]
    ]
    for kafka in manifests.of("Kafka"):
        found = kafka["spec"]["kafka"]["version"]
        if found != said["KAFKA_VERSION"]:
            faults.append(f"Kafka: {found}, and compose has {said['KAFKA_VERSION']}")
    return faults
