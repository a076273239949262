"""Change from wave to wave: Welch's test on published scores, in four words."""

import math
import random

import pytest
from scipy import stats

from services.metrics.statistics.change import (
    PublishedScore,
    Verdict,
    change,
    rounding_variance,
    welch_degrees_of_freedom,
)
from services.metrics.statistics.intervals import Interval


def score(
    value: float, variance: float = 9.0, freedom: float = 40, span: Interval | None = None, telling: bool = True
) -> PublishedScore:
    return PublishedScore(value, variance, freedom, span or Interval(value, value), telling)


def test_the_interval_is_that_of_welchs_test() -> None:
    dice = random.Random(3)
    first, second = [dice.gauss(50, 20) for _ in range(30)], [dice.gauss(60, 30) for _ in range(45)]

    def published(sample: list[float]) -> PublishedScore:
        mean = sum(sample) / len(sample)
        variance = sum((x - mean) ** 2 for x in sample) / (len(sample) - 1) / len(sample)
        return score(mean, variance, len(sample) - 1)

    oracle = stats.ttest_ind(second, first, equal_var=False)
    ours = change(published(first), published(second))
    assert ours.interval is not None
    low, high = oracle.confidence_interval(0.95)
    assert (ours.interval.low, ours.interval.high) == pytest.approx((low, high), abs=1e-9)
    assert welch_degrees_of_freedom(published(first), published(second)) == pytest.approx(oracle.df)


@pytest.mark.parametrize(
    ("earlier", "later", "verdict"),
    [
        (40, 60, Verdict.CLEARLY_UP),
        (60, 40, Verdict.CLEARLY_DOWN),
        (50, 52, Verdict.NO_CLEAR_CHANGE),
    ],
)
def test_a_change_is_told_in_four_words(earlier: float, later: float, verdict: Verdict) -> None:
    found = change(score(earlier), score(later))
    assert (found.change, found.verdict) == (later - earlier, verdict)
    assert {v.value for v in Verdict} == {"clearly up", "clearly down", "no clear change", "too few answers"}


@pytest.mark.parametrize("missing", [None, score(50, telling=False)])
def test_without_two_telling_scores_nothing_is_told(missing: PublishedScore | None) -> None:
    for found in (change(missing, score(80)), change(score(80), missing)):
        assert (found.change, found.interval, found.verdict) == (None, None, Verdict.TOO_FEW_ANSWERS)


def test_a_score_that_is_cut_off_widens_the_interval_to_where_it_may_be() -> None:
    cut = score(90, span=Interval(90, 100))
    plain, censored = change(score(90), score(70)), change(cut, score(70))
    assert plain.interval is not None
    assert censored.interval is not None
    assert censored.interval.low == plain.interval.low - 10
    assert censored.interval.high == plain.interval.high


def test_rounding_alone_has_a_variance() -> None:
    assert rounding_variance(5) == pytest.approx(25 / 12)
    assert math.isinf(welch_degrees_of_freedom(score(1, 0.0), score(1, 0.0)))
