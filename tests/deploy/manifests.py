"""What an overlay renders to, and the pods that come of it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
K8S: Final = ROOT / "deploy" / "k8s"
OVERLAYS: Final = tuple(sorted(path.name for path in (K8S / "overlays").iterdir() if path.is_dir()))
NAMESPACE: Final = "draagvlak"

Document = dict[str, Any]


class Loader(yaml.CSafeLoader):
    """As fast as libyaml; a lone ``=`` is a text, as in the definitions of some operators."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


def documents(text: str) -> list[Document]:
    """The documents of a YAML stream, empty ones left out."""
    return [document for document in yaml.load_all(text, Loader) if document]


def kustomize() -> list[str] | None:
    """The command that renders a folder: of this environment, else of the machine; None where there is none."""
    for command, arguments in (
        (str(Path(sys.executable).with_name("kubectl")), ["kustomize"]),
        ("kustomize", ["build"]),
    ):
        found = shutil.which(command)
        if found:
            return [found, *arguments]
    found = shutil.which("kubectl")
    return [found, "kustomize"] if found else None


def rendered(folder: Path) -> str:
    """What kustomize makes of a folder."""
    command = kustomize()
    assert command is not None, "no kustomize on this machine"
    run = subprocess.run([*command, str(folder)], check=False, capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stderr
    return run.stdout


@dataclass(frozen=True)
class Pod:
    """A pod that will run: whose, with which labels, and its spec. ``ours``: from our own images or charts."""

    kind: str
    name: str
    labels: Mapping[str, str]
    spec: Document
    ours: bool = True
    complete: bool = True
    """False where an operator adds the rest: images, probes, volumes."""

    @property
    def where(self) -> str:
        """For a complaint."""
        return f"{self.kind}/{self.name}"

    @property
    def workload(self) -> str:
        """The name that policies know it by."""
        return self.labels.get("app.kubernetes.io/name", "")

    @property
    def containers(self) -> list[Document]:
        """Every container, those of the start included."""
        return [*self.spec.get("initContainers", []), *self.spec.get("containers", [])]


@dataclass(frozen=True)
class Manifests:
    """All objects of an overlay."""

    overlay: str
    documents: list[Document] = field(repr=False)

    def of(self, *kinds: str) -> list[Document]:
        """The objects of these kinds."""
        return [document for document in self.documents if document.get("kind") in kinds]

    def find(self, kind: str, name: str) -> Document | None:
        """The object of this kind and name, or None."""
        return next((d for d in self.of(kind) if d["metadata"]["name"] == name), None)

    def get(self, kind: str, name: str) -> Document:
        """The object of this kind and name; generated names count without their hash. Raises LookupError."""
        found = [d for d in self.of(kind) if d["metadata"]["name"] == name or _unhashed(d["metadata"]["name"]) == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} {kind} {name}")
        return found[0]

    def pods(self) -> list[Pod]:
        """Every pod that our workloads and the operators' resources ask for."""
        return [*self._own(), *self._clickhouse(), *self._kafka()]

    def _own(self) -> Iterator[Pod]:
        for document in self.of("Deployment", "StatefulSet", "Job", "CronJob"):
            spec = document["spec"]
            template = (spec["jobTemplate"]["spec"] if document["kind"] == "CronJob" else spec)["template"]
            labels = template.get("metadata", {}).get("labels", {})
            yield Pod(document["kind"], document["metadata"]["name"], labels, template["spec"])

    def _clickhouse(self) -> Iterator[Pod]:
        for document in self.of("ClickHouseInstallation", "ClickHouseKeeperInstallation"):
            for template in document["spec"]["templates"]["podTemplates"]:
                labels = template.get("metadata", {}).get("labels", {})
                yield Pod(document["kind"], template["name"], labels, template["spec"], ours=False)

    def _kafka(self) -> Iterator[Pod]:
        for document in self.of("KafkaNodePool"):
            template = document["spec"]["template"]
            container = {
                "name": "kafka",
                "resources": document["spec"].get("resources", {}),
                "securityContext": template.get("kafkaContainer", {}).get("securityContext", {}),
            }
            yield _of_strimzi(document, template["pod"], [container])
        for document in self.of("Kafka"):
            operator = document["spec"]["entityOperator"]
            containers = [
                {
                    "name": part,
                    "resources": operator[part].get("resources", {}),
                    "securityContext": operator["template"].get(f"{part}Container", {}).get("securityContext", {}),
                }
                for part in ("topicOperator", "userOperator")
            ]
            yield _of_strimzi(document, operator["template"]["pod"], containers)


def _of_strimzi(document: Document, pod: Document, containers: list[Document]) -> Pod:
    labels = pod.get("metadata", {}).get("labels", {})
    spec = {"securityContext": pod.get("securityContext", {}), "containers": containers}
    return Pod(document["kind"], document["metadata"]["name"], labels, spec, ours=False, complete=False)


def _unhashed(name: str) -> str:
    base, _, last = name.rpartition("-")
    return base if len(last) == 10 and last.isalnum() else name


@cache
def overlay(name: str) -> Manifests:
    """An overlay, rendered once a process. Change a copy of it, never itself."""
    return Manifests(name, documents(rendered(K8S / "overlays" / name)))
