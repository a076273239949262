"""Units and their people: who was invited, who answered, and sums of both over the tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from services.contracts.floors import SMALL_NODE
from services.contracts.tree import Tree

LOT_SHARE = Fraction(85, 100)
"""From this share of ballots on, a small unit loses one ballot: `ballots[u] >= 0.85 I[u]`."""


@dataclass(frozen=True, slots=True)
class Headcount:
    """People invited, and per item of the wave how many of them answered it (without "rather not say")."""

    invited: int
    answered: tuple[int, ...]

    @property
    def fewest(self) -> int:
        """`min_item n`: one decision for every number, whatever the item."""
        return min(self.answered)

    def __add__(self, other: "Headcount") -> "Headcount":
        return Headcount(
            self.invited + other.invited,
            tuple(a + b for a, b in zip(self.answered, other.answered, strict=True)),
        )

    def __sub__(self, other: "Headcount") -> "Headcount":
        return Headcount(
            self.invited - other.invited,
            tuple(a - b for a, b in zip(self.answered, other.answered, strict=True)),
        )


def totals(tree: Tree, units: Mapping[str, Headcount]) -> dict[str, Headcount]:
    """I(v) and n(v) of every node: its own unit and everything below. `units` has every node of the tree."""
    sums = dict(units)
    for node in reversed(tree.nodes):
        if node.parent is not None:
            sums[node.parent] += sums[node.id]
    return sums


def takes_part_in_lot(invited: int, ballots: int) -> bool:
    """Whether the ballot with the smallest id is left out, so that nobody in a small unit can be sure of being in."""
    return 0 < invited < SMALL_NODE and ballots >= LOT_SHARE * invited
