"""What an announcement did: the change where it was heard against the change where it was not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray

from services.metrics.statistics.change import PublishedScore
from services.metrics.statistics.intervals import CONFIDENCE, Interval, t_quantile
from services.metrics.statistics.shrinkage import between_variance

FEWEST_WAVES: Final = 2
"""Waves before and waves after, in both arms; one before shows no trend, one after may be chance."""
FEWEST_ANSWERS: Final = 20
"""Answers per arm per wave."""
MANY_TEAMS: Final = 10
"""From so many teams on each side on, their changes are compared by Welch's t; with fewer by permutation."""
SIGNIFICANT: Final = 0.05
_ARRANGEMENTS: Final = 1_999
_SAME: Final = 1e-9
"""Points; what differs by less differs by the order of adding only."""
_SEED: Final = 20260105
"""The same question gets the same answer; only drawn arrangements (more than 1,999 possible) use it."""


class Basis(StrEnum):
    """What a statement about an announcement rests on."""

    STAGGERED_BY_LOT = "staggered by lot"
    DIFFERENCE_IN_DIFFERENCES = "difference in differences"
    BEFORE_AND_AFTER = "before and after"
    TOO_FEW_ANSWERS = "too few answers"


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference in points with its interval and standard error."""

    value: float
    interval: Interval
    standard_error: float


@dataclass(frozen=True, slots=True)
class ArmSeries:
    """Published scores of an arm, in the order of the waves that both arms have."""

    before: tuple[PublishedScore, ...]
    after: tuple[PublishedScore, ...]


class EffectTest(StrEnum):
    """How it was tested that chance alone makes no such difference."""

    PERMUTATION_OVER_TEAMS = "permutation over teams"
    PERMUTATION_OVER_ROUNDS = "permutation over rounds"
    WELCH_OVER_TEAMS = "Welch's t over teams"
    ORDER_OF_TEAMS = "order of teams"


@dataclass(frozen=True, slots=True)
class Tested:
    """The two-sided p-value of a test, and the `smallest` that could have come out."""

    test: EffectTest
    p_value: float
    smallest: float


@dataclass(frozen=True, slots=True)
class Effect:
    """Reached minus not reached, of after minus before, in points.

    `pre_trend`: how fast the arms moved apart before, in points per wave. `clear`: the interval leaves out 0, the
    test over teams or rounds agrees, and the arms did not clearly move apart before.
    """

    difference: Difference
    pre_trend: Difference | None
    tested: Tested | None
    clear: bool


def period_mean(scores: Sequence[PublishedScore], confidence: float = CONFIDENCE) -> Difference:
    """The mean of the published scores of a period, each wave weighing the same. Raises ValueError for none."""
    if not scores:
        raise ValueError("a period without a wave has no mean")
    weight = 1 / len(scores)
    return combined([(weight, score) for score in scores], confidence)


def before_and_after(series: ArmSeries, confidence: float = CONFIDENCE) -> Difference:
    """Mean after minus mean before of one arm; says nothing of the cause."""
    return combined(_signed(series, 1.0), confidence)


def difference_in_differences(
    reached: ArmSeries,
    others: ArmSeries,
    class_changes: tuple[Sequence[float], Sequence[float]] = ((), ()),
    confidence: float = CONFIDENCE,
) -> Effect | None:
    """Both arms collapsed to before and after (Bertrand, Duflo and Mullainathan 2004, sec. IV.C).

    Variances of waves are added as if other people answered every time: ballots cannot be linked, and since the same
    people answer, errors of one arm mostly cancel, so that the interval is rather too wide. What moves a whole team in
    one wave is not in these variances: therefore a test over teams must agree before the difference counts as clear.
    `class_changes`: after minus before of the teams that are published by themselves, reached and not. None with fewer
    than two waves on any side. Raises ValueError when the arms have different numbers of waves.
    """
    sides = (reached.before, reached.after, others.before, others.after)
    if min(map(len, sides)) < FEWEST_WAVES:
        return None
    difference = combined([*_signed(reached, 1.0), *_signed(others, -1.0)], confidence)
    apart = pre_trend(reached.before, others.before, confidence)
    tested = _tested(reached, others, class_changes)
    clear = (
        leaves_out_zero(difference.interval)
        and not (apart is not None and leaves_out_zero(apart.interval))
        and tested is not None
        and tested.p_value <= SIGNIFICANT
    )
    return Effect(difference, apart, tested, clear)


def _tested(
    reached: ArmSeries, others: ArmSeries, class_changes: tuple[Sequence[float], Sequence[float]]
) -> Tested | None:
    """Over teams where enough are published; else over rounds, whose gaps are as likely in any order without effect."""
    if min(map(len, class_changes)) >= MANY_TEAMS:
        return welch_over_teams(*class_changes)
    gaps = (_gaps(reached.after, others.after), _gaps(reached.before, others.before))
    for test, sides in ((EffectTest.PERMUTATION_OVER_TEAMS, class_changes), (EffectTest.PERMUTATION_OVER_ROUNDS, gaps)):
        if all(sides) and _smallest_p(*sides) <= SIGNIFICANT:
            return permutation_test(*sides, test)
    return None


def _gaps(reached: Sequence[PublishedScore], others: Sequence[PublishedScore]) -> list[float]:
    return [one.score - other.score for one, other in zip(reached, others, strict=True)]


def pre_trend(
    reached: Sequence[PublishedScore], others: Sequence[PublishedScore], confidence: float = CONFIDENCE
) -> Difference | None:
    """How fast the arms moved apart before: the least-squares slope of their gap, per wave. None below two waves."""
    waves = len(reached)
    if waves != len(others):
        raise ValueError("both arms need the same waves")
    if waves < FEWEST_WAVES:
        return None
    centred = np.arange(waves) - (waves - 1) / 2
    weights = centred / float((centred**2).sum())
    terms = [(float(weight), score) for weight, score in zip(weights, reached, strict=True)]
    terms += [(-float(weight), score) for weight, score in zip(weights, others, strict=True)]
    return combined(terms, confidence)


def permutation_test(
    first: Sequence[float], second: Sequence[float], test: EffectTest = EffectTest.PERMUTATION_OVER_TEAMS
) -> Tested:
    """Fisher's permutation test of the difference of two means (1935, sec. 21), two-sided.

    Exact up to 1,999 arrangements, beyond that over as many drawn ones. Raises ValueError when a side is empty.
    """
    if not first or not second:
        raise ValueError("a permutation test takes a value on each side")
    pooled, size = np.array([*first, *second]), len(first)
    drawn = math.comb(len(pooled), size) > _ARRANGEMENTS
    sums = _sums_drawn(pooled, size) if drawn else _sums_of_all(pooled, size)
    differences = sums / size - (pooled.sum() - sums) / len(second)
    observed = float(np.mean(first) - np.mean(second))
    # Where arrangements are drawn, the one that was found is among them (Phipson and Smyth 2010).
    below, above = (
        (int(np.count_nonzero(extreme)) + drawn) / (len(sums) + drawn)
        for extreme in (differences <= observed + _SAME, differences >= observed - _SAME)
    )
    return Tested(test, min(1.0, 2 * below, 2 * above), _smallest_p(first, second))


def _sums_of_all(pooled: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The sum of the first side in every arrangement."""
    sums: NDArray[np.float64] = pooled[np.array(list(combinations(range(len(pooled)), size)))].sum(axis=1)
    return sums


def _sums_drawn(pooled: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The same in arrangements drawn by lot."""
    dealt = np.random.default_rng(_SEED).permuted(np.tile(pooled, (_ARRANGEMENTS, 1)), axis=1)
    sums: NDArray[np.float64] = dealt[:, :size].sum(axis=1)
    return sums


def welch_over_teams(first: Sequence[float], second: Sequence[float]) -> Tested:
    """Welch's test (1947) of the changes of teams: each team is one observation, whatever its size.

    Bertrand, Duflo and Mullainathan 2004, sec. IV.C: with the series of each team collapsed to one change, teams that
    move by themselves are no threat. Two teams or more on each side.
    """
    parts = [(float(np.var(side, ddof=1)) / len(side), len(side) - 1) for side in (first, second)]
    variance = sum(part for part, _ in parts)
    difference = abs(float(np.mean(first) - np.mean(second)))
    if variance == 0:  # no team differs from another on its side
        return Tested(EffectTest.WELCH_OVER_TEAMS, 0.0 if difference else 1.0, 0.0)
    freedom = variance**2 / sum(part**2 / own for part, own in parts)
    return Tested(
        EffectTest.WELCH_OVER_TEAMS, float(2 * scipy.special.stdtr(freedom, -difference / math.sqrt(variance))), 0.0
    )


def _smallest_p(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p of the most extreme arrangement."""
    ways = math.comb(len(first) + len(second), len(first))
    return min(1.0, 2 / (ways if ways <= _ARRANGEMENTS else _ARRANGEMENTS + 1))


def regression_to_the_mean(baseline: PublishedScore, everyone: Sequence[PublishedScore]) -> float:
    """Points that a score chosen for being extreme is expected to move back by chance alone.

    (1 - w)(y - mu) with w = tau^2 / (tau^2 + v): what of the distance to the mean is error of measurement (Galton 1886;
    Barnett, van der Pols and Dobson 2005, eq. 1, for a group's mean). `everyone`: the scores that it was chosen from,
    itself included. Positive: it is expected to fall. 0 with fewer than three scores.
    """
    if len(everyone) < 3:
        return 0.0
    scores, variances = [one.score for one in everyone], [max(one.variance, 1e-9) for one in everyone]
    tau2 = between_variance(scores, variances)
    weights = [1 / (variance + tau2) for variance in variances]
    mean = sum(w * y for w, y in zip(weights, scores, strict=True)) / sum(weights)
    return (1 - tau2 / (tau2 + baseline.variance)) * (baseline.score - mean)


def _signed(series: ArmSeries, sign: float) -> list[tuple[float, PublishedScore]]:
    terms = [(sign / len(series.after), score) for score in series.after]
    return terms + [(-sign / len(series.before), score) for score in series.before]


def combined(terms: Sequence[tuple[float, PublishedScore]], confidence: float) -> Difference:
    """A weighted sum of scores with Satterthwaite's degrees of freedom; scores cut off at an end widen the interval."""
    value = sum(weight * score.score for weight, score in terms)
    parts = [(weight**2 * score.variance, score.degrees_of_freedom) for weight, score in terms]
    variance = sum(part for part, _ in parts)
    spread = sum(part**2 / freedom for part, freedom in parts)
    half_width = t_quantile(variance**2 / spread if spread else math.inf, confidence) * math.sqrt(variance)
    low = sum(weight * (score.span.low if weight > 0 else score.span.high) for weight, score in terms)
    high = sum(weight * (score.span.high if weight > 0 else score.span.low) for weight, score in terms)
    return Difference(value, Interval(low - half_width, high + half_width), math.sqrt(variance))


def leaves_out_zero(interval: Interval) -> bool:
    """Whether an interval lies on one side of 0."""
    return interval.low > 0 or interval.high < 0
