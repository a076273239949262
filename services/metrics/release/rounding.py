"""How exact a published number may be: steps and ends of scores, bands of answers and of response."""

from dataclasses import dataclass
from fractions import Fraction

from services.contracts.floors import SMALL_NODE
from services.metrics.statistics.intervals import Interval

EXACT_MEAN_FROM = 50
"""Answers from which the organisation's mean is given to a tenth of a point."""
EXACT_N_FROM = 100
"""Answers from which the organisation's n is given as a number."""
EXACT_STEP = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Band:
    """A range of counts or of per cents, of which only the label and the lower end are known outside."""

    lower: int
    label: str


ANSWER_BANDS = (
    Band(50, "50+"),
    Band(35, "35-49"),
    Band(20, "20-34"),
    Band(12, "12-19"),
    Band(8, "8-11"),
    Band(5, "5-7"),
)
RESPONSE_BANDS = (
    Band(70, "70+ %"),
    Band(50, "50-69 %"),
    Band(30, "30-49 %"),
    Band(0, "< 30 %"),
)


def answer_band(n: int) -> Band:
    """The band of a number of answers. Raises ValueError below the smallest, which is never published."""
    for band in ANSWER_BANDS:
        if n >= band.lower:
            return band
    raise ValueError(f"{n} answers are fewer than any published number may rest on")


def response_band(answered: int, invited: int) -> Band | None:
    """The band of answered / invited in per cent; None below 20 invited, where it would tell who was silent."""
    if invited < SMALL_NODE:
        return None
    return next(band for band in RESPONSE_BANDS if 100 * answered >= band.lower * invited)


@dataclass(frozen=True, slots=True)
class RoundedScore:
    """A score as published, its label, the step it was rounded to, and what it may be in truth at the ends."""

    score: float
    label: str
    step: float
    span: Interval


def step_of(n: int, *, organisation: bool) -> Fraction:
    """Steps of 5 below 20 answers, 2 below 50, then 1; a tenth for the organisation from 50 on."""
    if n < 20:
        return Fraction(5)
    if n < EXACT_MEAN_FROM:
        return Fraction(2)
    return EXACT_STEP if organisation else Fraction(1)


def ends_of(n: int) -> tuple[int, int]:
    """Scores beyond these are not told apart: "everyone strongly against" would be a distribution."""
    return (10, 90) if n < 20 else (5, 95)


def round_score(mean: Fraction, n: int, *, organisation: bool) -> RoundedScore:
    """The mean to its step, halves to even (so that turning a scale round turns the published score round).

    At and beyond an end the score is the end, its label says so, and its span reaches to 0 or 100.
    """
    step = step_of(n, organisation=organisation)
    part, whole = round(mean / step) * step.numerator, step.denominator  # fractions are slow to compare
    lowest, highest = ends_of(n)
    if part <= lowest * whole:
        return RoundedScore(float(lowest), f"≤ {lowest}", float(step), Interval(0.0, float(lowest)))
    if part >= highest * whole:
        return RoundedScore(float(highest), f"≥ {highest}", float(step), Interval(float(highest), 100.0))
    score = part / whole
    return RoundedScore(score, f"{score:g}", float(step), Interval(score, score))
