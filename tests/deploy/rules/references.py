"""What is named exists: config maps, secrets and their keys, accounts, claims; and no secret stands in a manifest."""

import re
from collections.abc import Iterator
from typing import Final

from services.runtime import secret_files
from tests.deploy.manifests import NAMESPACE, Document, Manifests

SECRET_NAME: Final = "draagvlak"
"""The one Secret that an operator brings; its keys are the files of `draagvlak secrets init`."""

ROSTER_NAME: Final = "draagvlak-roster"
"""The Secret with the roster, where an overlay takes it from a file."""

PREVIOUS_NAME: Final = "draagvlak-previous-signing-secret"
"""The Secret with Slack's signing secret of before, while it changes."""

_CLUSTER_WIDE: Final = {"Namespace"}


def secret_files_made() -> frozenset[str]:
    """The files of `draagvlak secrets init`."""
    return frozenset(
        {*secret_files.generated(), *secret_files.DERIVED, *secret_files.YOURS, *secret_files.YOURS_IF_ASKED}
    )


def secret_keys(manifests: Manifests) -> dict[str, frozenset[str]]:
    """Secret -> its keys, whoever makes it: an operator by hand, a store, or Strimzi."""
    keys = {
        SECRET_NAME: secret_files_made(),
        ROSTER_NAME: frozenset({"roster.csv"}),
        PREVIOUS_NAME: frozenset({"slack-previous-signing-secret"}),
    }
    for external in manifests.of("ExternalSecret"):
        spec = external["spec"]
        keys[spec["target"]["name"]] = frozenset(entry["secretKey"] for entry in spec["data"])
    for sealed in manifests.of("SealedSecret"):
        keys[sealed["metadata"]["name"]] = frozenset(sealed["spec"]["encryptedData"])
    for kafka in manifests.of("Kafka"):
        keys[f"{kafka['metadata']['name']}-cluster-ca-cert"] = frozenset({"ca.crt"})
    for user in manifests.of("KafkaUser"):
        keys[user["metadata"]["name"]] = frozenset({"password", "sasl.jaas.config"})
    return keys


def references(manifests: Manifests) -> list[str]:
    """Every ConfigMap, Secret with its key, ServiceAccount and PersistentVolumeClaim that is named is there."""
    faults, secrets = [], secret_keys(manifests)
    there = {
        kind: {document["metadata"]["name"] for document in manifests.of(kind)}
        for kind in ("ConfigMap", "ServiceAccount", "PersistentVolumeClaim")
    }
    for pod in manifests.pods():
        account = pod.spec.get("serviceAccountName")
        if account and account not in there["ServiceAccount"]:
            faults.append(f"{pod.where}: there is no ServiceAccount {account}")
        for volume in pod.spec.get("volumes", []):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim and claim not in there["PersistentVolumeClaim"]:
                faults.append(f"{pod.where}: there is no PersistentVolumeClaim {claim}")
        mounted = {volume["name"] for volume in pod.spec.get("volumes", [])} | {"data"}
        for container in pod.containers:
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in mounted:
                    faults.append(f"{pod.where}: there is no volume {mount['name']}")
        faults += [
            f"{pod.where}: there is no ConfigMap {n}" for n in _config_maps(pod.spec) if n not in there["ConfigMap"]
        ]
        faults += [f"{pod.where}: {fault}" for fault in _missing(pod_secrets(pod.spec), secrets)]
    for document in manifests.of("KafkaUser"):
        password = document["spec"]["authentication"].get("password", {}).get("valueFrom", {}).get("secretKeyRef")
        named = [(password["name"], password["key"])] if password else []
        faults += [f"KafkaUser/{document['metadata']['name']}: {fault}" for fault in _missing(named, secrets)]
    for document in manifests.of("ClickHouseInstallation"):
        for key, value in document["spec"]["configuration"].get("users", {}).items():
            if "k8s_secret_" in key:
                namespace, name, entry = value.split("/")
                faults += [f"{key}: {fault}" for fault in _missing([(name, entry)], secrets)]
                faults += [f"{key}: {namespace} is another namespace"] if namespace != NAMESPACE else []
    return [*faults, *_keda(manifests, there["ConfigMap"], secrets)]


def _keda(manifests: Manifests, config_maps: set[str], secrets: dict[str, frozenset[str]]) -> list[str]:
    faults = []
    names = {document["metadata"]["name"] for document in manifests.of("TriggerAuthentication")}
    for scaler in manifests.of("ScaledObject"):
        for trigger in scaler["spec"]["triggers"]:
            if trigger["authenticationRef"]["name"] not in names:
                faults.append(f"ScaledObject/{scaler['metadata']['name']}: no such TriggerAuthentication")
    for document in manifests.of("TriggerAuthentication"):
        where = f"TriggerAuthentication/{document['metadata']['name']}"
        named = [(ref["name"], ref["key"]) for ref in document["spec"].get("secretTargetRef", [])]
        faults += [f"{where}: {fault}" for fault in _missing(named, secrets)]
        for ref in document["spec"].get("configMapTargetRef", []):
            if ref["name"] not in config_maps or ref["key"] not in manifests.get("ConfigMap", ref["name"])["data"]:
                faults.append(f"{where}: there is no ConfigMap {ref['name']} with {ref['key']}")
    return faults


def _missing(named: list[tuple[str, str]], secrets: dict[str, frozenset[str]]) -> Iterator[str]:
    for name, key in named:
        if name not in secrets:
            yield f"nobody makes the Secret {name}"
        elif key not in secrets[name]:
            yield f"the Secret {name} has no {key}"


def _config_maps(spec: Document) -> Iterator[str]:
    for volume in spec.get("volumes", []):
        if "configMap" in volume:
            yield volume["configMap"]["name"]
        for source in volume.get("projected", {}).get("sources", []):
            if "configMap" in source:
                yield source["configMap"]["name"]
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                yield source["configMapRef"]["name"]


def pod_secrets(spec: Document) -> list[tuple[str, str]]:
    """Name and key of each secret that the pod mounts."""
    named = []
    for volume in spec.get("volumes", []):
        for source in volume.get("projected", {}).get("sources", []):
            secret = source.get("secret")
            if secret:
                named += [(secret["name"], item["key"]) for item in secret.get("items", [])] or [(secret["name"], "*")]
        if "secret" in volume:
            items = volume["secret"].get("items", [])
            named += [(volume["secret"]["secretName"], item["key"]) for item in items] or [
                (volume["secret"]["secretName"], "*")
            ]
    return named


_TELLS: Final = re.compile(r"PASSWORD|TOKEN|SECRET|_KEY|CREDENTIAL", re.IGNORECASE)
_IS_A_PLACE: Final = re.compile(r"(_FILE|__FILE|_PASSWORDS)$|^GF_SECURITY_COOKIE")


def secrets(manifests: Manifests) -> list[str]:
    """No Secret with data stands here; a secret reaches a process as a file of its own, never as a variable."""
    faults = [f"Secret/{document['metadata']['name']}: stands in a manifest" for document in manifests.of("Secret")]
    for pod in manifests.pods():
        for container in pod.containers:
            for variable in container.get("env", []):
                name = variable["name"]
                if "secretKeyRef" in (variable.get("valueFrom") or {}):
                    faults.append(f"{pod.where}: {name} carries a secret in a variable")
                if _TELLS.search(name) and not _IS_A_PLACE.search(name):
                    faults.append(f"{pod.where}: {name} looks like a secret in a variable")
            if any("secretRef" in source for source in container.get("envFrom", [])):
                faults.append(f"{pod.where}: secrets as variables")
            for mount in container.get("volumeMounts", []):
                if mount["mountPath"].startswith("/run/secrets") and (
                    mount.get("readOnly") is not True or "subPath" in mount
                ):
                    faults.append(f"{pod.where}: {mount['mountPath']} is not mounted read-only and whole")
        for volume in pod.spec.get("volumes", []):
            if volume["name"] == "secrets" and volume.get("projected", {}).get("defaultMode") != 0o440:
                faults.append(f"{pod.where}: secrets can be read by others")
    for config_map in manifests.of("ConfigMap"):
        for key, value in config_map.get("data", {}).items():
            if _TELLS.search(key) and not _IS_A_PLACE.search(key):
                faults.append(f"ConfigMap/{config_map['metadata']['name']}: {key} looks like a secret")
            if re.search(r"xox[abp]-\w|xapp-\w|BEGIN [A-Z ]*PRIVATE KEY", value):
                faults.append(f"ConfigMap/{config_map['metadata']['name']}: {key} holds a secret")
    return faults


def namespace(manifests: Manifests) -> list[str]:
    """Everything lies in one namespace, which enforces *restricted*."""
    faults = [
        f"{document['kind']}/{document['metadata']['name']}: lies in {document['metadata'].get('namespace')}"
        for document in manifests.documents
        if document["kind"] not in _CLUSTER_WIDE and document["metadata"].get("namespace") != NAMESPACE
    ]
    own = manifests.find("Namespace", NAMESPACE)
    labels = own["metadata"].get("labels", {}) if own else {}
    if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
        faults.append(f"Namespace/{NAMESPACE}: does not enforce the level restricted")
    return faults
