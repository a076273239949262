"""Many teams at once: how often something would look like a change by chance, and what stands after that."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

FALSE_DISCOVERY_RATE: Final = 0.10
"""Of all teams that are said to have changed in one wave and measure, the share that may be wrong."""


def adjusted_p_values(p_values: Sequence[float]) -> list[float]:
    """The smallest false discovery rate at which each of them counts (Benjamini and Hochberg 1995).

    In the order given. Raises ValueError for a p-value outside 0 to 1.
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise ValueError("a p-value lies between 0 and 1")
    count = len(p_values)
    largest_first = sorted(range(count), key=lambda place: p_values[place], reverse=True)
    scaled = (p_values[place] * count / (count - step) for step, place in enumerate(largest_first))
    adjusted = accumulate(scaled, min, initial=1.0)
    next(adjusted)
    of_place = dict(zip(largest_first, adjusted, strict=True))
    return [of_place[place] for place in range(count)]


def discoveries(p_values: Sequence[float], rate: float = FALSE_DISCOVERY_RATE) -> list[bool]:
    """Which of them still count as a finding when all are looked at together."""
    return [p <= rate for p in adjusted_p_values(p_values)]
