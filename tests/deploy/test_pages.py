"""What pages tell an operator of Kubernetes is so in the manifests."""

import re

import pytest

from tests.deploy.manifests import OVERLAYS, ROOT, overlay

pytestmark = pytest.mark.needs("kustomize")

OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OVERLAYS)
def test_only_the_users_that_the_page_names_have_a_password_of_strimzis_making(name: str) -> None:
    (row,) = re.findall(r"^\| Kafka passwords \|.*$", OPERATIONS, re.MULTILINE)
    (named,) = re.findall(r"Of Strimzi's own making is that of `([\w-]+)` alone", row)
    own = {
        user["metadata"]["name"]
        for user in overlay(name).of("KafkaUser")
        if user["spec"]["authentication"].get("password", {}).get("valueFrom", {}).get("secretKeyRef", {}).get("name")
        != "draagvlak"
    }
    assert own <= {named}
    assert own or name == "single-node"


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_page_builds_grafana_under_the_name_that_the_cluster_wants(name: str) -> None:
    (pod,) = [pod for pod in overlay(name).pods() if pod.workload == "grafana"]
    page = (ROOT / "docs/grafana.md").read_text(encoding="utf-8")
    assert re.findall(r"-t (draagvlak-grafana\S*)", page) == [pod.containers[0]["image"]]
