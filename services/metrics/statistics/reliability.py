"""Whether the items of a driver belong together. For the organisation only, from 50 answers on."""

from collections.abc import Mapping
from fractions import Fraction

import scipy

from services.metrics.statistics.drivers import PairSums
from services.metrics.statistics.intervals import CONFIDENCE, Interval
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


def alpha_interval(alpha: float, n: int, items: int, confidence: float = CONFIDENCE) -> Interval:
    """1 - (1 - alpha) F with n - 1 and (n - 1)(K - 1) degrees of freedom (Feldt, Woodruff and Salih 1987).

    With missing answers `n` is the smallest number of ballots of any pair. Raises ValueError below two of either.
    """
    if n < 2 or items < 2:
        raise ValueError(f"an interval of alpha takes two ballots and two items or more, not {n} and {items}")
    freedom = (n - 1, (n - 1) * (items - 1))
    low, high = (float(scipy.special.fdtri(*freedom, p)) for p in ((1 + confidence) / 2, (1 - confidence) / 2))
    return Interval(1 - (1 - alpha) * low, 1 - (1 - alpha) * high)
