"""The nodes that outcomes and announcements may speak of: those of the round that opened last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.contracts.base import ROOT_ID
from services.contracts.floors import SCORE_FLOOR


@dataclass(frozen=True)
class Organisation:
    """Invited people under every node, the node itself included; empty before the first round."""

    invited: Mapping[str, int]

    @property
    def with_outcomes(self) -> frozenset[str]:
        """Nodes large enough that a figure of theirs is nobody's own."""
        return frozenset(node for node, people in self.invited.items() if people >= SCORE_FLOOR)

    @property
    def audiences(self) -> frozenset[str]:
        """Nodes that can be told something; the whole organisation always can."""
        return frozenset(self.invited) | {ROOT_ID}


def organisation(rows: Iterable[tuple[str, str, int]]) -> Organisation:
    """From rows of node, parent (empty for the root) and people directly at it, parents first."""
    rows = tuple(rows)
    invited = {node: people for node, _, people in rows}
    for node, parent, _ in reversed(rows):
        if parent in invited:
            invited[parent] += invited[node]
    return Organisation(invited)
