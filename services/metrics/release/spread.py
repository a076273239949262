"""How far answers lie apart within teams, over the whole organisation: the only spread a node's interval may use."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from services.contracts.base import ROOT_ID
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.classes import ClassSums
from services.metrics.release.rounding import EXACT_MEAN_FROM
from services.metrics.statistics.scores import Measure, pooled_within_variance

REFERENCE_SD: Final = 35
"""Points; the standard deviation of answers spread evenly over five points, wider than in any real team
that we know. Used where the organisation has too few answers for its own spread to be told."""
SMALLEST_SD: Final = 10
"""Points; a smaller spread would tell that everyone in a team answered alike."""


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
    deviations = []
    for item in measure.items:
        groups = [sums.items[item.item_id].scores(item) for sums in by_class]
        deviations.append(math.sqrt(pooled_within_variance(groups) or 0.0))
    sd = math.ceil(sum(deviations) / len(deviations))
    return Spread(max(SMALLEST_SD, sd), 0.8 * EXACT_MEAN_FROM)


def spread_in(tables: WaveClasses, measure: Measure) -> Spread:
    """The spread within the classes of a wave; the reference one where the organisation is not in P."""
    whole = tables.node_scores.get(ROOT_ID)
    n = min(whole.answered(item.item_id) for item in measure.items) if whole else 0
    return within_class_spread(measure, tuple(tables.sums.values()), n)
