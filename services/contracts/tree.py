"""The tree of an organisation as a wave sees it, and the merging of units that are too small to carry a label."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from services.contracts.base import LONGEST_TEXT, ROOT_ID, Identifier, Text, Value
from services.contracts.floors import MERGE_PROPOSAL, SCORE_FLOOR, SMALL_NODE
from services.contracts.units import joint_id


class Phase(StrEnum):
    """How far a team is with AI."""

    NOT_STARTED = "not_started"
    ANNOUNCED = "announced"
    PILOT = "pilot"
    LIVE = "live"


class Cadence(StrEnum):
    """Whether a node is shown per wave, or per window of three waves because it is small."""

    WAVE = "wave"
    WINDOW = "window"


class Node(Value):
    """A node of the tree; the root is ``organisation`` and has no parent; a leaf is a team.

    ``phase`` is None where the node has none, or where merging brought different phases together.
    """

    id: Identifier
    parent: Identifier | None
    name: Text
    phase: Phase | None = None


class WaveNode(Node):
    """A node as it stood when its wave opened.

    ``invited`` counts the people attached *directly* to the node: the I[u] of the unit with the same id.
    The number behind the whole node is the sum over its subtree.
    """

    invited: int = Field(ge=0)
    cadence: Cadence


Parts = dict[str, tuple[Node, ...]]
"""Unit -> the nodes of the unmerged tree that are counted together in it, by id."""


class TreeError(ValueError):
    """The nodes make no tree, or too few people were invited for any label; the text names the node and the mend."""


class Tree(Value):
    """Nodes, parents before children, that make one tree with the root ``organisation``."""

    nodes: tuple[Node, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_one_tree(self) -> Self:
        seen: set[str] = set()
        for node in self.nodes:
            if node.id in seen:
                raise ValueError(f"the node {node.id} stands in the tree twice")
            if node.parent is None and node.id != ROOT_ID:
                raise ValueError(f"the node {node.id} has no parent; only {ROOT_ID} has none")
            if node.parent is not None and node.parent not in seen:
                raise ValueError(f"the parent {node.parent} of {node.id} is not above it in the list")
            seen.add(node.id)
        if ROOT_ID not in seen:
            raise ValueError(f"the tree has no node {ROOT_ID}")
        return self

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """Every node under its id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """The ids of the children of every node, in the order of the tree."""
        below: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for node in self.nodes:
            if node.parent is not None:
                below[node.parent].append(node.id)
        return {parent: tuple(ids) for parent, ids in below.items()}

    def is_leaf(self, node_id: str) -> bool:
        """Whether the node has no children: a team."""
        return not self.children[node_id]

    def subtree(self, node_id: str) -> tuple[str, ...]:
        """The node and everything below it, parents first."""
        found = [node_id]
        for current in found:
            found.extend(self.children[current])
        return tuple(found)


@dataclass(frozen=True)
class Merged:
    """A tree in which every unit with people has at least the floor, and where each old unit went.

    ``invited``: people directly at each node of ``tree``; ``unit_of``: old node id -> the node whose label its ballots
    carry.
    """

    tree: Tree
    invited: Mapping[str, int]
    unit_of: Mapping[str, str]

    def wave_nodes(self) -> tuple[WaveNode, ...]:
        """The nodes of a wave with their invited people and cadence."""
        return tuple(
            WaveNode(
                **node.model_dump(),
                invited=self.invited[node.id],
                cadence=Cadence.WAVE
                if sum(self.invited[i] for i in self.tree.subtree(node.id)) >= SMALL_NODE
                else Cadence.WINDOW,
            )
            for node in self.tree.nodes
        )


@dataclass(frozen=True)
class MergeProposal:
    """A team with fewer than ``MERGE_PROPOSAL`` people and the smallest sibling that it can join."""

    team: str
    people: int
    sibling: str
    sibling_people: int


def merge_proposals(tree: Tree, invited: Mapping[str, int]) -> tuple[MergeProposal, ...]:
    """Teams that are better shown together, in the order of the tree; those under the floor merge in any case."""
    found = []
    for node in tree.nodes:
        people = invited.get(node.id, 0)
        if node.parent is None or not tree.is_leaf(node.id) or not 0 < people < MERGE_PROPOSAL:
            continue
        siblings = [i for i in tree.children[node.parent] if i != node.id and tree.is_leaf(i) and invited.get(i, 0)]
        if siblings:
            sibling = min(siblings, key=lambda i: (invited[i], i))
            found.append(MergeProposal(node.id, people, sibling, invited[sibling]))
    return tuple(found)


def too_small_for_a_phase(tree: Tree, invited: Mapping[str, int]) -> tuple[str, ...]:
    """Nodes that carry a phase with fewer than ``MERGE_PROPOSAL`` people behind them; they can have none."""
    return tuple(
        node.id
        for node in tree.nodes
        if node.phase is not None and sum(invited.get(i, 0) for i in tree.subtree(node.id)) < MERGE_PROPOSAL
    )


def without_phases(tree: Tree, nodes: Collection[str]) -> Tree:
    """The tree with no phase at ``nodes``."""
    return Tree(nodes=tuple(n.model_copy(update={"phase": None}) if n.id in nodes else n for n in tree.nodes))


def merge_small_units(
    tree: Tree,
    invited: Mapping[str, int],
    floor: int = SCORE_FLOOR,
    *,
    teams_below: int = 0,
    apart: Collection[str] = (),
) -> Merged:
    """Merge every unit with 0 < invited < ``floor`` before any label leaves the bot.

    A small leaf joins its smallest sibling leaf with people ("A + B"); without one it dissolves into its parent. The
    few people directly at a node with children join its smallest leaf below. ``invited`` maps node ids to the people
    directly attached; absent ids count 0. Phases that differ become None ("mixed"). Empty leaves stay. Teams with fewer
    than ``teams_below`` people join a sibling too where they have one, but for those in ``apart``. Raises TreeError
    when an id is not in the tree, or when the whole organisation has fewer people than ``floor``.
    """
    unknown = sorted(set(invited) - set(tree.by_id))
    if unknown:
        raise TreeError(f"people are attached to {unknown[0]}, which is not a node of the tree")
    if sum(invited.values()) < floor:
        raise TreeError(
            f"{sum(invited.values())} people are invited; fewer than {floor} can never be shown, so no wave can open"
        )
    count = Counter({node.id: invited.get(node.id, 0) for node in tree.nodes})
    goes_to = {node.id: node.id for node in tree.nodes}
    parts: Parts = {node.id: (node,) for node in tree.nodes}
    kept = frozenset(apart)
    while small := _smallest_unit_under(tree, count, floor) or _smallest_team_under(
        tree, count, teams_below, {unit for unit, nodes in parts.items() if kept & {node.id for node in nodes}}
    ):
        tree = _merge_one(tree, count, goes_to, parts, small)
    return Merged(tree=tree, invited={node.id: count[node.id] for node in tree.nodes}, unit_of=goes_to)


def _smallest_unit_under(tree: Tree, count: Counter[str], floor: int) -> str | None:
    small = [(count[node.id], node.id) for node in tree.nodes if 0 < count[node.id] < floor]
    return min(small)[1] if small else None


def _smallest_team_under(tree: Tree, count: Counter[str], below: int, apart: Collection[str]) -> str | None:
    """The smallest team under ``below`` that has a sibling team to join and is not kept apart."""
    small = [
        (count[node.id], node.id)
        for node in tree.nodes
        if 0 < count[node.id] < below
        and tree.is_leaf(node.id)
        and node.id not in apart
        and node.parent is not None
        and any(i != node.id and tree.is_leaf(i) and count[i] > 0 for i in tree.children[node.parent])
    ]
    return min(small)[1] if small else None


def _merge_one(tree: Tree, count: Counter[str], goes_to: dict[str, str], parts: Parts, small: str) -> Tree:
    node = tree.by_id[small]
    siblings = tree.children[node.parent] if node.parent is not None else ()
    if not tree.is_leaf(small):
        partners = [i for i in tree.subtree(small) if i != small and tree.is_leaf(i) and count[i] > 0]
        joined = min(partners, key=lambda i: (count[i], i)) if partners else None
        if joined is None:  # all leaves below are empty: carry the people one level up; from the top, to who is below
            below = [i for i in tree.subtree(small) if i != small and count[i] > 0]
            target = node.parent or min(below, key=lambda i: (count[i], i))
            return _move(tree, count, goes_to, small, target, keep=True)
        return _join(tree, count, goes_to, parts, (joined, small), keep_second=True)
    partners = [i for i in siblings if i != small and tree.is_leaf(i) and count[i] > 0]
    if partners:
        partner = min(partners, key=lambda i: (count[i], i))
        return _join(tree, count, goes_to, parts, (partner, small), keep_second=False)
    if node.parent is None:
        raise TreeError(f"the people at {small} cannot be merged with anyone")
    return _move(tree, count, goes_to, small, node.parent, keep=False)


def _move(tree: Tree, count: Counter[str], goes_to: dict[str, str], source: str, target: str, *, keep: bool) -> Tree:
    """Attach the people of ``source`` directly to ``target``; ``keep`` leaves the emptied node in the tree."""
    count[target] += count[source]
    count[source] = 0
    for old, new in goes_to.items():
        if new == source:
            goes_to[old] = target
    return tree if keep else Tree(nodes=tuple(n for n in tree.nodes if n.id != source))


def _join(
    tree: Tree,
    count: Counter[str],
    goes_to: dict[str, str],
    parts: Parts,
    pair: tuple[str, str],
    *,
    keep_second: bool,
) -> Tree:
    """Replace the first of the ``pair``, a leaf, by both; ``keep_second`` leaves the emptied second as a node.

    Id and name depend on the teams alone, not on their sizes: the same teams are the same unit in the next wave.
    """
    first, second = pair
    a, b = tree.by_id[first], tree.by_id[second]
    found = {node.id: node for node in (*parts[first], *parts[second])}
    together = tuple(found[name] for name in sorted(found))
    joined = Node(
        id=joint_id([node.id for node in together]),
        parent=a.parent,
        name=Text(nl=_names([node.name.nl for node in together]), en=_names([node.name.en for node in together])),
        phase=a.phase if a.phase == b.phase else None,
    )
    if joined.id in set(tree.by_id) - {first, second}:
        raise TreeError(f"the node {joined.id} has the id of two teams that are counted together; give it another one")
    parts[joined.id] = together
    count[joined.id] = count.pop(first) + count[second]
    count[second] = 0
    for old, new in goes_to.items():
        if new in (first, second):
            goes_to[old] = joined.id
    kept = (joined if n.id == first else n for n in tree.nodes if keep_second or n.id != second)
    return Tree(nodes=tuple(kept))


def _names(names: Sequence[str]) -> str:
    together = " + ".join(names)
    return together if len(together) <= LONGEST_TEXT else f"{together[: LONGEST_TEXT - 1]}…"
