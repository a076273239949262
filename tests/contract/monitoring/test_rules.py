"""Every alert fires on what it should and stays silent on what it should not, as Prometheus itself computes it."""

import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from services.runtime.metric_names import ALL
from services.runtime.metric_names.kinds import Label
from tests.contract.monitoring.cases import CASES, Case

RULES: Final = Path("deploy/monitoring/draagvlak.rules.yaml")
ALERTS: Final[dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
RUNBOOKS: Final = Path("docs/runbooks")
SERIES: Final = {name: set(metric.label_names) for metric in ALL for name in metric.samples}
OF_EVERY_TARGET: Final = {"job", "instance"}
OF_THE_LIBRARY: Final = {"process_start_time_seconds"}


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)


def as_test(case: Case) -> dict[str, Any]:
    """The case as promtool reads it."""
    rule = ALERTS[case.alert]
    firing = [
        {"exp_labels": rule["labels"] | dict(labels), "exp_annotations": rule["annotations"]} for labels in case.firing
    ]
    return {
        "name": f"{case.alert}: {case.name}",
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in case.series.items()],
        "alert_rule_test": [{"eval_time": f"{case.at}m", "alertname": case.alert, "exp_alerts": firing}],
    }


def judged(folder: Path, cases: tuple[Case, ...]) -> subprocess.CompletedProcess[str]:
    tests = {"rule_files": [str(RULES.resolve())], "evaluation_interval": "1m", "tests": [as_test(c) for c in cases]}
    file = folder / "tests.yaml"
    file.write_text(yaml.safe_dump(tests, allow_unicode=True), encoding="utf-8")
    return promtool("test", "rules", file)


@pytest.mark.needs("promtool")
def test_prometheus_understands_the_rules() -> None:
    answer = promtool("check", "rules", RULES)
    assert answer.returncode == 0, answer.stderr
    assert f"{len(ALERTS)} rules found" in answer.stdout


@pytest.mark.needs("promtool")
def test_every_alert_fires_on_what_it_should_and_on_nothing_else(tmp_path: Path) -> None:
    answer = judged(tmp_path, CASES)
    assert answer.returncode == 0, answer.stderr + answer.stdout


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("firing", [True, False])
def test_the_judge_sees_an_alert_that_is_missing_or_too_many(tmp_path: Path, firing: bool) -> None:
    case = next(case for case in CASES if bool(case.firing) is firing)
    turned = Case(case.name, case.alert, case.series, case.at, () if firing else ({"service": "ingest"},))
    assert judged(tmp_path, (turned,)).returncode != 0


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_tried_both_ways(alert: str) -> None:
    outcomes = {bool(case.firing) for case in CASES if case.alert == alert}
    assert outcomes == {True, False}


def test_no_case_is_of_an_alert_that_is_gone() -> None:
    assert {case.alert for case in CASES} == ALERTS.keys()


def asked(expression: str) -> list[tuple[str, str]]:
    """The series that an expression names, each with what stands in its braces."""
    return re.findall(r"\b((?:draagvlak|process|python)_\w+)(?:\{([^}]*)\})?", expression)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_expression_asks_for_metrics_and_labels_that_exist(alert: str) -> None:
    expression = ALERTS[alert]["expr"]
    named = asked(expression)
    assert named
    for name, matchers in named:
        assert name in SERIES or name in OF_THE_LIBRARY, f"{name} is not in services/runtime/metric_names"
        for label in re.findall(r'(\w+)\s*(?:=~|!=|!~|=)\s*"', matchers):
            assert label in SERIES[name]
    known = {label.value for label in Label} | OF_EVERY_TARGET | {"le"}
    for group in re.findall(r"(?:by|on|group_left) ?\(([^)]*)\)", expression):
        assert {one.strip() for one in group.split(",") if one.strip()} <= known


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_in_two_languages_what_it_is_and_where_its_page_lies(alert: str) -> None:
    rule = ALERTS[alert]
    assert alert.startswith("Draagvlak")
    assert rule["labels"] == {"severity": rule["labels"]["severity"], "product": "draagvlak"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    annotations = rule["annotations"]
    assert annotations.keys() == {"summary", "summary_nl", "description", "runbook_url"}
    assert annotations["runbook_url"] == f"docs/runbooks/{alert}.md"
    assert all(text.rstrip().endswith((".", ".md")) for text in annotations.values())
    assert not any("{{" in text for text in annotations.values()), "labels tell the rest, and every one of them is safe"


PARTS = ["## What it means", "## Who is hurt", "## First look", "## Mend", "## When to call whom"]


@pytest.mark.parametrize("alert", ALERTS)
def test_the_page_of_an_alert_answers_what_is_asked_at_night(alert: str) -> None:
    page = (RUNBOOKS / f"{alert}.md").read_text(encoding="utf-8")
    rule = ALERTS[alert]
    flat = " ".join(page.split())
    assert page.startswith(f"# {alert}\n")
    assert [line for line in page.splitlines() if line.startswith("## ")] == PARTS
    assert f"**{rule['annotations']['summary']}** ({rule['labels']['severity']}:" in flat
    assert f"*{rule['annotations']['summary_nl']}*" in flat
    assert "Never look at raw answers" in flat


def test_every_page_has_its_alert_and_the_overview_names_them_all() -> None:
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == ALERTS.keys()
    overview = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    for alert, rule in ALERTS.items():
        notes = rule["annotations"]
        assert (
            f"| [{alert}]({alert}.md) | {rule['labels']['severity']} | {notes['summary']} | {notes['summary_nl']} |"
            in overview
        )


def test_links_of_the_pages_lead_somewhere() -> None:
    for path in RUNBOOKS.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).resolve().exists(), f"{path.name}: {target}"
