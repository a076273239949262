"""How far answers lie apart within teams, over the whole organisation: the only spread a node's interval may use."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from services.contracts.base import ROOT_ID
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.classes import ClassSums, ItemSums
from services.metrics.release.rounding import EXACT_MEAN_FROM
from services.metrics.statistics.scores import Measure, ScoredItem

REFERENCE_SD: Final = 35
"""Points; the standard deviation of answers spread evenly over five points, wider than in any real team
that we know. Used where the organisation has too few answers for its own spread to be told."""
SMALLEST_SD: Final = 10
"""Points; a smaller spread would tell that everyone in a team answered alike."""


_ROUNDING_ERROR: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviation of one person's score in points, rounded up, and the degrees of freedom behind it."""

    sd: int
    degrees_of_freedom: float


def within_class_spread(measure: Measure, by_class: Collection[ClassSums], organisation_n: int) -> Spread:
    """The pooled standard deviation within classes; the reference one below 50 answers.

    Of a driver: the mean of its items' standard deviations, which is the most that the mean of the items
    can have whatever their correlation. So nothing here depends on how answers go together in a ballot:
    per item, the sums of the classes are all that is used. Every class holds at least five
    answers, so at least four fifths of the answers are degrees of freedom; the lower end of the
    band of n is taken for them.
    """
    if organisation_n < EXACT_MEAN_FROM:
        return Spread(REFERENCE_SD, math.inf)
    deviations = [_within(item, [sums.items[item.item_id] for sums in by_class]) for item in measure.items]
    sd = math.ceil(sum(deviations) / len(deviations) - _ROUNDING_ERROR)
    return Spread(max(SMALLEST_SD, sd), 0.8 * EXACT_MEAN_FROM)


def _within(item: ScoredItem, classes: Collection[ItemSums]) -> float:
    """Root mean square of the item's scores within classes, as of a one-way analysis of variance.

    Snedecor and Cochran, Statistical Methods, ch. 12. `fsum` rounds once, so the order of classes changes nothing.
    """
    freedom = sum(max(sums.answers - 1, 0) for sums in classes)
    squared = math.fsum(sums.squared_deviations for sums in classes)
    return 100 / (item.points - 1) * math.sqrt(squared / freedom) if freedom else 0.0


def spread_in(tables: WaveClasses, measure: Measure) -> Spread:
    """The spread within the classes of a wave; the reference one where the organisation is not in P."""
    whole = tables.node_scores.get(ROOT_ID)
    n = min(whole.answered(item.item_id) for item in measure.items) if whole else 0
    return within_class_spread(measure, tuple(tables.sums.values()), n)
