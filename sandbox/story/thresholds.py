"""From a standard normal attitude to one of m labelled answers: the thresholds of every item.

The thresholds are the normal quantiles of the shares with which the answers are chosen at the start, so that the
start is what it was asked to be: one in ten chooses "against" or "strongly against" on A1.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from sandbox.story.arrays import Floats
from sandbox.story.randomness import normal_quantiles
from services.contracts.survey import Item, Polarity

START_SHARES: Final[Mapping[str, tuple[float, ...]]] = {
    "A1": (0.03, 0.07, 0.44, 0.33, 0.13),
    "A2": (0.06, 0.17, 0.42, 0.29, 0.06),
}
"""Shares of the answers 1..m at the start, for items whose start the story tells."""

START_LEVELS: Final[Mapping[str, float]] = {
    "job_security": 0.45,
    "competence": 0.52,
    "transparency": 0.55,
    "autonomy": 0.48,
    "reliability": 0.45,
    "human_oversight": 0.55,
    "fairness": 0.50,
    "regulation": 0.40,
    "usage": 0.25,
    "benefit": 0.45,
    "time_saved": 0.30,
    "buddy": 0.35,
}
"""Mean score / 100 at the start of every other driver and facet; where absent, one half."""


def start_shares(item: Item) -> Floats:
    """The shares of the answers 1..m of ``item`` at the start; they add up to 1.

    Without shares of its own an item has binomial ones with its driver's level, for any number of points.
    """
    told = START_SHARES.get(item.id, ())
    if len(told) == item.points:
        return np.array(told)
    level = START_LEVELS.get(item.published_as, 0.5)
    agree = level if item.polarity is Polarity.MORE else 1.0 - level
    last = item.points - 1
    return np.array([math.comb(last, x) * agree**x * (1.0 - agree) ** (last - x) for x in range(item.points)])


def cuts_of(item: Item) -> Floats:
    """The m - 1 rising thresholds of ``item`` on the standard normal scale of agreement."""
    return normal_quantiles(np.cumsum(start_shares(item))[:-1])
