"""Alert rules as Grafana would evaluate them: on falling, rising, hidden and missing numbers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
import yaml

from grafana.building import PROVISIONING
from grafana.names import INFINITY
from grafana.plugin.alerting import State, evaluate
from grafana.plugin.filling import Period
from grafana.rules import leadership
from services.contracts.base import ROOT_ID
from services.metrics.released.copies import Copy
from services.metrics.released.documents import Document, Released
from tests.contract.grafana.organisations import empty, hidden, served, story


def now(copy: Copy) -> Period:
    """The three weeks that end two days after the last close: what a rule looks at on the day of the release."""
    if not copy.waves:
        return Period(*(story().waves[-1].closes_at + timedelta(days=d) for d in (-19, 2)))
    return Period(*(copy.waves[-1].closes_at + timedelta(days=d) for d in (-19, 2)))


def moved(copy: Copy, measure: str, points: float) -> Copy:
    """The same releases with the newest score of the organisation this far from that before."""
    *_, before, last = copy.history.documents
    score = before.cell[ROOT_ID, measure].score
    assert score is not None
    return _changed(
        copy, last, lambda cell: cell | {"score": score + points, "score_label": str(score + points)}, measure
    )


def _changed(copy: Copy, document: Document, change: Callable[[dict], dict], measure: str) -> Copy:
    content = orjson.loads(copy.releases[document.wave].content)
    content["cells"] = [
        change(cell) if (cell["node_id"], cell["measure"]) == (ROOT_ID, measure) else cell for cell in content["cells"]
    ]
    changed = Released.of(orjson.dumps(content), "0" * 64)
    return Copy(waves=copy.waves, releases={**copy.releases, document.wave: changed}, phases=copy.phases)


def answered(copy: Copy, band: str) -> Copy:
    """The same releases with another band of response in the newest."""
    last = copy.history.documents[-1]
    content = orjson.loads(copy.releases[last.wave].content)
    for one in content["responses"]:
        if one["node_id"] == ROOT_ID:
            one["response_band"] = band
    changed = Released.of(orjson.dumps(content), "0" * 64)
    return replace(Copy(waves=copy.waves, phases=copy.phases), releases={**copy.releases, last.wave: changed})


def state(uid: str, copy: Copy, folder: Path, period: Period | None = None) -> State:
    (rule,) = (rule for rule in leadership() if rule["uid"] == uid)
    with served(copy, folder) as one:
        return evaluate(rule, one.source, period or now(copy))


@pytest.mark.parametrize(
    ("points", "expected"),
    [(-15.0, State.NORMAL), (0.0, State.NORMAL), (2.0, State.NORMAL), (15.0, State.FIRING)],
    ids=["falling", "level", "up a little", "rising"],
)
def test_resistance_that_is_clearly_up_fires_and_nothing_else(points: float, expected: State, tmp_path: Path) -> None:
    copy = moved(story(), "resistance", points)
    assert state("draagvlak-resistance-up", copy, tmp_path) is expected


def test_it_fires_just_where_the_verdict_says_so(tmp_path: Path) -> None:
    verdicts = set()
    for points in range(-2, 14, 2):
        copy = moved(story(), "resistance", float(points))
        with served(copy, tmp_path) as one:
            rows = one.source.http.get(
                f"{one.source.url}/trends",
                params={"measure": "resistance"},
                headers={"Authorization": f"Bearer {one.source.token}"},
            ).json()
        fires = state("draagvlak-resistance-up", copy, tmp_path) is State.FIRING
        assert fires == (rows[-1]["verdict"] == "clearly up")
        verdicts.add(rows[-1]["verdict"])
    assert "clearly up" in verdicts
    assert len(verdicts) > 1


def test_a_rise_of_the_round_before_does_not_fire_once_the_newest_is_hidden(tmp_path: Path) -> None:
    copy = story()
    risen = moved(copy, "resistance", 15.0)
    last = risen.history.documents[-1]
    nulls = dict.fromkeys(
        ("score", "score_label", "low", "high", "n", "n_band", "response_band", "standard_error", "degrees_of_freedom")
    )
    suppressed = _changed(risen, last, lambda cell: cell | nulls | {"status": "too few answers"}, "resistance")
    assert state("draagvlak-resistance-up", suppressed, tmp_path) is State.NO_DATA


@pytest.mark.parametrize("uid", [rule["uid"] for rule in leadership()])
@pytest.mark.parametrize("copy", [hidden, empty])
def test_nothing_fires_where_nothing_is_shown(uid: str, copy: Callable[[], Copy], tmp_path: Path) -> None:
    assert state(uid, copy(), tmp_path) is State.NO_DATA


@pytest.mark.parametrize("uid", [rule["uid"] for rule in leadership()])
def test_nothing_fires_in_a_time_without_a_round(uid: str, tmp_path: Path) -> None:
    copy = moved(story(), "resistance", 15.0)
    long_after = Period(*(copy.waves[-1].closes_at + timedelta(days=d) for d in (60, 81)))
    assert state(uid, copy, tmp_path, long_after) is State.NO_DATA


@pytest.mark.parametrize(
    ("band", "expected"), [("< 30 %", State.FIRING), ("30-49 %", State.NORMAL), ("70+ %", State.NORMAL)]
)
def test_response_under_thirty_per_cent_fires(band: str, expected: State, tmp_path: Path) -> None:
    assert state("draagvlak-response-low", answered(story(), band), tmp_path) is expected


def test_rules_on_file_are_those_of_the_code_with_every_dollar_written_twice() -> None:
    text = (PROVISIONING / "alerting" / "rules.yaml").read_text(encoding="utf-8")
    groups = yaml.safe_load(text.replace("$$", "$"))["groups"]
    assert "$" in text
    assert "$" not in text.replace("$$", "")
    assert groups[0]["rules"] == leadership()
    assert {rule["uid"] for group in groups for rule in group["rules"]} == {
        "draagvlak-resistance-up",
        "draagvlak-response-low",
        "draagvlak-wave-overdue",
        "draagvlak-dead-letters",
        "draagvlak-lag",
    }
    for group in groups:
        for rule in group["rules"]:
            assert rule["annotations"]["description"]
            assert rule["annotations"]["summary_nl"]
            assert rule["noDataState"] == "OK"


def test_no_rule_uses_a_variable_of_a_dashboard() -> None:
    for rule in leadership():
        model = rule["data"][0]["model"]
        assert model["datasource"]["type"] == INFINITY
        for one in model["url_options"]["params"]:
            assert "${" not in one["value"] or one["value"].startswith("${__time")
