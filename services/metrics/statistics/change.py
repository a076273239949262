"""Change of a published score from one wave to another, and the words for it."""

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import stdtr

from services.metrics.statistics.intervals import CONFIDENCE, Interval, t_quantile


class Verdict(StrEnum):
    """The only words in which a change is told."""

    CLEARLY_UP = "clearly up"
    CLEARLY_DOWN = "clearly down"
    NO_CLEAR_CHANGE = "no clear change"
    TOO_FEW_ANSWERS = "too few answers"


@dataclass(frozen=True, slots=True)
class PublishedScore:
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


@dataclass(frozen=True, slots=True)
class Change:
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
    if interval.low > 0:
        verdict = Verdict.CLEARLY_UP
    elif interval.high < 0:
        verdict = Verdict.CLEARLY_DOWN
    else:
        verdict = Verdict.NO_CLEAR_CHANGE
    least = max(0.0, later.span.low - earlier.span.high, earlier.span.low - later.span.high)
    return Change(difference, interval, verdict, _p_value(least, standard_error, freedom))


def _p_value(least: float, standard_error: float, freedom: float) -> float:
    """Two-sided p of the smallest change that both scores allow, in points."""
    if standard_error == 0:
        return 0.0 if least else 1.0
    return float(2 * stdtr(freedom, -least / standard_error))
