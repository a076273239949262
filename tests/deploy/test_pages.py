"""What pages tell an operator is so in the manifests and in compose."""

import re

import pytest

from tests.deploy import schemas
from tests.deploy.manifests import OVERLAYS, ROOT, Document, documents, overlay
from tests.deploy.rules.settings import PORTS

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


def examples(page: str) -> list[Document]:
    """The YAML on a page of docs, in order."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [
        one for block in re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE) for one in documents(block)
    ]


def test_the_policy_to_a_collector_lets_every_service_out() -> None:
    (policy,) = examples("tracing.md")
    assert [fault for version in schemas.VERSIONS for fault in schemas.kubernetes_faults(policy, version)] == []
    (who,) = policy["spec"]["podSelector"]["matchExpressions"]
    assert (who["key"], set(who["values"])) == ("app.kubernetes.io/name", set(PORTS))


def test_the_prometheus_that_the_page_attaches_reads_every_service_of_compose() -> None:
    (compose,) = documents((ROOT / "deploy/compose/compose.yaml").read_text(encoding="utf-8"))
    (prometheus,) = examples("operations.md")
    (job,) = prometheus["scrape_configs"]
    (targets,) = [static["targets"] for static in job["static_configs"]]
    port = compose["x-common"]["DRAAGVLAK_TELEMETRY_PORT"]
    assert set(targets) == {f"{name}:{port}" for name in PORTS}
    assert all("data" in compose["services"][name]["networks"] for name in PORTS)
    assert "front" in compose["services"]["grafana"]["networks"]
    assert [ROOT.joinpath("deploy/monitoring", file).exists() for file in prometheus["rule_files"]] == [True]
    networks = set(re.findall(r"^docker network connect --alias prometheus (\S+)", OPERATIONS, re.MULTILINE))
    assert networks == {f"{compose['name']}_{network}" for network in ("data", "front")}
