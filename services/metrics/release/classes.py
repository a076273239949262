"""Classes: the people whom no published node separates. Published numbers are functions of these alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.contracts.tree import Tree

Histogram = tuple[int, ...]
"""Answers per point of a scale: position x - 1 holds the number of answers x."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Exact counts of a unit or a class in a wave: people, ballots, a histogram per item.

    "Rather not say" is a ballot and no answer.
    """

    invited: int
    ballots: int
    histograms: Mapping[str, Histogram]

    def answered(self, item_id: str) -> int:
        """n of one item."""
        return sum(self.histograms[item_id])

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.invited + other.invited,
            self.ballots + other.ballots,
            {
                item: tuple(a + b for a, b in zip(histogram, other.histograms[item], strict=True))
                for item, histogram in self.histograms.items()
            },
        )


def classes(tree: Tree, published: Collection[str]) -> dict[str, str]:
    """Unit -> its nearest published ancestor-or-self, which names the class. Units below none are absent."""
    nearest: dict[str, str] = {}
    for node in tree.nodes:
        if node.id in published:
            nearest[node.id] = node.id
        elif node.parent in nearest:
            nearest[node.id] = nearest[node.parent]
    return nearest


def class_tallies(class_of: Mapping[str, str], units: Mapping[str, Tally]) -> dict[str, Tally]:
    """The sums over the units of every class; from here on the units are not read again."""
    tallies: dict[str, Tally] = {}
    for unit, class_id in class_of.items():
        tallies[class_id] = tallies[class_id] + units[unit] if class_id in tallies else units[unit]
    return tallies


def node_tallies(tree: Tree, published: Collection[str], by_class: Mapping[str, Tally]) -> dict[str, Tally]:
    """Every published node as the union of the classes at and below it."""
    tallies = {node.id: by_class[node.id] for node in tree.nodes if node.id in published}
    class_of = classes(tree, published)
    for node in reversed(tree.nodes):
        if node.id in published and node.parent is not None:
            above = class_of[node.parent]
            tallies[above] = tallies[above] + tallies[node.id]
    return tallies
