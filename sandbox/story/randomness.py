"""Seeded streams of chance: one for each purpose, so that a change in one leaves the others as they were."""

import hashlib
from collections.abc import Iterable
from statistics import NormalDist
from typing import Final

import numpy as np

from sandbox.story.arrays import Floats

_NORMAL: Final = NormalDist()


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """The generator of ``purpose`` under ``seed``; the same numbers on every machine with the same numpy."""
    digest = hashlib.sha256("|".join(map(str, purpose)).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest[:16], dtype=np.uint32).tolist()])


def normal_quantiles(shares: Iterable[float]) -> Floats:
    """The standard normal quantile of each share, which lies between 0 and 1.

    Python's own, since SciPy would take a quarter of a second to load for these few.
    """
    return np.array([_NORMAL.inv_cdf(share) for share in shares])


def normal_scores(count: int, chance: np.random.Generator) -> Floats:
    """``count`` standard normal quantiles at (i - 1/2)/count, in random order.

    Unlike independent draws their mean is exactly 0, so that an organisation starts where it was asked to start,
    whatever its size and seed.
    """
    return chance.permutation(normal_quantiles((np.arange(count) + 0.5) / count))
