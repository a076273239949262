"""Many teams at once: how often something would look like a change by chance, and what stands after that."""

from collections.abc import Sequence
from typing import Final

from scipy import stats

FALSE_DISCOVERY_RATE: Final = 0.10
"""Of all teams that are said to have changed in one wave and measure, the share that may be wrong."""


def adjusted_p_values(p_values: Sequence[float]) -> list[float]:
    """The smallest false discovery rate at which each of them counts (Benjamini and Hochberg 1995).

    In the order given. Raises ValueError for a p-value outside 0 to 1.
    """
    if not p_values:
        return []
    return [float(p) for p in stats.false_discovery_control(list(p_values), method="bh")]


def discoveries(p_values: Sequence[float], rate: float = FALSE_DISCOVERY_RATE) -> list[bool]:
    """Which of them still count as a finding when all are looked at together."""
    return [p <= rate for p in adjusted_p_values(p_values)]
