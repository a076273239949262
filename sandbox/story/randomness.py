"""Seeded streams of chance: one for each purpose, so that a change in one leaves the others as they were."""

import hashlib

import numpy as np
from scipy import special

from sandbox.story.arrays import Floats


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """The generator of ``purpose`` under ``seed``; the same numbers on every machine with the same numpy."""
    digest = hashlib.sha256("|".join(map(str, purpose)).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest[:16], dtype=np.uint32).tolist()])


def normal_scores(count: int, chance: np.random.Generator) -> Floats:
    """``count`` standard normal quantiles at (i - 1/2)/count, in random order.

    Unlike independent draws their mean is exactly 0, so that an organisation starts where it was asked to start,
    whatever its size and seed.
    """
    quantiles: Floats = special.ndtri((np.arange(count) + 0.5) / count)
    return chance.permutation(quantiles)
