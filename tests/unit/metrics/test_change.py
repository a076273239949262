"""Change from wave to wave: Welch's test on published scores, in four words."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from services.metrics.statistics.change import (
    PublishedScore,
    PublishedScores,
    Verdict,
    change,
    changes,
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


def published_scores() -> st.SearchStrategy[PublishedScore | None]:
    values = st.sampled_from([0.0, 5.0, 48.0, 50.0, 95.0, 100.0])
    spans = st.sampled_from(["exact", "up to", "from"])

    def made(value: float, variance: float, freedom: float, kind: str, telling: bool) -> PublishedScore:
        span = {"exact": (value, value), "up to": (0.0, value), "from": (value, 100.0)}[kind]
        return PublishedScore(value, variance, freedom, Interval(*span), telling)

    found = st.builds(
        made,
        values,
        st.sampled_from([0.0, 1.0, 40.0, 250.0]),
        st.sampled_from([4.0, 40.0, math.inf]),
        spans,
        st.booleans(),
    )
    return st.none() | found


@settings(deadline=None)
@given(st.lists(st.tuples(published_scores(), published_scores()), max_size=12))
def test_many_changes_at_once_are_the_same_as_one_by_one(
    pairs: list[tuple[PublishedScore | None, PublishedScore | None]],
) -> None:
    earlier, later = ([pair[side] for pair in pairs] for side in (0, 1))
    together = changes(PublishedScores.of(earlier), PublishedScores.of(later))
    for found, expected in zip(together, map(change, earlier, later), strict=True):
        assert (found.change, found.verdict) == (expected.change, expected.verdict)
        assert found.p_value == pytest.approx(expected.p_value, abs=1e-12)
        assert (found.interval is None) == (expected.interval is None)
        if found.interval and expected.interval:
            ends = (expected.interval.low, expected.interval.high)
            assert (found.interval.low, found.interval.high) == pytest.approx(ends, abs=1e-9)


def test_scores_of_nodes_that_are_not_there_cannot_be_compared() -> None:
    known = PublishedScores.of([score(40.0), score(60.0)])
    found = changes(known.at(np.array([1, -1])), known.at(np.array([0, 0])))
    assert [one.change for one in found] == [-20.0, None]
    nothing = PublishedScores.of([]).at(np.array([-1]))
    assert [one.verdict for one in changes(nothing, nothing)] == [Verdict.TOO_FEW_ANSWERS]
