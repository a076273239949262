"""Ways to break rendered manifests: each changes one thing in a copy."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.deploy.manifests import Document, Manifests

Change = Callable[[Manifests], None]
Step = str | int


def broken(manifests: Manifests, change: Change) -> Manifests:
    """A copy with one thing changed."""
    copy = Manifests(manifests.overlay, deepcopy(manifests.documents))
    change(copy)
    return copy


def at(document: Any, *path: Step) -> Any:
    """What lies at a path of keys and positions."""
    for step in path:
        document = document[step]
    return document


def put(kind: str, name: str, *path: Step, to: Any) -> Change:
    """Set what lies at a path of an object."""

    def change(manifests: Manifests) -> None:
        at(manifests.get(kind, name), *path[:-1])[path[-1]] = to

    return change


def drop(kind: str, name: str, *path: Step) -> Change:
    """Take away what lies at a path of an object."""

    def change(manifests: Manifests) -> None:
        del at(manifests.get(kind, name), *path[:-1])[path[-1]]

    return change


def more(kind: str, name: str, *path: Step, of: Any) -> Change:
    """Add to the list at a path of an object."""

    def change(manifests: Manifests) -> None:
        at(manifests.get(kind, name), *path).append(of)

    return change


def gone(kind: str, name: str) -> Change:
    """Take an object away."""
    return lambda manifests: manifests.documents.remove(manifests.get(kind, name))


def added(document: Document) -> Change:
    """Add an object to the namespace."""

    def change(manifests: Manifests) -> None:
        document.setdefault("metadata", {}).setdefault("namespace", "draagvlak")
        manifests.documents.append(deepcopy(document))

    return change


POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)


def variable(name: str, value: str) -> Change:
    """Give a variable of a service another value."""

    def change(manifests: Manifests) -> None:
        for deployment in manifests.of("Deployment", "Job", "CronJob"):
            spec = deployment["spec"].get("jobTemplate", deployment)["spec"]["template"]["spec"]
            for one in spec["containers"][0].get("env", []):
                if one["name"] == name:
                    one["value"] = value
                    return
        raise LookupError(name)

    return change


def without_variable(workload: str, name: str) -> Change:
    """Take a variable of a service away."""

    def change(manifests: Manifests) -> None:
        container = at(manifests.get("Deployment", workload), *CONTAINER)
        left = [one for one in container["env"] if one["name"] != name]
        assert len(left) == len(container["env"]) - 1, name
        container["env"] = left

    return change
