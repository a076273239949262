"""Intervals around a mean and a share, for a sample from a population of known size."""

import math
from typing import NamedTuple

import scipy

from services.metrics.statistics.drivers import Estimate

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """Both ends, in the unit of what they surround."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2


def t_quantile(degrees_of_freedom: float, confidence: float = CONFIDENCE) -> float:
    """Two-sided quantile of Student's t; infinite degrees of freedom give the normal one."""
    return float(scipy.special.stdtrit(degrees_of_freedom, (1 + confidence) / 2))


def standard_error(estimate: Estimate, population: int) -> float:
    """SE = sqrt((1 - n/N) s^2/n): simple random sampling without replacement (Cochran 1977, sec. 2.8)."""
    if estimate.n > population:
        raise ValueError(f"{estimate.n} answers from {population} invited: more answers than people")
    return math.sqrt((1 - estimate.n / population) * estimate.variance)


def mean_interval(estimate: Estimate, population: int, confidence: float = CONFIDENCE) -> Interval:
    """t interval with n - 1 degrees of freedom and the finite-population correction, on 0 to 100."""
    half_width = t_quantile(estimate.n - 1, confidence) * standard_error(estimate, population)
    return Interval(estimate.mean - half_width, estimate.mean + half_width)


def share_interval(count: int, n: int, population: int | None = None, confidence: float = CONFIDENCE) -> Interval:
    """Wilson interval of a share with n_eff = n (N - 1) / (N - n); without a population n_eff is n.

    Wilson 1927; the effective size is that of a sample with the same variance without the correction.
    When everybody has answered nothing is uncertain, and both ends are the share.
    """
    if not 0 <= count <= n or n == 0:
        raise ValueError(f"a share of {count} in {n} does not exist")
    share = count / n
    if population is not None and n >= population:
        return Interval(share, share)
    effective = n if population is None else n * (population - 1) / (population - n)
    z = t_quantile(math.inf, confidence)
    centre = (share + z * z / (2 * effective)) / (1 + z * z / effective)
    half_width = (
        z / (1 + z * z / effective) * math.sqrt(share * (1 - share) / effective + z * z / (4 * effective * effective))
    )
    return Interval(max(0.0, centre - half_width), min(1.0, centre + half_width))


def worst_case_bounds(share: float, response: float) -> Interval:
    """What the share of everybody invited may be, whatever the silent think: p r to p r + 1 - r (Manski 1989).

    `share` among those who answered and `response` between 0 and 1, else ValueError. Nothing is assumed, so this is no
    interval of confidence: it contains the truth for certain, but for rounding.
    """
    if not (0 <= share <= 1 and 0 <= response <= 1):
        raise ValueError(f"a share of {share} at a response of {response}; both lie between 0 and 1")
    return Interval(share * response, share * response + 1 - response)
