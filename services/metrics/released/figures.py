"""A published number as rows and comparisons need it: a score, a share, or that of a group of teams."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as published, and what a comparison may know of it. Everything but `status` is None where hidden."""

    status: str = TOO_FEW_ANSWERS
    score: float | None = None
    score_label: str | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    n_band: str | None = None
    response_band: str | None = None
    published: PublishedScore | None = None


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
        _comparable(
            cell.score,
            cell.score_label,
            cell.standard_error,
            cell.degrees_of_freedom,
            telling=cell.low is not None,
        ),
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
        None,
        distribution.n_band,
        None,
        _comparable_share(share, distribution.n_band),
    )


def of_arm(arm: PublishedArm) -> Figure:
    """The score of a group of teams, with the interval that follows from its standard error."""
    score = of_comparable_arm(arm)
    if score is None:
        return HIDDEN
    half_width = t_quantile(score.degrees_of_freedom) * math.sqrt(score.variance)
    narrow = half_width <= WIDEST_HALF_WIDTH
    return Figure(
        SHOWN,
        arm.score,
        arm.score_label,
        max(0.0, math.floor(score.span.low - half_width) + 0.0) if narrow else None,
        min(100.0, math.ceil(score.span.high + half_width) + 0.0) if narrow else None,
        None,
        arm.n_band,
        None,
        score,
    )


def of_comparable_arm(arm: PublishedArm) -> PublishedScore | None:
    """What an effect may know of a group of teams."""
    if arm.score is None:
        return None
    return _comparable(arm.score, arm.score_label, arm.standard_error, arm.degrees_of_freedom, telling=True)


def _comparable(
    score: float, label: str | None, standard_error: float | None, freedom: float | None, *, telling: bool
) -> PublishedScore | None:
    if standard_error is None:
        return None
    below, above = (label or "").startswith("≤"), (label or "").startswith("≥")
    return PublishedScore(
        score=score,
        variance=standard_error**2,
        degrees_of_freedom=math.inf if freedom is None else freedom,
        span=Interval(0.0 if below else score, 100.0 if above else score),
        telling=telling,
    )


def share_step(n_band: str | None) -> float | None:
    """The step to which a share was rounded, in per cent; None where no share is published."""
    answers = _SMALLEST_BAND.get(n_band or "")
    if answers is None:
        return None
    return 10.0 if answers < 20 else 5.0


def _comparable_share(share: PublishedShare, n_band: str | None) -> PublishedScore | None:
    """The variance p (1 - p) / n of a share in per cent, n the lower end of its band, and that of its rounding."""
    step = share_step(n_band)
    if step is None:
        return None
    sampling = share.share * (100 - share.share) / _SMALLEST_BAND[n_band or ""]
    span = Interval(share.share, share.share)
    if share.label.startswith("<"):
        span = Interval(0.0, 10.0)
    elif share.label.startswith(">"):
        span = Interval(90.0, 100.0)
    return PublishedScore(share.share, sampling + rounding_variance(step), math.inf, span, telling=True)
