"""Every overlay keeps every rule, and every object in it is what its schema says."""

from pathlib import Path

import pytest

from tests.deploy import schemas
from tests.deploy.manifests import OVERLAYS, overlay
from tests.deploy.rules import RULES

pytestmark = pytest.mark.needs("kustomize")


@pytest.fixture(scope="module")
def definitions(shared: Path) -> schemas.Definitions:
    """What operators define, and what we write down ourselves."""
    return schemas.Definitions(shared / "crds", schemas.OURS)


@pytest.mark.parametrize("name", OVERLAYS)
@pytest.mark.parametrize("rule", RULES)
def test_an_overlay_keeps_the_rule_of(rule: str, name: str) -> None:
    assert RULES[rule](overlay(name)) == []


@pytest.mark.parametrize("version", schemas.VERSIONS)
@pytest.mark.parametrize("name", OVERLAYS)
def test_a_strict_api_server_takes_every_object(name: str, version: str) -> None:
    own = [document for document in overlay(name).documents if not schemas.is_custom(document)]
    assert len(own) > 60
    assert [fault for document in own for fault in schemas.kubernetes_faults(document, version)] == []


@pytest.mark.needs("shared")
@pytest.mark.parametrize("name", OVERLAYS)
def test_operators_take_every_object_of_theirs(name: str, definitions: schemas.Definitions) -> None:
    custom = [document for document in overlay(name).documents if schemas.is_custom(document)]
    assert len(custom) > 12
    assert [fault for document in custom for fault in definitions.faults(document)] == []


@pytest.mark.parametrize("name", OVERLAYS)
def test_no_object_is_there_twice(name: str) -> None:
    names = [schemas.name_of(document) for document in overlay(name).documents]
    assert sorted(set(names)) == sorted(names)


def test_production_has_every_component_but_the_other_way_of_secrets() -> None:
    kinds = {document["kind"] for document in overlay("production").documents}
    assert kinds >= {
        "ClickHouseInstallation",
        "ClickHouseKeeperInstallation",
        "CronJob",
        "ExternalSecret",
        "HTTPRoute",
        "HorizontalPodAutoscaler",
        "Kafka",
        "KafkaNodePool",
        "KafkaTopic",
        "KafkaUser",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "PrometheusRule",
        "ScaledObject",
        "ServiceMonitor",
        "StatefulSet",
        "TriggerAuthentication",
    }
