"""Cells: one published number of one node and measure, or the row that says nothing but "too few answers"."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from services.metrics.release.classes import ClassSums
from services.metrics.release.rounding import (
    EXACT_MEAN_FROM,
    EXACT_N_FROM,
    EXACT_STEP,
    RoundedScore,
    answer_band,
    response_band,
    round_score,
)
from services.metrics.release.spread import Spread
from services.metrics.statistics.change import rounding_variance
from services.metrics.statistics.drivers import PairSums, driver_estimate
from services.metrics.statistics.intervals import Interval, mean_interval, t_quantile
from services.metrics.statistics.scores import Measure

WIDEST_HALF_WIDTH: Final = 20.0
"""Points; a wider interval is not shown: it would pass for information."""


class Status(StrEnum):
    """Whether a cell is shown. There is one word for every reason not to."""

    SHOWN = "shown"
    TOO_FEW_ANSWERS = "too few answers"


@dataclass(frozen=True, slots=True)
class Cell:
    """One published number. Every field but node, measure and status is None in a hidden cell.

    `score`, `low`, `high`, `standard_error` are points from 0 to 100. `standard_error` is the one for
    comparisons over time: with rounding, without finite-population correction. `n` is given for the
    organisation from 100 answers on. `low` and `high` are None where the interval is too wide to show.
    """

    node_id: str
    measure: str
    status: Status = Status.TOO_FEW_ANSWERS
    score: float | None = None
    score_label: str | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    n_band: str | None = None
    response_band: str | None = None
    standard_error: float | None = None
    degrees_of_freedom: float | None = None


def mean_of(measure: Measure, sums: ClassSums) -> Fraction:
    """The mean of the item means, exact. Every item has an answer."""
    numerator, denominator = 0, 1
    for item in measure.items:  # one fraction at the end: fractions are slow
        own, of = sums.items[item.item_id].mean_score(item)
        numerator, denominator = numerator * of + own * denominator, denominator * of
    return Fraction(numerator, denominator * len(measure.items))


def answers_behind(measure: Measure, sums: ClassSums) -> int:
    """The n of a measure: that of its least answered item."""
    return min(sums.answered(item.item_id) for item in measure.items)


@dataclass(frozen=True, slots=True)
class Shown:
    """A score with all that may be known of how sure it is, made of rounded things alone."""

    score: float
    score_label: str
    low: float | None
    high: float | None
    n_band: str
    standard_error: float
    degrees_of_freedom: float | None


def shown(mean: Fraction, n: int, spread: Spread, *, surely_answered: float = 0.0) -> Shown:
    """A score from a mean of `n` answers: the interval knows the bands, never the node's own variance.

    half-width = t sqrt((1 - f) S^2 / m + step^2 / 12), with m the lower end of the band of n and f that of the band of
    response (`surely_answered`, 0 where none is published).
    """
    rounded = round_score(mean, n, organisation=False)
    answers = answer_band(n)
    sampling = spread.sd**2 / answers.lower
    half_width = t_quantile(spread.degrees_of_freedom) * math.sqrt(
        (1 - surely_answered) * sampling + rounding_variance(rounded.step)
    )
    interval = _around(rounded, half_width) if half_width <= WIDEST_HALF_WIDTH else None
    return Shown(
        score=rounded.score,
        score_label=rounded.label,
        low=math.floor(interval.low) + 0.0 if interval else None,
        high=math.ceil(interval.high) + 0.0 if interval else None,
        n_band=answers.label,
        standard_error=_up_to_hundredth(math.sqrt(sampling + rounding_variance(rounded.step))),
        degrees_of_freedom=spread.degrees_of_freedom if math.isfinite(spread.degrees_of_freedom) else None,
    )


def node_cell(node_id: str, measure: Measure, sums: ClassSums, spread: Spread) -> Cell:
    """The cell of a node below the organisation, or of a small organisation."""
    n = answers_behind(measure, sums)
    response = response_band(n, sums.invited)
    told = shown(mean_of(measure, sums), n, spread, surely_answered=response.lower / 100 if response else 0.0)
    return Cell(
        node_id=node_id,
        measure=measure.name,
        status=Status.SHOWN,
        score=told.score,
        score_label=told.score_label,
        low=told.low,
        high=told.high,
        n_band=told.n_band,
        response_band=response.label if response else None,
        standard_error=told.standard_error,
        degrees_of_freedom=told.degrees_of_freedom,
    )


def organisation_cell(
    node_id: str, measure: Measure, sums: ClassSums, pairs: Mapping[tuple[str, str], PairSums], spread: Spread
) -> Cell:
    """The organisation's cell: from 50 answers on its own t interval with finite-population correction."""
    n = answers_behind(measure, sums)
    estimate = driver_estimate(measure, pairs) if n >= EXACT_MEAN_FROM else None
    if estimate is None:
        return node_cell(node_id, measure, sums, spread)
    rounded = round_score(mean_of(measure, sums), n, organisation=True)
    interval = _around(rounded, mean_interval(estimate, sums.invited).half_width)
    response = response_band(n, sums.invited)
    exact_n = n if n >= EXACT_N_FROM else None
    return Cell(
        node_id=node_id,
        measure=measure.name,
        status=Status.SHOWN,
        score=rounded.score,
        score_label=rounded.label,
        low=math.floor(interval.low / float(EXACT_STEP)) / 10,
        high=math.ceil(interval.high / float(EXACT_STEP)) / 10,
        n=exact_n,
        n_band=answer_band(n).label,
        response_band=response.label if response else None,
        standard_error=_up_to_hundredth(math.sqrt(estimate.variance + rounding_variance(rounded.step))),
        degrees_of_freedom=float((exact_n or EXACT_MEAN_FROM) - 1),
    )


def _around(rounded: RoundedScore, half_width: float) -> Interval:
    """The interval around a published score, on the scale; it reaches as far as a cut-off score may."""
    return Interval(
        max(0.0, rounded.span.low - half_width),
        min(100.0, rounded.span.high + half_width),
    )


def _up_to_hundredth(value: float) -> float:
    return math.ceil(value * 100) / 100
