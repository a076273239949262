"""What an overlay may add beside the two that are there: desks, a roster from a file, the signing secret of before."""

import shutil
from pathlib import Path

import pytest

from services.pulse_bot.settings import ServingSettings
from tests.deploy import schemas
from tests.deploy.breaking import broken, drop, gone, put
from tests.deploy.manifests import K8S, OVERLAYS, ROOT, Manifests, documents, rendered
from tests.deploy.rules import RULES
from tests.deploy.rules.settings import environment, mounted_files, told

pytestmark = pytest.mark.needs("kustomize")

FURTHER = ("desks", "roster-file", "previous-signing-secret")


@pytest.fixture(scope="module", params=OVERLAYS)
def extended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Manifests:
    """An overlay with every further component."""
    return with_components(request.param, FURTHER, tmp_path_factory.mktemp("checkout"))


def with_components(overlay: str, names: tuple[str, ...], checkout: Path) -> Manifests:
    """An overlay as a copy of it would be that adds these components."""
    for part in ("deploy/k8s", "grafana"):
        shutil.copytree(ROOT / part, checkout / part, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    folder = checkout / "deploy/k8s/overlays" / overlay
    kustomization = folder / "kustomization.yaml"
    further = "".join(f"  - ../../components/{name}\n" for name in names)
    text, last = kustomization.read_text(encoding="utf-8"), "  - ../../components/clickhouse-altinity\n"
    assert last in text
    kustomization.write_text(text.replace(last, last + further))
    return Manifests(overlay, documents(rendered(folder)))


@pytest.mark.parametrize("rule", RULES)
def test_with_further_components_an_overlay_keeps_the_rule_of(rule: str, extended: Manifests) -> None:
    assert RULES[rule](extended) == []


def test_an_api_server_takes_what_they_add(extended: Manifests) -> None:
    added = [extended.get("CronJob", name) for name in ("dead-letters", "import")]
    assert [
        fault for one in added for version in schemas.VERSIONS for fault in schemas.kubernetes_faults(one, version)
    ] == []


def test_the_bot_reads_the_roster_from_a_secret(extended: Manifests) -> None:
    bot = next(pod for pod in extended.pods() if pod.workload == "pulse-bot")
    assert environment(extended, bot)["DRAAGVLAK_ROSTER_FILE"] in mounted_files(bot)


def test_while_slack_changes_its_signing_secret_the_bot_reads_the_one_before_too(extended: Manifests) -> None:
    bot = next(pod for pod in extended.pods() if pod.workload == "pulse-bot")
    settings = told(extended, bot)
    assert isinstance(settings, ServingSettings)
    assert settings.slack_previous_signing_secret_file is not None
    assert settings.slack_previous_signing_secret_file.name == "slack-previous-signing-secret"
    assert environment(extended, bot)["DRAAGVLAK_SLACK_PREVIOUS_SIGNING_SECRET_FILE"] in mounted_files(bot)


def test_one_node_gets_every_secret_that_its_pods_mount_from_a_vault_too(tmp_path: Path) -> None:
    single = with_components("single-node", ("external-secrets",), tmp_path)
    assert len(single.of("ExternalSecret")) == 1
    assert {name: faults for name, rule in RULES.items() if (faults := rule(single))} == {}


@pytest.mark.parametrize(
    ("rule", "says", "change"),
    [
        ("jobs", "never run by themselves", drop("CronJob", "dead-letters", "spec", "suspend")),
        ("network", "import -> kafka:9093 is not open", gone("NetworkPolicy", "import-to-kafka-in")),
        ("listener", "not", drop("Kafka", "kafka", "spec", "kafka", "listeners", 0, "networkPolicyPeers", -1)),
        (
            "restricted",
            "may run as root",
            put("CronJob", "import", *("spec", "jobTemplate", "spec", "template", "spec", "securityContext"), to={}),
        ),
    ],
)
def test_a_broken_desk_is_caught(rule: str, says: str, change: object, extended: Manifests) -> None:
    complaints = RULES[rule](broken(extended, change))  # type: ignore[arg-type]
    assert [complaint for complaint in complaints if says in complaint], complaints


def test_every_component_is_in_an_overlay_or_tried_here() -> None:
    used = "".join((K8S / "overlays" / name / "kustomization.yaml").read_text(encoding="utf-8") for name in OVERLAYS)
    components = {
        path.parent.relative_to(K8S / "components").as_posix()
        for path in Path(K8S).glob("components/**/kustomization.yaml")
    }
    assert {name for name in components if f"components/{name}\n" not in used} == {*FURTHER, "sealed-secrets"}
