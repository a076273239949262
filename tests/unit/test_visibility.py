"""Which nodes can be shown at all: never more is published than said, and what is said can happen."""

import random

from services.contracts.base import Text
from services.contracts.floors import SCORE_FLOOR, SMALL_NODE
from services.contracts.tree import (
    Node,
    Phase,
    Tree,
    TreeError,
    merge_proposals,
    merge_small_units,
    too_small_for_a_phase,
)
from services.contracts.visibility import Visibility, visibility
from services.metrics.release.publish import publish
from services.metrics.release.units import Headcount
from tests.unit.test_tree_merging import ROOT, node


def of(invited: dict[str, int]) -> dict[str, str]:
    tree = Tree(nodes=(ROOT, *(node(name) for name in invited if name != "organisation")))
    return {name: seen.value for name, seen in visibility(tree, invited).items()}


def test_a_node_of_twenty_is_shown_per_wave_a_smaller_one_per_window_and_five_people_never() -> None:
    assert of({"a": 20, "b": 19, "c": 6, "d": 5}) == {
        "organisation": "wave",
        "a": "wave",
        "b": "window",
        "c": "window",
        "d": "never",  # the lot leaves out one of five
    }


def test_a_team_beside_too_few_others_is_never_shown_since_the_rest_would_be_known() -> None:
    assert of({"a": 25, "b": 5}) == {"organisation": "wave", "a": "never", "b": "never"}
    assert of({"a": 25, "b": 6}) == {"organisation": "wave", "a": "wave", "b": "window"}


def test_whoever_answers_whatever_a_node_that_is_never_shown_is_never_published() -> None:
    chance = random.Random(7)
    said_never, published_of_the_others = 0, 0
    for _ in range(400):
        tree, invited = organisation(chance)
        seen = visibility(tree, invited)
        never = {name for name, how in seen.items() if how is Visibility.NEVER}
        possible = set(seen) - never
        said_never += len(never)
        for attempt in range(12):
            share = 1.0 if attempt == 0 else chance.random()
            units = {name: answering(chance, people, share) for name, people in invited.items()}
            shown = publish(SCORE_FLOOR, tree, units, [n.id for n in tree.nodes])
            assert not shown & never
            published_of_the_others += len(shown & possible)
    assert said_never > 100
    assert published_of_the_others > 1000


def organisation(chance: random.Random) -> tuple[Tree, dict[str, int]]:
    names = [f"n{number}" for number in range(chance.randint(1, 6))]
    nodes, above = [ROOT], ["organisation"]
    for name in names:
        nodes.append(Node(id=name, parent=chance.choice(above), name=Text(nl=name, en=name)))
        above.append(name)
    invited = {name: chance.choice([0, 0, 3, 5, 6, 8, 19, 20, 40]) for name in above}
    if sum(invited.values()) < SCORE_FLOOR:
        invited[names[-1]] = 9
    try:
        merged = merge_small_units(Tree(nodes=tuple(nodes)), invited)
    except TreeError:
        return organisation(chance)  # a few people above, and nobody below to join them
    return merged.tree, dict(merged.invited)


def answering(chance: random.Random, people: int, share: float) -> Headcount:
    ballots = sum(chance.random() < share for _ in range(people))
    if 0 < people < SMALL_NODE and ballots >= 0.85 * people:
        ballots -= 1  # the lot
    return Headcount(people, (ballots,))


def test_a_team_under_ten_is_proposed_to_join_its_smallest_sibling() -> None:
    tree = Tree(nodes=(ROOT, node("a"), node("b"), node("c")))
    assert [(p.team, p.sibling) for p in merge_proposals(tree, {"a": 6, "b": 12, "c": 30})] == [("a", "b")]
    merged = merge_small_units(tree, {"a": 6, "b": 12, "c": 30}, teams_below=10)
    assert {n: c for n, c in merged.invited.items() if c} == {"a+b": 18, "c": 30}


def test_a_declined_proposal_keeps_a_team_apart_but_never_under_the_floor() -> None:
    tree = Tree(nodes=(ROOT, node("a"), node("b")))
    apart = merge_small_units(tree, {"a": 6, "b": 12}, teams_below=10, apart=["a"])
    assert apart.invited["a"] == 6
    too_small = merge_small_units(tree, {"a": 4, "b": 12}, teams_below=10, apart=["a"])
    assert {n: c for n, c in too_small.invited.items() if c} == {"a+b": 16}


def test_a_lone_small_team_stays_where_it_is() -> None:
    tree = Tree(nodes=(ROOT, node("a")))
    assert merge_small_units(tree, {"a": 6, "organisation": 8}, teams_below=10).invited["a"] == 6


def test_no_node_under_ten_people_can_have_a_phase() -> None:
    named = tuple(n.model_copy(update={"phase": Phase.PILOT}) for n in (node("a"), node("b")))
    tree = Tree(nodes=(ROOT, *named))
    assert too_small_for_a_phase(tree, {"a": 9, "b": 10}) == ("a",)
