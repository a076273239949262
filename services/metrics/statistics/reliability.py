"""Whether the items of a driver belong together. For the organisation only, from 50 answers on."""

from collections.abc import Mapping
from fractions import Fraction

from services.metrics.statistics.drivers import PairSums
from services.metrics.statistics.scores import Measure


def cronbach_alpha(measure: Measure, pairs: Mapping[tuple[str, str], PairSums]) -> float | None:
    """alpha = K / (K - 1) (1 - trace C / sum C), C pairwise from ballots that answered both (Cronbach 1951).

    `pairs` as in `driver_estimate`. None for one item, for fewer than two ballots, or if nothing varies.
    """
    items = measure.items
    trace, total = Fraction(0), Fraction(0)
    for position, first in enumerate(items):
        for second in items[position:]:
            covariance = pairs[first.item_id, second.item_id].covariance(first, second)
            if covariance is None:
                return None
            if first is second:
                trace += covariance
                total += covariance
            else:
                total += 2 * covariance
    if len(items) < 2 or total == 0:
        return None
    return float(Fraction(len(items), len(items) - 1) * (1 - trace / total))
