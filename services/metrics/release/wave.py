"""The frozen input of a release: what was asked, of which tree, and exact counts per unit."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.contracts.base import Text
from services.contracts.survey import Item, Polarity
from services.contracts.tree import Tree, WaveNode
from services.metrics.release.classes import Tally
from services.metrics.statistics.drivers import PairSums
from services.metrics.statistics.scores import Measure, ScoredItem


@dataclass(frozen=True)
class ClosedWave:
    """A wave as it was asked. `tree.nodes` are wave nodes: with invited people and cadence, parents first."""

    wave_id: str
    campaign_id: str
    title: Text
    opened_at: datetime
    closed_at: datetime
    items: tuple[Item, ...]
    score_floor: int
    distribution_floor: int
    nodes: tuple[WaveNode, ...]

    @property
    def tree(self) -> Tree:
        """The nodes as a tree. Raises pydantic's ValidationError if they make none."""
        return Tree(nodes=self.nodes)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is published of the items, in the order of asking."""
        return measures_of(self.items)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a release is computed from: exact counts per unit, after the lot; pairs of items over everyone.

    `units` has every node of the tree. `pairs` is used for the organisation alone, from 50 answers on.
    """

    units: Mapping[str, Tally]
    pairs: Mapping[tuple[str, str], PairSums]


def measures_of(items: Sequence[Item]) -> tuple[Measure, ...]:
    """Items with the same driver or facet make one measure; an item without one is its measure's headline."""
    by_name: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_name[item.published_as].append(item)
    return tuple(
        Measure(
            name,
            tuple(ScoredItem(item.id, item.points, item.polarity is Polarity.LESS) for item in group),
            headline=all(item.driver is None for item in group),
        )
        for name, group in by_name.items()
    )
