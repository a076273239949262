"""Objects against schemas: Kubernetes' own, the operators' definitions, and ours where neither is at hand.

What judges them is imported by the first test that asks: that takes three seconds, which other tests do not need.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from tests.deploy.manifests import Document, documents

VERSIONS: Final = ("1.30", "1.37")
"""The oldest Kubernetes that we support, and the newest."""

OURS: Final = Path(__file__).with_name("schemas")
"""Schemas of kinds whose definitions are not public data beside this repository: only the fields that we use."""


@cache
def _kubernetes() -> Any:
    """Judges objects of Kubernetes' own kinds; each schema is read once."""
    utilities = import_module("kubernetes_validate.utils")
    utilities.schema_contents = cache(utilities.schema_contents)
    return import_module("kubernetes_validate")


def name_of(document: Document) -> str:
    """For a complaint."""
    return f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"


def is_custom(document: Document) -> bool:
    """Whether an operator defines its kind, and not Kubernetes."""
    group = document["apiVersion"].partition("/")[0] if "/" in document["apiVersion"] else ""
    return ("." in group and not group.endswith(".k8s.io")) or group == "gateway.networking.k8s.io"


def kubernetes_faults(document: Document, version: str) -> list[str]:
    """What a strict API server of this version would say of an object of its own kinds."""
    kubernetes_validate = _kubernetes()
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as fault:
        return [f"{name_of(document)}: {'.'.join(map(str, fault.path))}: {fault.message}"]
    except kubernetes_validate.SchemaNotFoundError as fault:
        return [f"{name_of(document)}: {fault.message}"]
    return []


class Definitions:
    """The kinds that operators define, from files of CustomResourceDefinitions and of our own schemas."""

    def __init__(self, *folders: Path) -> None:
        self._schemas: dict[tuple[str, str], Any] = {}
        for path in sorted(path for folder in folders for path in folder.glob("*.yaml")):
            for definition in documents(path.read_text(encoding="utf-8")):
                self._add(definition)

    def faults(self, document: Document) -> list[str]:
        """What the API server would say; CEL rules are not looked at."""
        validator = self._schemas.get((document["apiVersion"], document["kind"]))
        if validator is None:
            return [f"{name_of(document)}: nothing defines {document['apiVersion']} {document['kind']}"]
        return [
            f"{name_of(document)}: {'.'.join(map(str, fault.absolute_path))}: {fault.message}"
            for fault in validator.iter_errors(document)
        ]

    def _add(self, definition: Document) -> None:
        validator = import_module("jsonschema").Draft202012Validator
        spec = definition["spec"]
        for version in spec["versions"]:
            if version.get("served", True):
                key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                self._schemas[key] = validator(closed(version["schema"]["openAPIV3Schema"], top=True))


def closed(schema: Document, *, top: bool = False) -> Document:
    """An openAPIV3Schema as JSON schema: closed where properties are named, with int-or-string and nullable."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    result: dict[str, Any] = {
        key: value
        for key, value in schema.items()
        if key in ("type", "enum", "required", "pattern") or key[:3] == "min" or key[:3] == "max"
    }
    if "properties" in schema:
        result["properties"] = {name: closed(inner) for name, inner in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            result["additionalProperties"] = False
    if isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = closed(schema["additionalProperties"])
    if "items" in schema:
        result["items"] = closed(schema["items"])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            result[several] = [dict(_constraints(inner)) for inner in schema[several]]
    if top:
        result["properties"] = {**result.get("properties", {}), "metadata": {"type": "object"}}
        for name in ("apiVersion", "kind"):
            result["properties"].setdefault(name, {"type": "string"})
        result["required"] = sorted({*result.get("required", []), "apiVersion", "kind", "metadata"})
    return {"anyOf": [result, {"type": "null"}]} if schema.get("nullable") else result


def _constraints(schema: Document) -> Iterator[tuple[str, Any]]:
    """The alternatives of a structural schema only require and forbid; they close nothing."""
    for key, value in schema.items():
        if key == "properties":
            yield key, {name: dict(_constraints(inner)) for name, inner in value.items()}
        elif key in ("required", "enum", "pattern", "type"):
            yield key, value
        elif key == "not":
            yield key, dict(_constraints(value))
