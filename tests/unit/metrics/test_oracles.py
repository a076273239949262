"""Our formulas beside those of others: R's psych and survey, pingouin, statsmodels, pymannkendall, scipy.

`pytest -k oracle` prints every figure.
"""

import csv
import math
import random
import statistics
from collections.abc import Sequence
from itertools import accumulate, combinations, permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
import pymannkendall
import pytest
import statsmodels.formula.api as formulas
from scipy import stats
from statsmodels.datasets import nile
from statsmodels.stats.meta_analysis import _fit_tau_iterative, combine_effects
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from services.metrics.statistics.change import PublishedScore, change
from services.metrics.statistics.drivers import PairSums, driver_estimate, pair_sums
from services.metrics.statistics.effect import (
    ArmSeries,
    difference_in_differences,
    permutation_test,
    welch_over_teams,
)
from services.metrics.statistics.intervals import Interval, mean_interval, share_interval, standard_error
from services.metrics.statistics.multiplicity import adjusted_p_values
from services.metrics.statistics.reliability import alpha_interval, cronbach_alpha
from services.metrics.statistics.scores import Measure, ScoredItem
from services.metrics.statistics.shrinkage import between_variance, shrunken_scores
from services.metrics.statistics.trend import kendall_test, theil_sen, trend
from tests.unit.metrics.bfi import BFI_LISTWISE, BFI_PAIRWISE
from tests.unit.metrics.conftest import Compare

JOB_AT_STAKE = {"WS31": 30, "WS34": 33, "WS37": 36}
"""Item -> position of its column in the worker survey."""
POINTS = {"Not at all": 1, "Somewhat": 2, "Absolutely": 3}
MEASURE = Measure("job_security", tuple(ScoredItem(name, 3, reverse=False) for name in JOB_AT_STAKE))
AGREEABLENESS = Measure("agreeableness", tuple(ScoredItem(f"A{i}", 6, reverse=i == 1) for i in range(1, 6)))


def workers(shared: Path, domain: str | None = None) -> list[dict[str, int]]:
    with (shared / "data" / "worker_robotics_survey.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [
        {item: POINTS[row[column]] for item, column in JOB_AT_STAKE.items()}
        for row in rows
        if domain is None or row[5] == domain
    ]


def published(sample: Sequence[float]) -> PublishedScore:
    mean = statistics.fmean(sample)
    return PublishedScore(mean, statistics.variance(sample) / len(sample), len(sample) - 1, Interval(mean, mean), True)


@pytest.mark.needs("shared")
def test_oracle_psych_the_worker_survey(shared: Path, compare: Compare) -> None:
    ballots = workers(shared)
    pairs = pair_sums(list(JOB_AT_STAKE), ballots)
    estimate, alpha = driver_estimate(MEASURE, pairs), cronbach_alpha(MEASURE, pairs)
    assert estimate is not None
    assert alpha is not None
    compare("worker survey, alpha (psych)", alpha, 0.7805983)
    compare("worker survey, mean", estimate.mean, 38.22947577)
    compare("worker survey, sd", math.sqrt(estimate.variance * estimate.n), 31.04651893)
    per_person = [statistics.fmean(float(i.score(b[i.item_id])) for i in MEASURE.items) for b in ballots]
    compare("worker survey, sd over people", statistics.stdev(per_person), 31.04651893)
    theirs, (low, high) = pingouin.cronbach_alpha(pd.DataFrame(ballots))
    interval = alpha_interval(alpha, len(ballots), 3)
    compare("worker survey, alpha (pingouin)", alpha, theirs)
    compare("worker survey, alpha, low end", round(interval.low, 3), low)
    compare("worker survey, alpha, high end", round(interval.high, 3), high)


@pytest.mark.parametrize(
    ("sums", "way", "oracle"),
    [(BFI_PAIRWISE, "pairwise", 0.70301845), (BFI_LISTWISE, "listwise", 0.70375589)],
    ids=["pairwise", "listwise"],
)
def test_oracle_psych_alpha_with_missing_answers(
    sums: dict[tuple[str, str], PairSums], way: str, oracle: float, compare: Compare
) -> None:
    ours = cronbach_alpha(AGREEABLENESS, sums)
    assert ours is not None
    compare(f"bfi A1-A5, alpha, {way}", ours, oracle)


@pytest.mark.needs("shared")
def test_oracle_survey_manufacturing_with_a_finite_population(shared: Path, compare: Compare) -> None:
    estimate = driver_estimate(MEASURE, pair_sums(list(JOB_AT_STAKE), workers(shared, "Manufacturing")))
    assert estimate is not None
    interval = mean_interval(estimate, 82)
    compare("manufacturing, n", estimate.n, 57)
    compare("manufacturing, mean", estimate.mean, 29.53216374)
    compare("manufacturing, SE with fpc", standard_error(estimate, 82), 2.161125595)
    compare("manufacturing, low", interval.low, 25.20290895)
    compare("manufacturing, high", interval.high, 33.86141853)


@pytest.mark.parametrize(("count", "n", "low", "high"), [(3, 29, 0.03581489, 0.26385081), (0, 10, 0.0, 0.27753280)])
def test_oracle_wilson(count: int, n: int, low: float, high: float, compare: Compare) -> None:
    interval = share_interval(count, n)
    theirs = proportion_confint(count, n, method="wilson")
    for end, ours, figure, other in zip(
        ("low", "high"), (interval.low, interval.high), (low, high), theirs, strict=True
    ):
        compare(f"Wilson {count}/{n}, {end} (R)", ours, figure)
        compare(f"Wilson {count}/{n}, {end} (statsmodels)", ours, other)


def test_oracle_welch(compare: Compare) -> None:
    dice = random.Random(5)
    first, second = [dice.gauss(50, 20) for _ in range(30)], [dice.gauss(60, 30) for _ in range(45)]
    ours = change(published(first), published(second))
    means = CompareMeans(DescrStatsW(second), DescrStatsW(first))
    low, high = means.tconfint_diff(usevar="unequal")
    _, p_value, _ = means.ttest_ind(usevar="unequal")
    assert ours.interval is not None
    assert ours.p_value is not None
    compare("Welch, low (statsmodels)", ours.interval.low, low)
    compare("Welch, high (statsmodels)", ours.interval.high, high)
    compare("Welch, p (statsmodels)", ours.p_value, p_value)


def test_oracle_nile(compare: Compare) -> None:
    volume = list(nile.load_pandas().data["volume"])
    ours = trend(range(1871, 1971), volume)
    theirs = pymannkendall.original_test(volume)
    assert ours.s is not None
    assert ours.slope is not None
    assert ours.p_value is not None
    compare("Nile, Kendall's S", ours.s, -1387)
    compare("Nile, Sen's slope", ours.slope, -2.6)
    compare("Nile, S (pymannkendall)", ours.s, theirs.s)
    compare("Nile, slope (pymannkendall)", ours.slope, theirs.slope)
    compare("Nile, p (pymannkendall)", ours.p_value, theirs.p, 1e-9)


@pytest.mark.parametrize("points", [6, 33, 100])
def test_oracle_theil_sen_with_ties(points: int, compare: Compare) -> None:
    dice = random.Random(points)
    times = list(accumulate(dice.uniform(0.5, 2) for _ in range(points)))
    scores = [2.0 * dice.randrange(20, 30) for _ in range(points)]
    slope, interval = theil_sen(times, scores)
    theirs = stats.theilslopes(scores, times)
    compare(f"Theil-Sen of {points}, slope (scipy)", slope, theirs.slope, 1e-12)
    compare(f"Theil-Sen of {points}, low (scipy)", interval.low, theirs.low_slope, 1e-12)
    compare(f"Theil-Sen of {points}, high (scipy)", interval.high, theirs.high_slope, 1e-12)


@pytest.mark.parametrize("teams", [(2, 3), (12, 40)])
def test_oracle_welch_over_teams(teams: tuple[int, int], compare: Compare) -> None:
    dice = random.Random(7)
    first, second = ([dice.gauss(0, 3 + side) for _ in range(side)] for side in teams)
    theirs = stats.ttest_ind(first, second, equal_var=False)
    compare(f"Welch over {teams} teams, p (scipy)", welch_over_teams(first, second).p_value, theirs.pvalue, 1e-12)


@pytest.mark.parametrize("points", [6, 9, 25, 60])
def test_oracle_exact_kendall_without_ties(points: int, compare: Compare) -> None:
    dice = random.Random(points)
    values = [dice.random() + 0.4 * i / points for i in range(points)]
    _, p_value = kendall_test(values)
    compare(f"Kendall, exact p, {points} points", p_value, stats.kendalltau(range(points), values, method="exact")[1])


@pytest.mark.parametrize("values", [(1, 1, 2, 2, 3, 3), (40, 45, 45, 50, 45, 55, 55), (5, 5, 5, 5, 5, 4)])
def test_oracle_exact_kendall_with_ties_is_that_of_all_orders(values: tuple[int, ...], compare: Compare) -> None:
    def s_of(order: Sequence[int]) -> int:
        return sum((b > a) - (b < a) for a, b in combinations(order, 2))

    every = [abs(s_of(order)) for order in permutations(values)]
    s, p_value = kendall_test(values)
    assert s == s_of(values)
    compare(f"Kendall, exact p, {values}", p_value, sum(one >= abs(s) for one in every) / len(every))


def test_oracle_benjamini_hochberg(compare: Compare) -> None:
    dice = random.Random(49)
    p_values = [dice.random() ** 2 for _ in range(49)]
    ours = adjusted_p_values(p_values)
    theirs = stats.false_discovery_control(p_values)
    others = multipletests(p_values, method="fdr_bh")[1]
    for number in (0, 24, 48):
        compare(f"Benjamini-Hochberg of 49, p {number + 1} (scipy)", ours[number], theirs[number])
    compare("Benjamini-Hochberg of 49, largest gap (statsmodels)", max(abs(np.array(ours) - others)), 0)


def test_oracle_paule_mandel(compare: Compare) -> None:
    dice = random.Random(11)
    variances = [dice.uniform(4, 60) for _ in range(12)]
    scores = [50 + dice.gauss(0, 6) + dice.gauss(0, math.sqrt(v)) for v in variances]
    tau2, converged = _fit_tau_iterative(np.array(scores), np.array(variances), tau2_start=5, atol=1e-11, maxiter=500)
    assert converged
    ours = between_variance(scores, variances)
    assert ours > 0
    compare("Paule-Mandel, tau squared (statsmodels)", ours, tau2)
    whole = combine_effects(np.array(scores), np.array(variances), method_re="iterated").mean_effect_re
    shrunken = shrunken_scores(scores, variances)
    assert shrunken is not None
    weight = tau2 / (tau2 + variances[0])
    compare("Shrunken score of one team", shrunken[0].score, weight * scores[0] + (1 - weight) * whole, 1e-4)


def test_oracle_difference_in_differences(compare: Compare) -> None:
    """The coefficient of reached x after in a regression with everything else in it."""
    dice = random.Random(2)
    reached = [dice.uniform(30, 70) for _ in range(6)]
    others = [dice.uniform(30, 70) for _ in range(6)]
    frame = pd.DataFrame(
        {
            "score": reached + others,
            "reached": [1] * 6 + [0] * 6,
            "after": ([0] * 3 + [1] * 3) * 2,
        }
    )
    theirs = formulas.ols("score ~ reached * after", frame).fit().params["reached:after"]

    def series(scores: list[float]) -> ArmSeries:
        rows = tuple(PublishedScore(score, 4.0, 49, Interval(score, score), True) for score in scores)
        return ArmSeries(rows[:3], rows[3:])

    effect = difference_in_differences(series(reached), series(others))
    assert effect is not None
    compare("Difference in differences (statsmodels)", effect.difference.value, theirs)
    compare("its variance, 12 waves of 4 / 9", effect.difference.standard_error**2, 12 * 4 / 9)
    slope = formulas.ols("gap ~ wave", pd.DataFrame({"gap": np.subtract(reached, others)[:3], "wave": [0, 1, 2]})).fit()
    assert effect.pre_trend is not None
    compare("Pre-trend (statsmodels)", effect.pre_trend.value, slope.params["wave"])


def test_oracle_permutation_over_teams_is_that_of_every_arrangement(compare: Compare) -> None:
    reached, others = [9.0, 7.0, 8.5], [1.0, 2.5, -1.0, 0.0, 8.0]
    pool = reached + others
    found = statistics.fmean(reached) - statistics.fmean(others)

    def difference(chosen: tuple[int, ...]) -> float:
        rest = [value for place, value in enumerate(pool) if place not in chosen]
        return statistics.fmean(pool[place] for place in chosen) - statistics.fmean(rest)

    ways = [difference(chosen) for chosen in combinations(range(len(pool)), len(reached))]
    one_sided = sum(way >= found - 1e-12 for way in ways) / len(ways)
    ours = permutation_test(reached, others)
    compare("Permutation over 3 + 5 teams, p", ours.p_value, 2 * one_sided)
    compare("the smallest p that can occur", ours.smallest, 2 / len(ways))


@pytest.mark.parametrize(
    ("treated", "untreated", "tolerance"), [(3, 5, 1e-12), (6, 6, 1e-12), (2, 40, 1e-12), (8, 9, 0.05)]
)
def test_oracle_permutation_is_that_of_scipy(treated: int, untreated: int, tolerance: float, compare: Compare) -> None:
    dice = np.random.default_rng(treated)
    for shift in (-6.0, 0.0, 3.0):
        first, second = (np.round(dice.normal(shift * side, 4, n)) for side, n in ((1, treated), (0, untreated)))
        oracle = stats.permutation_test(
            (first, second),
            lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
            vectorized=True,
            n_resamples=1_999,
            rng=np.random.default_rng(1),
        )
        ours = permutation_test(list(first), list(second))
        way = "drawn by lot" if tolerance > 1e-9 else "all"
        what = f"Permutation, {treated} and {untreated}, {way}, shift {shift:g}, p"
        compare(what, ours.p_value, oracle.pvalue, tolerance)
