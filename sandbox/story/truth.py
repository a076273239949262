"""The true values that published numbers are held against.

The true score of a wave is the mean, over *all invited people* of the node, of the score of the answer that each would
have given in that wave: had everybody taken part and nobody chosen "rather not say". It is a value of the finite
population, occasion and item noise included, which is what a mean with the finite-population correction estimates: had
everybody answered, the interval would shrink to this very value. It is not the expectation of the model, around which
even the answers of everybody vary.
"""

import numpy as np

from sandbox.story.arrays import Floats, Integers
from sandbox.story.simulation import SimulatedWave
from services.contracts.base import ROOT_ID
from services.contracts.survey import Item, Polarity


def scores(item: Item, answers: Integers) -> Floats:
    """s = 100 (x - 1) / (m - 1), turned round by polarity: high is more of the measure."""
    steps = answers - 1 if item.polarity is Polarity.MORE else item.points - answers
    return 100.0 * steps / (item.points - 1)


def true_score(wave: SimulatedWave, item: Item, node: str = ROOT_ID) -> float:
    """The true score of one item at ``node`` of the merged tree, 0 to 100. KeyError for a node it does not have."""
    return float(scores(item, wave.potential[item.id])[wave.organisation.under(node)].mean())


def true_scores(wave: SimulatedWave, node: str = ROOT_ID) -> dict[str, float]:
    """Every published score of the wave at ``node``: measure, driver or facet -> mean of its items' true scores."""
    by_name: dict[str, list[float]] = {}
    for item in wave.items:
        by_name.setdefault(item.published_as, []).append(true_score(wave, item, node))
    return {name: float(np.mean(means)) for name, means in by_name.items()}


def openly_against(wave: SimulatedWave, anchor: str = "A1", node: str = ROOT_ID) -> float:
    """The true share of people at ``node`` who would answer 1 or 2 to the anchor of resistance, 0 to 1."""
    inside = wave.organisation.under(node)
    return float((wave.potential[anchor][inside] <= 2).mean())
