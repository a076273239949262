"""Provisioning: closed sources, uids that resolve, no secret; and only metrics that exist."""

import json
import re
from pathlib import Path

import pytest
import yaml

from grafana.building import GENERATED, PROVISIONING
from grafana.names import METRICS_UID, PROMETHEUS_UID
from grafana.provisioning_files import FOLDERS, provisioning
from grafana.rules import operations
from services.runtime.metric_names import ALL

SOURCES = yaml.safe_load((PROVISIONING / "datasources" / "draagvlak.yaml").read_text(encoding="utf-8"))["datasources"]
NAME = re.compile(r"\bdraagvlak_[a-z_]+")
LABELS = re.compile(r"by \(([\w, ]+)\)")


def test_the_source_of_metrics_is_closed() -> None:
    (source,) = (one for one in SOURCES if one["uid"] == METRICS_UID)
    settings = source["jsonData"]
    host, slash, path = source["url"].partition("//")[2].partition("/")
    assert host
    assert slash
    assert path == "v1", "without a path of its own, a query could carry the token to another host"
    assert settings["allowedHosts"] == [f"{source['url']}/"]
    assert settings["unsecuredQueryHandling"] == "deny"
    assert settings["auth_method"] == "bearerToken"
    assert settings["customHealthCheckEnabled"]
    assert settings["customHealthCheckUrl"].startswith(settings["allowedHosts"][0])
    assert source["editable"] is False


def test_no_secret_stands_in_a_file() -> None:
    for path in PROVISIONING.rglob("*.yaml*"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for secret in secrets(content):
            assert re.fullmatch(r"\$__file\{/[\w/-]+\}", secret), f"{path.name} holds {secret[:3]}…"
    assert list(secrets({"datasources": SOURCES}))


def secrets(content: object) -> list[str]:
    if isinstance(content, dict):
        found = [str(v) for v in content.get("secureJsonData", {}).values()]
        found += [
            str(v) for k, v in content.items() if re.search("(?i)password|token$|secret$", k) and isinstance(v, str)
        ]
        return found + [one for k, v in content.items() if k != "secureJsonData" for one in secrets(v)]
    return [one for v in content for one in secrets(v)] if isinstance(content, list) else []


def test_uids_resolve() -> None:
    known = {one["uid"] for one in SOURCES}
    assert known == {METRICS_UID, PROMETHEUS_UID}
    for path in GENERATED.rglob("*.json"):
        assert set(re.findall(r'"datasource": \{[^}]*"uid": "([^"]+)"', path.read_text(encoding="utf-8"))) <= known
    rules = yaml.safe_load((PROVISIONING / "alerting" / "rules.yaml").read_text(encoding="utf-8"))
    asked = {part["datasourceUid"] for group in rules["groups"] for rule in group["rules"] for part in rule["data"]}
    assert asked == known | {"__expr__"}


def test_dashboards_are_read_from_where_they_are() -> None:
    content = yaml.safe_load((PROVISIONING / "dashboards" / "draagvlak.yaml").read_text(encoding="utf-8"))
    folders = {Path(one["options"]["path"]).relative_to("/etc/draagvlak/dashboards") for one in content["providers"]}
    assert folders == {path.parent.relative_to(GENERATED) for path in GENERATED.rglob("*.json")}
    assert all(one["disableDeletion"] and not one["allowUiUpdates"] for one in content["providers"])
    titles = [title for title, _ in FOLDERS.values()]
    rules = yaml.safe_load((PROVISIONING / "alerting" / "rules.yaml").read_text(encoding="utf-8"))
    assert {group["folder"] for group in rules["groups"]} <= set(titles)
    assert len({uid for _, uid in FOLDERS.values()}) == len(FOLDERS)


def test_another_place_changes_every_mention_of_it() -> None:
    files = provisioning(metrics_url="https://metrics.example/v1", token_file="/x/token", dashboards="/y")
    text = files["datasources/draagvlak.yaml"]
    assert "http://metrics" not in text
    assert "$__file{/x/token}" in text
    assert "/etc/draagvlak" not in files["dashboards/draagvlak.yaml"]


def metrics() -> dict[str, set[str]]:
    """Name of every series of our services as Prometheus has it -> its labels."""
    return {name: set(metric.label_names) for metric in ALL for name in metric.samples}


def expressions() -> list[str]:
    boards = [json.loads(path.read_text(encoding="utf-8")) for path in GENERATED.rglob("operations.json")]
    asked = [q["expr"] for board in boards for panel in board["panels"] for q in panel.get("targets", ())]
    return [*asked, *(rule["data"][0]["model"]["expr"] for rule in operations())]


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_metric_that_is_asked_for_exists_with_its_labels(expression: str) -> None:
    known = metrics()
    used = NAME.findall(expression)
    assert used
    for name in used:
        assert name in known, f"{name} is not in services/runtime/metric_names"
    for group in LABELS.findall(expression):
        for label in {one.strip() for one in group.split(",")} - {"le"}:
            assert all(label in known[name] for name in used), f"{used[0]} has no label {label}"
    assert expression.count("(") == expression.count(")")
