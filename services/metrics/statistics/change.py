"""Change of a published score from one wave to another, and the words for it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self

import numpy as np
import scipy
from numpy.typing import NDArray

from services.metrics.statistics.intervals import CONFIDENCE, Interval, t_quantile


class Verdict(StrEnum):
    """The only words in which a change is told."""

    CLEARLY_UP = "clearly up"
    CLEARLY_DOWN = "clearly down"
    NO_CLEAR_CHANGE = "no clear change"
    TOO_FEW_ANSWERS = "too few answers"


class PublishedScore(NamedTuple):
    """A score as published.

    `variance` is that of the score including its rounding (step^2 / 12), without the finite-population
    correction. `span` is what the score may be in truth because its ends are cut off: 90 shown as
    "≥ 90" spans 90 to 100. `telling` is false where the interval was too wide to publish.
    """

    score: float
    variance: float
    degrees_of_freedom: float
    span: Interval
    telling: bool


@dataclass(frozen=True, slots=True, eq=False)
class PublishedScores:
    """The published scores of many nodes, each at its place; NaN where there is none. Fields as in `PublishedScore`."""

    score: NDArray[np.float64]
    variance: NDArray[np.float64]
    degrees_of_freedom: NDArray[np.float64]
    span_low: NDArray[np.float64]
    span_high: NDArray[np.float64]
    telling: NDArray[np.bool_]

    @classmethod
    def of(cls, scores: Sequence[PublishedScore | None]) -> Self:
        """In the same order."""
        nothing = (math.nan,) * 5
        numbers = np.array(
            [
                nothing if s is None else (s.score, s.variance, s.degrees_of_freedom, s.span.low, s.span.high)
                for s in scores
            ],
            dtype=np.float64,
        ).reshape(len(scores), 5)
        telling = np.array([s is not None and s.telling for s in scores], dtype=np.bool_)
        score, variance, freedom, low, high = numbers.T.copy()
        return cls(score, variance, freedom, low, high, telling)

    def at(self, places: NDArray[np.intp]) -> Self:
        """Those at these places, -1 being nowhere."""
        if not len(self.score):
            return type(self).of([None] * len(places))
        columns = (self.score, self.variance, self.degrees_of_freedom, self.span_low, self.span_high)
        score, variance, freedom, low, high = np.where(places >= 0, np.array(columns)[:, places], math.nan)
        return type(self)(score, variance, freedom, low, high, self.telling[places] & (places >= 0))


class Change(NamedTuple):
    """Later minus earlier in points, its interval, p-value and verdict; numbers are None if it cannot be told."""

    change: float | None
    interval: Interval | None
    verdict: Verdict
    p_value: float | None = None


UNKNOWN_CHANGE = Change(None, None, Verdict.TOO_FEW_ANSWERS)


def rounding_variance(step: float) -> float:
    """Variance of an error spread evenly over one rounding step: step^2 / 12."""
    return step * step / 12


def welch_degrees_of_freedom(first: PublishedScore, second: PublishedScore) -> float:
    """Welch-Satterthwaite approximation; infinite if neither score varies."""
    weight = first.variance**2 / first.degrees_of_freedom + second.variance**2 / second.degrees_of_freedom
    if weight == 0:
        return math.inf
    return (first.variance + second.variance) ** 2 / weight


def change(earlier: PublishedScore | None, later: PublishedScore | None, confidence: float = CONFIDENCE) -> Change:
    """Welch's comparison of two published scores, as if from different people.

    Without finite-population correction: ballots of two waves cannot be linked, so nothing tells
    how far the same people answered. Where a score is cut off, the interval reaches as far as it may.
    """
    if earlier is None or later is None or not (earlier.telling and later.telling):
        return UNKNOWN_CHANGE
    difference = later.score - earlier.score
    freedom = welch_degrees_of_freedom(earlier, later)
    standard_error = math.sqrt(earlier.variance + later.variance)
    half_width = t_quantile(freedom, confidence) * standard_error
    interval = Interval(
        max(-100.0, later.span.low - earlier.span.high - half_width),
        min(100.0, later.span.high - earlier.span.low + half_width),
    )
    least = max(0.0, later.span.low - earlier.span.high, earlier.span.low - later.span.high)
    verdict = _verdict(interval.low, interval.high)
    return Change(difference, interval, verdict, _p_value(least, standard_error, freedom))


def changes(earlier: PublishedScores, later: PublishedScores, confidence: float = CONFIDENCE) -> list[Change]:
    """`change` for many nodes at once, place by place: the same numbers, in a fraction of the time."""
    told = earlier.telling & later.telling
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = earlier.variance + later.variance
        weight = earlier.variance**2 / earlier.degrees_of_freedom + later.variance**2 / later.degrees_of_freedom
        freedom = np.where(weight == 0, math.inf, variance**2 / weight)
        standard_error = np.sqrt(variance)
        half_width = scipy.special.stdtrit(freedom, (1 + confidence) / 2) * standard_error
        up, down = later.span_low - earlier.span_high, later.span_high - earlier.span_low
        low, high = np.maximum(-100.0, up - half_width), np.minimum(100.0, down + half_width)
        least = np.maximum(0.0, np.maximum(up, -down))
        exact = np.where(least > 0, 0.0, 1.0)
        p_value = np.where(standard_error == 0, exact, 2 * scipy.special.stdtr(freedom, -least / standard_error))
    columns = (told, later.score - earlier.score, low, high, p_value)
    return [
        Change(difference, Interval(low, high), _verdict(low, high), p) if known else UNKNOWN_CHANGE
        for known, difference, low, high, p in zip(*(one.tolist() for one in columns), strict=True)
    ]


def _verdict(low: float, high: float) -> Verdict:
    if low > 0:
        return Verdict.CLEARLY_UP
    return Verdict.CLEARLY_DOWN if high < 0 else Verdict.NO_CLEAR_CHANGE


def _p_value(least: float, standard_error: float, freedom: float) -> float:
    """Two-sided p of the smallest change that both scores allow, in points."""
    if standard_error == 0:
        return 0.0 if least else 1.0
    return float(2 * scipy.special.stdtr(freedom, -least / standard_error))
