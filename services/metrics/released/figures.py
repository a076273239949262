"""A published number as rows and comparisons need it: a score, a share, or that of a group of teams."""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from services.contracts.survey import Measure
from services.metrics.release.cells import WIDEST_HALF_WIDTH
from services.metrics.release.rounding import ANSWER_BANDS
from services.metrics.released.documents import (
    PublishedArm,
    PublishedCell,
    PublishedDistribution,
    PublishedShare,
    PublishedWindowCell,
)
from services.metrics.statistics.change import PublishedScore, rounding_variance
from services.metrics.statistics.intervals import Interval, t_quantile

SHOWN: Final = "shown"
TOO_FEW_ANSWERS: Final = "too few answers"

RESISTER_SHARE: Final = "resister_share"
NOT_SAID: Final[Mapping[str, str]] = {f"rather_not_say_{one.value}": one.value for one in Measure}
"""Share of "rather not say" -> the headline measure whose question it is of."""
_SMALLEST_BAND: Final = {band.label: band.lower for band in ANSWER_BANDS}


class Figure(NamedTuple):
    """A number as published, and what a comparison may know of it. Everything but `status` is None where hidden.

    `standard_error` is None where nothing can be compared; `telling` is False where no interval is published.
    """

    status: str = TOO_FEW_ANSWERS
    score: float | None = None
    score_label: str | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    n_band: str | None = None
    response_band: str | None = None
    standard_error: float | None = None
    degrees_of_freedom: float | None = None
    telling: bool = False

    @property
    def published(self) -> PublishedScore | None:
        """What a comparison may know; None where there is nothing to compare."""
        if self.score is None or self.standard_error is None:
            return None
        return PublishedScore(
            self.score,
            self.standard_error**2,
            math.inf if self.degrees_of_freedom is None else self.degrees_of_freedom,
            _span(self.score, self.score_label or ""),
            self.telling,
        )


HIDDEN: Final = Figure()


def share_of(measure: str) -> str | None:
    """The headline measure that a share is of; None where `measure` is no share."""
    return Measure.RESISTANCE.value if measure == RESISTER_SHARE else NOT_SAID.get(measure)


def base_of(measure: str) -> str:
    """The measure whose periods a measure has: its own, or that of the headline whose share it is."""
    return share_of(measure) or measure


def of_cell(cell: PublishedCell | PublishedWindowCell) -> Figure:
    """A score of a wave or of a window."""
    if cell.score is None:
        return HIDDEN
    wave = cell if isinstance(cell, PublishedCell) else None
    return Figure(
        SHOWN,
        cell.score,
        cell.score_label,
        cell.low,
        cell.high,
        wave.n if wave else None,
        cell.n_band,
        wave.response_band if wave else None,
        cell.standard_error,
        cell.degrees_of_freedom,
        telling=cell.low is not None,
    )


def of_share(distribution: PublishedDistribution, measure: str) -> Figure:
    """The share of resisters, or of "rather not say", in per cent."""
    resisters = measure == RESISTER_SHARE
    share = distribution.resisters if resisters else distribution.rather_not_say
    if share is None:
        return HIDDEN
    return Figure(
        SHOWN,
        share.share,
        share.label,
        distribution.resisters_low if resisters else None,
        distribution.resisters_high if resisters else None,
        n_band=distribution.n_band,
        standard_error=_standard_error(share, distribution.n_band),
        telling=True,
    )


def of_arm(arm: PublishedArm) -> Figure:
    """The score of a group of teams, with the interval that follows from its standard error."""
    if arm.score is None or arm.standard_error is None:
        return HIDDEN
    freedom = math.inf if arm.degrees_of_freedom is None else arm.degrees_of_freedom
    half_width, span = t_quantile(freedom) * arm.standard_error, _span(arm.score, arm.score_label or "")
    narrow = half_width <= WIDEST_HALF_WIDTH
    return Figure(
        SHOWN,
        arm.score,
        arm.score_label,
        max(0.0, math.floor(span.low - half_width) + 0.0) if narrow else None,
        min(100.0, math.ceil(span.high + half_width) + 0.0) if narrow else None,
        n_band=arm.n_band,
        standard_error=arm.standard_error,
        degrees_of_freedom=arm.degrees_of_freedom,
        telling=True,
    )


def _span(score: float, label: str) -> Interval:
    """What a number may be in truth, whose ends are cut off in its label."""
    match label[:1]:
        case "≤":
            return Interval(0.0, score)
        case "≥":
            return Interval(score, 100.0)
        case "<":
            return Interval(0.0, 10.0)
        case ">":
            return Interval(90.0, 100.0)
        case _:
            return Interval(score, score)


def share_step(n_band: str | None) -> float | None:
    """The step to which a share was rounded, in per cent; None where no share is published."""
    answers = _SMALLEST_BAND.get(n_band or "")
    if answers is None:
        return None
    return 10.0 if answers < 20 else 5.0


def _standard_error(share: PublishedShare, n_band: str | None) -> float | None:
    """Of a share in per cent: sqrt(p (1 - p) / n), n the lower end of its band, together with that of its rounding."""
    step = share_step(n_band)
    if step is None:
        return None
    sampling = share.share * (100 - share.share) / _SMALLEST_BAND[n_band or ""]
    return math.sqrt(sampling + rounding_variance(step))
