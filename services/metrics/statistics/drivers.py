"""A driver or facet: the mean of the means of its items, and the variance of that with missing answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.metrics.statistics.scores import Measure, ScoredItem


@dataclass(frozen=True, slots=True)
class PairSums:
    """Two items over the ballots that answered both: n, sums and the sum of products, in raw answers."""

    count: int
    first: int
    second: int
    product: int

    def covariance(self, first: ScoredItem, second: ScoredItem) -> Fraction | None:
        """Covariance of the two scores over those ballots (divisor n - 1); None below two ballots.

        A score is a straight line in the answer, so only the slopes remain.
        """
        if self.count < 2:
            return None
        raw = (self.product - Fraction(self.first * self.second, self.count)) / (self.count - 1)
        return raw * _slope(first) * _slope(second)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, the variance of that mean under simple random sampling, and the n behind it.

    `n` is the smallest number of answers among the items. `variance` leaves the finite-population
    correction to the interval.
    """

    mean: float
    variance: float
    n: int


def _slope(item: ScoredItem) -> Fraction:
    return Fraction(-100 if item.reverse else 100, item.points - 1)


def driver_estimate(measure: Measure, pairs: Mapping[tuple[str, str], PairSums]) -> Estimate | None:
    """Mean of item means, with variance K^-2 sum_ij n_ij / (n_i n_j) C_ij.

    `pairs[i, j]` with i before j in `measure.items`, and `pairs[i, i]` for the item itself. C_ij is the
    covariance over the ballots that answered both. Source: the variance of a sum of correlated means;
    two item means share n_ij of their n_i and n_j ballots. None if an item has fewer than two answers.
    """
    items = measure.items
    counts = {item.item_id: pairs[item.item_id, item.item_id].count for item in items}
    if min(counts.values()) < 2:
        return None
    means = [_mean_score(item, pairs[item.item_id, item.item_id]) for item in items]
    variance = Fraction(0)
    for position, first in enumerate(items):
        for second in items[position:]:
            shared = pairs[first.item_id, second.item_id]
            covariance = shared.covariance(first, second)
            if covariance is None:
                continue
            times = 1 if first is second else 2
            weight = Fraction(shared.count, counts[first.item_id] * counts[second.item_id])
            variance += times * weight * covariance
    k = len(items)
    # Covariances from different sets of ballots may add up to less than nothing in tiny samples.
    return Estimate(
        mean=float(sum(means, Fraction(0)) / k),
        variance=max(0.0, float(variance / (k * k))),
        n=min(counts.values()),
    )


def _mean_score(item: ScoredItem, own: PairSums) -> Fraction:
    steps = Fraction(own.first, own.count) - 1
    score = Fraction(100, item.points - 1) * steps
    return 100 - score if item.reverse else score


def pair_sums(items: Sequence[str], ballots: Sequence[Mapping[str, int | None]]) -> dict[tuple[str, str], PairSums]:
    """The sums behind `driver_estimate`, from whole ballots (item id to answer; None is no answer)."""
    sums: dict[tuple[str, str], PairSums] = {}
    for position, first in enumerate(items):
        for second in items[position:]:
            both = [
                (x, y)
                for ballot in ballots
                if (x := ballot.get(first)) is not None and (y := ballot.get(second)) is not None
            ]
            sums[first, second] = PairSums(
                len(both), sum(x for x, _ in both), sum(y for _, y in both), sum(x * y for x, y in both)
            )
    return sums
