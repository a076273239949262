"""What is kept of a wave's ballots: its classes. All that is ever published of the wave comes from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from services.contracts.tree import Tree
from services.metrics.release.classes import ClassSums, Histogram, node_sums
from services.metrics.release.wave import ClosedWave
from services.metrics.statistics.scores import Measure


@dataclass(frozen=True, slots=True)
class ItemSpread:
    """How the answers to one item are spread in a class of D: a histogram, and how many would rather not say."""

    histogram: Histogram
    unsaid: int

    @property
    def answers(self) -> int:
        """n, without "rather not say"."""
        return sum(self.histogram)

    def __add__(self, other: "ItemSpread") -> "ItemSpread":
        points = tuple(a + b for a, b in zip(self.histogram, other.histogram, strict=True))
        return ItemSpread(points, self.unsaid + other.unsaid)


@dataclass(frozen=True, slots=True)
class ClassSpreads:
    """The spread of every item in a class of D, or in a union of such classes."""

    items: Mapping[str, ItemSpread]

    def __add__(self, other: "ClassSpreads") -> "ClassSpreads":
        return ClassSpreads({item: spread + other.items[item] for item, spread in self.items.items()})


@dataclass(frozen=True)
class WaveClasses:
    """The class tables of a wave.

    `scores_of` is P and `distributions_of` is D. `class_of` and `distribution_class_of`: unit -> the class that holds
    it. `sums` by class of P; `spreads` by class of D.
    """

    wave: ClosedWave
    scores_of: frozenset[str]
    class_of: Mapping[str, str]
    sums: Mapping[str, ClassSums]
    distributions_of: frozenset[str]
    distribution_class_of: Mapping[str, str]
    spreads: Mapping[str, ClassSpreads]

    @cached_property
    def tree(self) -> Tree:
        """The tree of the wave."""
        return self.wave.tree

    @cached_property
    def measures(self) -> Mapping[str, Measure]:
        """What is published of the wave's items, by name, in the order of asking."""
        return {measure.name: measure for measure in self.wave.measures}

    @cached_property
    def node_scores(self) -> Mapping[str, ClassSums]:
        """Every node of P as the union of the classes at and below it."""
        return node_sums(self.tree, self.scores_of, self.sums)

    @cached_property
    def node_spreads(self) -> Mapping[str, ClassSpreads]:
        """Every node of D as the union of the classes at and below it."""
        return node_sums(self.tree, self.distributions_of, self.spreads)
