"""Metrics have one place: each says what it means and what to do, none can name anybody, and the page is its copy."""

import ast
import re
from pathlib import Path

import pytest

from services.runtime.metric_names import ALL
from services.runtime.metric_names.kinds import CounterMetric, HistogramMetric, Label, Metric, Unit
from services.runtime.metric_names.page import page

TELLING = ("member", "user", "person", "team", "node", "unit", "item", "question", "wave", "ballot", "campaign")
"""What a label must never hold: with it a counter of an open wave tells who answered, what, or which team has not."""

NARROWING = ("partition", "offset", "key", "channel", "workspace", "address", "event")
"""What narrows down a record, a person or a moment."""


def test_the_page_is_what_the_metrics_say() -> None:
    assert Path("docs/metrics.md").read_text(encoding="utf-8") == page(), "python -m services.runtime.metric_names"


def test_names_are_given_once() -> None:
    names = [metric.name for metric in ALL]
    assert len(names) == len(set(names)) >= 50


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_every_metric_says_what_it_means_and_what_to_do(metric: Metric) -> None:
    assert metric.means.endswith((".", ")", "”."))
    assert metric.do.endswith(".")
    assert len(metric.means) > 15
    assert len(metric.do) > 5
    service = metric.service.value if metric.service else ""
    prefix = {"pulse-bot": "bot", "ingest": "(ingest|gateway)", "metrics": "metrics", "release-watch": "release"}
    assert re.match(f"draagvlak_{prefix.get(service, 'build')}_", metric.name)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_a_name_tells_the_unit_as_prometheus_wants_it(metric: Metric) -> None:
    assert metric.name.endswith("_total") is isinstance(metric, CounterMetric)
    assert metric.name.endswith("_seconds") is (metric.unit in (Unit.SECONDS, Unit.UNIX_SECONDS))
    assert metric.name.endswith("_timestamp_seconds") is (metric.unit is Unit.UNIX_SECONDS)
    if isinstance(metric, HistogramMetric):
        assert list(metric.buckets) == sorted(metric.buckets)
        assert metric.buckets


def test_no_label_can_name_anybody_or_narrow_anything_down() -> None:
    for label in Label:
        assert not any(word in label.value for word in TELLING + NARROWING), label
    assert all(isinstance(label, Label) for metric in ALL for label in metric.labels)


def test_no_service_makes_a_metric_of_its_own() -> None:
    made = []
    for path in Path("services").rglob("*.py"):
        if path == Path("services/runtime/metric_names/kinds.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in {
                "Counter",
                "Gauge",
                "Histogram",
                "Summary",
                "Enum",
                "Info",
            }:
                made.append((path, node))
    imports = {path for path, _ in made if "prometheus_client import" in path.read_text(encoding="utf-8")}
    assert imports == set(), "make it in services/runtime/metric_names"
    assert made, "collections.Counter is used somewhere: the search finds calls"
