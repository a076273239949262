"""A trend over many waves: how steep, and whether a line without slope would look like this."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray

from services.metrics.statistics.intervals import CONFIDENCE, Interval

FEWEST_POINTS: Final = 6
"""With four points the smallest p that can occur is .083, so fewer than six can show nothing."""
_MOST_EXACT_POINTS: Final = 60
"""Beyond, the normal approximation differs in the fourth decimal of p, and the exact count takes long."""


class TrendVerdict(StrEnum):
    """The only words in which a trend is told."""

    CLEARLY_UP = "clearly up"
    CLEARLY_DOWN = "clearly down"
    NO_CLEAR_CHANGE = "no clear change"
    TOO_EARLY = "too early"


@dataclass(frozen=True, slots=True)
class Trend:
    """`slope` and `interval` per unit of time; `s` and `p_value` of Kendall's test. None where it is too early."""

    points: int
    slope: float | None
    interval: Interval | None
    s: int | None
    p_value: float | None
    verdict: TrendVerdict


def trend(times: Sequence[float], scores: Sequence[float], confidence: float = CONFIDENCE) -> Trend:
    """Theil-Sen slope (Sen 1968) with Kendall's test. `times` ascending, all different.

    The verdict comes from the test, the interval from Sen's method; both hold whatever the distribution of errors.
    """
    points = len(scores)
    if points < FEWEST_POINTS:
        return Trend(points, None, None, None, None, TrendVerdict.TOO_EARLY)
    slope, interval = theil_sen(times, scores, confidence)
    s, p_value = kendall_test(scores)
    verdict = TrendVerdict.NO_CLEAR_CHANGE
    if p_value < 1 - confidence:
        verdict = TrendVerdict.CLEARLY_UP if s > 0 else TrendVerdict.CLEARLY_DOWN
    return Trend(points, slope, interval, s, p_value, verdict)


def theil_sen(
    times: Sequence[float], scores: Sequence[float], confidence: float = CONFIDENCE
) -> tuple[float, Interval]:
    """The median of the slopes of all pairs (Theil 1950), and those between which it lies (Sen 1968, eq. 2.6).

    `times` ascending, all different, two or more.
    """
    slopes = np.sort(_of_pairs(scores) / _of_pairs(times))
    variance = _variance_of_s(len(scores), Counter(scores).values())
    spread = float(scipy.special.ndtri((1 + confidence) / 2)) * math.sqrt(variance)
    low = max(round((len(slopes) - spread) / 2) - 1, 0)
    high = min(round((len(slopes) + spread) / 2), len(slopes) - 1)
    return float(np.median(slopes)), Interval(float(slopes[low]), float(slopes[high]))


def kendall_s(scores: Sequence[float]) -> int:
    """Pairs that rise minus pairs that fall (Mann 1945)."""
    return int(np.sign(_of_pairs(scores)).sum())


def _of_pairs(values: Sequence[float]) -> NDArray[np.float64]:
    """The later minus the earlier of every two."""
    numbers = np.asarray(values, dtype=np.float64)
    earlier, later = np.triu_indices(len(numbers), 1)
    return numbers[later] - numbers[earlier]


def kendall_test(scores: Sequence[float]) -> tuple[int, float]:
    """S, and its two-sided p against "every order of these scores is as likely": ties included, up to 60 points exact.

    Rounded scores are often equal. An order of scores of which t_1, t_2, ... are equal has as many falling pairs as the
    multiset permutation has inversions, which the q-multinomial coefficient counts (MacMahon 1915; Stanley, Enumerative
    Combinatorics 1, sec. 1.7); merging in the groups one by one, it is a product of the distributions of Mann and
    Whitney's U. Beyond 60 points the normal approximation with Kendall's variance for ties and the correction for
    continuity (Kendall 1975, ch. 4).
    """
    s = kendall_s(scores)
    groups = sorted(Counter(scores).values())
    if s == 0:
        return 0, 1.0
    if len(scores) > _MOST_EXACT_POINTS:
        return s, _approximate(s, len(scores), groups)
    chance = _falling_pairs(tuple(groups))
    different = len(chance) - 1  # pairs that are not tied; S = different - 2 x falling
    extreme = (different - abs(s)) // 2
    return s, min(1.0, 2 * float(chance[: extreme + 1].sum()))


def _approximate(s: int, n: int, groups: Sequence[int]) -> float:
    return float(2 * scipy.special.ndtr(-(abs(s) - 1) / math.sqrt(_variance_of_s(n, groups))))


def _variance_of_s(n: int, groups: Iterable[int]) -> float:
    """Of Kendall's S of n scores, `groups` of which are equal."""
    return (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in groups)) / 18


def _falling_pairs(groups: Sequence[int]) -> NDArray[np.float64]:
    """`chance[i]`: the share of all orders of groups of equal scores that have i falling pairs."""
    chance = np.ones(1)
    merged = 0
    for size in groups:
        chance = np.convolve(chance, _u_distribution(size, merged))
        merged += size
    return chance


def _u_distribution(first: int, second: int) -> NDArray[np.float64]:
    """The distribution of Mann and Whitney's U (1947) without ties: shares of U = 0 .. first x second.

    The Gaussian binomial coefficient as a polynomial, product of (1 - q^(second + i)) / (1 - q^i), in whole numbers.
    """
    counts = [1] + [0] * (first * second)
    for i in range(1, first + 1):
        shift = second + i
        for position in range(len(counts) - 1, shift - 1, -1):
            counts[position] -= counts[position - shift]
        for position in range(i, len(counts)):
            counts[position] += counts[position - i]
    total = math.comb(first + second, first)
    return np.array([count / total for count in counts])
