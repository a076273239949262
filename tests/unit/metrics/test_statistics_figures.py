"""Figures computed elsewhere (R's psych and survey, statsmodels) that the formulas are held to."""

import csv
import math
import statistics
from pathlib import Path

import pytest

from services.metrics.statistics.drivers import driver_estimate, pair_sums
from services.metrics.statistics.intervals import mean_interval, share_interval, standard_error
from services.metrics.statistics.reliability import cronbach_alpha
from services.metrics.statistics.scores import Measure, ScoredItem

TOLERANCE = 1e-6
JOB_AT_STAKE = {"WS31": 30, "WS34": 33, "WS37": 36}
"""Item -> position of its column in the worker survey."""
POINTS = {"Not at all": 1, "Somewhat": 2, "Absolutely": 3}
MEASURE = Measure("job_security", tuple(ScoredItem(name, 3, reverse=False) for name in JOB_AT_STAKE))


def workers(shared: Path, domain: str | None = None) -> list[dict[str, int]]:
    with (shared / "data" / "worker_robotics_survey.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [
        {item: POINTS[row[column]] for item, column in JOB_AT_STAKE.items()}
        for row in rows
        if domain is None or row[5] == domain
    ]


@pytest.mark.needs("shared")
def test_the_worker_survey_has_the_alpha_mean_and_deviation_of_the_oracle(shared: Path) -> None:
    ballots = workers(shared)
    pairs = pair_sums(list(JOB_AT_STAKE), ballots)
    estimate = driver_estimate(MEASURE, pairs)
    assert estimate is not None
    assert cronbach_alpha(MEASURE, pairs) == pytest.approx(0.7805983, abs=TOLERANCE)
    assert estimate.mean == pytest.approx(38.22947577, abs=TOLERANCE)
    assert math.sqrt(estimate.variance * estimate.n) == pytest.approx(31.04651893, abs=TOLERANCE)
    per_person = [statistics.fmean(float(i.score(b[i.item_id])) for i in MEASURE.items) for b in ballots]
    assert statistics.stdev(per_person) == pytest.approx(31.04651893, abs=TOLERANCE)


@pytest.mark.needs("shared")
def test_manufacturing_has_the_interval_of_the_oracle(shared: Path) -> None:
    estimate = driver_estimate(MEASURE, pair_sums(list(JOB_AT_STAKE), workers(shared, "Manufacturing")))
    assert estimate is not None
    assert estimate.n == 57
    assert estimate.mean == pytest.approx(29.53216374, abs=TOLERANCE)
    assert standard_error(estimate, 82) == pytest.approx(2.161125595, abs=TOLERANCE)
    interval = mean_interval(estimate, 82)
    assert interval.low == pytest.approx(25.20290895, abs=TOLERANCE)
    assert interval.high == pytest.approx(33.86141853, abs=TOLERANCE)


@pytest.mark.parametrize(("count", "n", "low", "high"), [(3, 29, 0.03581489, 0.26385081), (0, 10, 0.0, 0.27753280)])
def test_wilson_intervals_are_those_of_the_oracle(count: int, n: int, low: float, high: float) -> None:
    interval = share_interval(count, n)
    assert interval.low == pytest.approx(low, abs=TOLERANCE)
    assert interval.high == pytest.approx(high, abs=TOLERANCE)


def test_a_share_of_everybody_is_certain_and_of_most_is_nearly_so() -> None:
    assert share_interval(8, 12, 12).half_width == 0
    assert share_interval(8, 11, 12).half_width < share_interval(8, 11).half_width / 2
    with pytest.raises(ValueError, match="does not exist"):
        share_interval(3, 2)


def test_missing_answers_leave_the_variance_that_a_simulation_finds() -> None:
    """Three correlated items, one of which a third of the people skip."""
    import random  # noqa: PLC0415

    dice = random.Random(7)
    measure = Measure("d", tuple(ScoredItem(name, 5, reverse=name == "c") for name in "abc"))
    means, claimed = [], []
    for _ in range(1500):
        ballots = []
        for _ in range(40):
            mood = dice.gauss(3, 1)
            answers: dict[str, int | None] = {}
            for name in "abc":
                value = min(5, max(1, round(mood + dice.gauss(0, 0.7))))
                answers[name] = 6 - value if name == "c" else value
            if dice.random() < 1 / 3:
                answers["b"] = None
            ballots.append(answers)
        estimate = driver_estimate(measure, pair_sums(list("abc"), ballots))
        assert estimate is not None
        means.append(estimate.mean)
        claimed.append(estimate.variance)
    assert statistics.fmean(claimed) == pytest.approx(statistics.variance(means), rel=0.1)
