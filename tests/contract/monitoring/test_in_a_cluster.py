"""The alerts that a cluster gets are those of deploy/monitoring, word for word."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from tests.deploy.manifests import K8S, ROOT, overlay

RULES = ROOT / "deploy" / "monitoring" / "draagvlak.rules.yaml"


@pytest.fixture
def wrapping() -> ModuleType:
    """The script that writes the object."""
    path = K8S / "components" / "service-monitors" / "wrap_rules.py"
    spec = importlib.util.spec_from_file_location("wrap_rules", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_object_is_what_the_script_writes(wrapping: ModuleType) -> None:
    target: Path = wrapping.TARGET
    assert target.read_text(encoding="utf-8") == wrapping.wrapped(RULES.read_text(encoding="utf-8")), "`make manifests`"


def test_a_file_without_groups_is_refused(wrapping: ModuleType) -> None:
    with pytest.raises(ValueError, match="groups"):
        wrapping.wrapped("rules: []\n")


@pytest.mark.needs("kustomize")
def test_a_cluster_gets_every_group_word_for_word() -> None:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    assert overlay("production").get("PrometheusRule", "draagvlak")["spec"]["groups"] == groups
    alerts = [rule["alert"] for group in groups for rule in group["rules"]]
    assert len(alerts) > 20


@pytest.mark.needs("kustomize")
def test_the_services_that_alerts_name_are_those_that_prometheus_reads() -> None:
    production = overlay("production")
    named = {line.split('service="')[1].split('"')[0] for line in RULES.read_text().splitlines() if 'service="' in line}
    read = {
        service["metadata"]["name"]
        for service in production.of("Service")
        if any(port["name"] == "telemetry" for port in service["spec"].get("ports", []))
    }
    assert named == read
