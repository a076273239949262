"""How the items of a driver go together, for the organisation alone: alpha, and the correlations behind it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.metrics.release.rounding import EXACT_MEAN_FROM, EXACT_N_FROM
from services.metrics.statistics.drivers import PairSums
from services.metrics.statistics.reliability import cronbach_alpha
from services.metrics.statistics.scores import Measure, ScoredItem


@dataclass(frozen=True, slots=True)
class Correlation:
    """Of the scores of two items."""

    first: str
    second: str
    correlation: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of a measure; see `services.metrics.released.documents.PublishedReliability`."""

    measure: str
    items: tuple[str, ...]
    alpha: float
    n: int | None
    correlations: tuple[Correlation, ...]


def reliabilities(measures: Sequence[Measure], pairs: Mapping[tuple[str, str], PairSums]) -> tuple[Reliability, ...]:
    """Of every measure of two items or more of which every pair was answered by 50; nothing where no answer varies."""
    found = (_reliability(measure, pairs) for measure in measures if len(measure.items) > 1)
    return tuple(one for one in found if one is not None)


def _reliability(measure: Measure, pairs: Mapping[tuple[str, str], PairSums]) -> Reliability | None:
    couples = [(a, b) for position, a in enumerate(measure.items) for b in measure.items[position + 1 :]]
    n = min(pairs[a.item_id, b.item_id].count for a, b in couples)
    if n < EXACT_MEAN_FROM:
        return None
    alpha = cronbach_alpha(measure, pairs)
    correlations = [_correlation(a, b, pairs) for a, b in couples]
    if alpha is None or any(one is None for one in correlations):
        return None
    return Reliability(
        measure.name,
        tuple(item.item_id for item in measure.items),
        round(alpha, 2),
        n if n >= EXACT_N_FROM else None,
        tuple(one for one in correlations if one is not None),
    )


def _correlation(
    first: ScoredItem, second: ScoredItem, pairs: Mapping[tuple[str, str], PairSums]
) -> Correlation | None:
    """r = C_ab / sqrt(C_aa C_bb), C_ab over the ballots that answered both, C_aa and C_bb over those of each item."""
    together = pairs[first.item_id, second.item_id].covariance(first, second)
    own = [pairs[item.item_id, item.item_id].covariance(item, item) for item in (first, second)]
    if together is None or own[0] is None or own[1] is None or own[0] * own[1] == 0:
        return None
    r = float(together) / math.sqrt(own[0] * own[1])
    return Correlation(first.item_id, second.item_id, round(max(-1.0, min(1.0, r)), 2))
