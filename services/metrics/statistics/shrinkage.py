"""Teams beside each other: the spread between them that is not chance, and each score drawn towards the whole by it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from services.metrics.statistics.intervals import CONFIDENCE, Interval

FEWEST_TEAMS: Final = 3
"""With fewer there is no spread between teams to speak of, and nothing is shrunken."""

_PRECISION: Final = 1e-13
"""Relative; a smaller step changes nothing that is shown."""

_MOST_STEPS: Final = 100
"""From 0 tau^2 about doubles with each step, from the size of the least variance to that of the spread."""

_Floats = NDArray[np.float64]


class Shrunken(NamedTuple):
    """A team's score for comparison, in points; `weight` is the share of its own score in it, 0 to 1."""

    score: float
    interval: Interval
    weight: float


def between_variance(scores: Sequence[float], variances: Sequence[float]) -> float:
    """tau^2 of Paule and Mandel 1982: the root of sum_i (y_i - mu)^2 / (v_i + tau^2) = k - 1, or 0 where there is none.

    `variances` are those of the scores, all above 0. Raises ValueError below two scores and for what is not finite,
    ArithmeticError for variances so small that the root is not found.
    """
    y, v = np.asarray(scores, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if len(y) < 2 or len(y) != len(v) or not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("the spread between teams takes two finite scores or more, each with a variance above 0")
    tau2 = 0.0
    # Newton's method (DerSimonian and Kacker 2007, sec. 4): the excess is convex and falls with tau^2
    for _ in range(_MOST_STEPS):
        apart = _apart(tau2, y, v)
        excess = float(apart.sum()) - (len(y) - 1)
        if excess <= 0:
            return tau2
        step = excess / float((apart / (v + tau2)).sum())
        tau2 += step
        if step <= _PRECISION * tau2:
            return tau2
    raise ArithmeticError(f"the spread between teams was not found in {_MOST_STEPS} steps")


def shrunken_scores(
    scores: Sequence[float], variances: Sequence[float], confidence: float = CONFIDENCE
) -> list[Shrunken] | None:
    """Empirical-Bayes means: w y + (1 - w) mu with w = tau^2 / (tau^2 + v) (Morris 1983); None below three teams.

    mu is the mean weighted by 1 / (v + tau^2). The variance is w v + (1 - w)^2 / sum 1 / (v + tau^2): that of the
    estimate given tau^2, and that of mu in so far as the estimate rests on it.
    """
    if len(scores) < FEWEST_TEAMS:
        return None
    tau2 = between_variance(scores, variances)
    y, v = np.asarray(scores, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    mean, variance_of_mean = _weighted(tau2, y, v)
    weight = tau2 / (tau2 + v)
    centre = weight * y + (1 - weight) * mean
    half_width = float(scipy.special.ndtri((1 + confidence) / 2)) * np.sqrt(
        weight * v + (1 - weight) ** 2 * variance_of_mean
    )
    low, high = np.maximum(0.0, centre - half_width), np.minimum(100.0, centre + half_width)
    columns = (one.tolist() for one in (centre, low, high, weight))
    return [Shrunken(score, Interval(least, most), own) for score, least, most, own in zip(*columns, strict=True)]


def _weighted(tau2: float, y: _Floats, v: _Floats) -> tuple[float, float]:
    weights = 1 / (v + tau2)
    total = float(weights.sum())
    return float((weights * y).sum()) / total, 1 / total


def _apart(tau2: float, y: _Floats, v: _Floats) -> _Floats:
    """How far each score lies from the mean, squared, in units of its variance."""
    mean, _ = _weighted(tau2, y, v)
    apart: _Floats = (y - mean) ** 2 / (v + tau2)
    return apart
