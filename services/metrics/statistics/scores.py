"""Scores: an answer on a scale of m points as 0 to 100, and what a measure is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

MINIMUM_POINTS = 2
MAXIMUM_POINTS = 11


class ScaleError(ValueError):
    """A scale or an answer outside it; the message names the item, the value and the range."""


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """An item as the statistics see it: `points` labelled answers, 1 to m.

    `reverse` is true where agreeing means less of the measure (R- and T- in SURVEY.md's item bank).
    """

    item_id: str
    points: int
    reverse: bool

    def __post_init__(self) -> None:
        if not MINIMUM_POINTS <= self.points <= MAXIMUM_POINTS:
            raise ScaleError(
                f"item {self.item_id}: a scale of {self.points} points; it takes {MINIMUM_POINTS} to {MAXIMUM_POINTS}"
            )

    def score(self, value: int) -> Fraction:
        """s = 100 (x - 1) / (m - 1), turned round by polarity: high is always more of the measure."""
        if not 1 <= value <= self.points:
            raise ScaleError(f"item {self.item_id}: answer {value} lies outside its scale, 1 to {self.points}")
        steps = self.points - value if self.reverse else value - 1
        return Fraction(100 * steps, self.points - 1)


@dataclass(frozen=True, slots=True)
class Measure:
    """What one published number is about: a headline (A1 or A2), a driver, a facet or an experience.

    Its score is the mean of the means of its items, so that an item that fewer people answered
    weighs as much as the others.
    """

    name: str
    items: tuple[ScoredItem, ...]
    headline: bool = False

    @property
    def allowed_below_organisation(self) -> bool:
        """A single item is never published below the organisation; the headlines are the exception."""
        return self.headline or len(self.items) > 1


@dataclass(frozen=True, slots=True)
class ScoreSums:
    """Count, sum and sum of squares of scores; exact, so the order of adding is irrelevant."""

    count: int
    total: Fraction
    squares: Fraction

    @classmethod
    def of_histogram(cls, item: ScoredItem, histogram: Sequence[int]) -> "ScoreSums":
        """`histogram[x - 1]` is the number of answers x."""
        if len(histogram) != item.points:
            raise ScaleError(f"item {item.item_id}: a histogram of {len(histogram)} points for {item.points}")
        ordered = reversed(histogram) if item.reverse else histogram
        count = total = squares = 0
        for steps, number in enumerate(ordered):  # whole steps first: fractions are slow
            count += number
            total += steps * number
            squares += steps * steps * number
        step = Fraction(100, item.points - 1)
        return cls(count, total * step, squares * step * step)

    @property
    def mean(self) -> Fraction:
        """The mean score; ZeroDivisionError without answers."""
        return self.total / self.count

    @property
    def squared_deviations(self) -> Fraction:
        """Sum of squared deviations from the mean; 0 without answers."""
        return self.squares - self.total * self.total / self.count if self.count else Fraction(0)


def pooled_within_variance(groups: Sequence[ScoreSums]) -> float | None:
    """Variance within groups: their squared deviations over their degrees of freedom; None if those are 0.

    The mean square within groups of a one-way analysis of variance (Snedecor and Cochran, ch. 12).
    """
    freedom = sum(max(group.count - 1, 0) for group in groups)
    if freedom == 0:
        return None
    return float(sum((group.squared_deviations for group in groups), Fraction(0)) / freedom)
