"""Which nodes of a tree can be shown at all, and how often: decided by the people invited, before anyone answers."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from services.contracts.base import ROOT_ID
from services.contracts.floors import SCORE_FLOOR, SMALL_NODE
from services.contracts.tree import Cadence, Tree, WaveNode


class Visibility(StrEnum):
    """Whether a node will ever have a score: in every wave, in windows of three waves, or never."""

    WAVE = "wave"
    WINDOW = "window"
    NEVER = "never"


def shown_per_wave(tree: Tree, nodes: Sequence[WaveNode]) -> frozenset[str]:
    """Nodes with a cadence of a wave; the floor of 20 invited holds whatever the event says."""
    behind = people_behind(tree, {node.id: node.invited for node in nodes})
    return frozenset(node.id for node in nodes if node.cadence is Cadence.WAVE and behind[node.id] >= SMALL_NODE)


def people_behind(tree: Tree, invited: Mapping[str, int]) -> dict[str, int]:
    """The people invited at each node and everything below it."""
    behind = {node.id: invited.get(node.id, 0) for node in tree.nodes}
    for node in reversed(tree.nodes):
        if node.parent is not None:
            behind[node.parent] += behind[node.id]
    return behind


def visibility(tree: Tree, invited: Mapping[str, int], floor: int = SCORE_FLOOR) -> dict[str, Visibility]:
    """How often each node can be shown. NEVER is certain, whoever answers what; the others need enough answers.

    ``tree`` and ``invited`` are merged (``merge_small_units``), ``floor`` is the campaign's for scores. Every group
    that can be told apart needs ``floor`` answers, so a node needs them, and so does everybody outside of it together.
    A unit under 20 people counts one answer less than it has people, since the release leaves out the lot.
    """
    behind = people_behind(tree, invited)
    answers = people_behind(
        tree, {node: people - 1 if 0 < people < SMALL_NODE else people for node, people in invited.items()}
    )

    def ever(node: str) -> bool:
        outside = answers[ROOT_ID] - answers[node]
        return answers[node] >= floor and (behind[node] == behind[ROOT_ID] or outside >= floor)

    return {
        node.id: Visibility.NEVER
        if not ever(node.id)
        else Visibility.WAVE
        if behind[node.id] >= SMALL_NODE
        else Visibility.WINDOW
        for node in tree.nodes
    }
