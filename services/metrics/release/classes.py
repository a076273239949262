"""Classes: the people whom no published node separates. Published numbers are functions of these alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from services.contracts.tree import Tree
from services.metrics.statistics.scores import ScoredItem

Histogram = tuple[int, ...]
"""Answers per point of a scale: position x - 1 holds the number of answers x."""


@dataclass(frozen=True, slots=True)
class ItemSums:
    """The answers 1 to m to one item, as class tables keep them: how many, their sum, the sum of their squares."""

    answers: int
    total: int
    squares: int

    @classmethod
    def of(cls, histogram: Histogram) -> "ItemSums":
        """The sums of a histogram."""
        return cls(
            sum(histogram),
            sum(number * value for value, number in enumerate(histogram, start=1)),
            sum(number * value * value for value, number in enumerate(histogram, start=1)),
        )

    def mean_score(self, item: ScoredItem) -> tuple[int, int]:
        """Numerator and denominator of the mean of 100 (x - 1) / (m - 1), turned round where agreeing means less."""
        steps = item.points * self.answers - self.total if item.reverse else self.total - self.answers
        return 100 * steps, (item.points - 1) * self.answers

    @property
    def squared_deviations(self) -> float:
        """Sum of squared deviations from the mean, in answers."""
        return (self.squares * self.answers - self.total * self.total) / self.answers if self.answers else 0.0

    def __add__(self, other: "ItemSums") -> "ItemSums":
        return ItemSums(self.answers + other.answers, self.total + other.total, self.squares + other.squares)


@dataclass(frozen=True, slots=True)
class ClassSums:
    """A class or a union of classes in a wave: people, ballots, and sums per item. All that means are made of."""

    invited: int
    ballots: int
    items: Mapping[str, ItemSums]

    def answered(self, item_id: str) -> int:
        """n of one item."""
        return self.items[item_id].answers

    def __add__(self, other: "ClassSums") -> "ClassSums":
        return ClassSums(
            self.invited + other.invited,
            self.ballots + other.ballots,
            {item: sums + other.items[item] for item, sums in self.items.items()},
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """Exact counts of a unit or a class in a wave: people, ballots, a histogram per item.

    "Rather not say" is a ballot and no answer; `unsaid` has how many said so, per item.
    """

    invited: int
    ballots: int
    histograms: Mapping[str, Histogram]
    unsaid: Mapping[str, int]

    def answered(self, item_id: str) -> int:
        """n of one item."""
        return sum(self.histograms[item_id])

    @property
    def sums(self) -> ClassSums:
        """What is kept of it where only means may be made."""
        items = {item: ItemSums.of(histogram) for item, histogram in self.histograms.items()}
        return ClassSums(self.invited, self.ballots, items)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.invited + other.invited,
            self.ballots + other.ballots,
            {
                item: tuple(a + b for a, b in zip(histogram, other.histograms[item], strict=True))
                for item, histogram in self.histograms.items()
            },
            {item: number + other.unsaid[item] for item, number in self.unsaid.items()},
        )


class Addable(Protocol):
    """Counts of some people, which add up to counts of those people together."""

    def __add__(self, other: Self, /) -> Self: ...


A = TypeVar("A", bound=Addable)


def classes(tree: Tree, published: Collection[str]) -> dict[str, str]:
    """Unit -> its nearest published ancestor-or-self, which names the class. Units below none are absent."""
    nearest: dict[str, str] = {}
    for node in tree.nodes:
        if node.id in published:
            nearest[node.id] = node.id
        elif node.parent in nearest:
            nearest[node.id] = nearest[node.parent]
    return nearest


def summed(parts: Sequence[A]) -> A:
    """All of them together. Raises IndexError for none."""
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole


def class_tallies(class_of: Mapping[str, str], units: Mapping[str, Tally]) -> dict[str, Tally]:
    """The sums over the units of every class; from here on the units are not read again."""
    members: dict[str, list[Tally]] = {}
    for unit, class_id in class_of.items():
        members.setdefault(class_id, []).append(units[unit])
    return {class_id: summed(tallies) for class_id, tallies in members.items()}


def node_sums(tree: Tree, published: Collection[str], by_class: Mapping[str, A]) -> dict[str, A]:
    """Every published node as the union of the classes at and below it."""
    sums = {node.id: by_class[node.id] for node in tree.nodes if node.id in published}
    class_of = classes(tree, published)
    for node in reversed(tree.nodes):
        if node.id in published and node.parent is not None:
            above = class_of[node.parent]
            sums[above] = sums[above] + sums[node.id]
    return sums
