"""No ballot carries the label of fewer than five invited people: small units merge before a wave opens."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.base import Text
from services.contracts.tree import Cadence, Node, Phase, Tree, TreeError, merge_small_units


def node(name: str, parent: str | None = "organisation", phase: Phase | None = None) -> Node:
    return Node(id=name, parent=parent, name=Text(nl=name, en=name), phase=phase)


ROOT = node("organisation", None)


def merged(nodes: list[Node], invited: Mapping[str, int]) -> dict[str, int]:
    return {unit: n for unit, n in merge_small_units(Tree(nodes=tuple(nodes)), invited).invited.items() if n}


def test_a_small_leaf_joins_its_smallest_sibling() -> None:
    assert merged([ROOT, node("a"), node("b"), node("c")], {"a": 12, "b": 8, "c": 3}) == {"a": 12, "b+c": 11}


def test_four_people_in_a_leaf_without_siblings_dissolve_into_their_team() -> None:
    result = merge_small_units(
        Tree(nodes=(ROOT, node("a"), node("tryout", "a"), node("b"))), {"a": 22, "tryout": 4, "b": 30}
    )
    assert result.unit_of["tryout"] == "a"
    assert "tryout" not in result.tree.by_id
    assert dict(result.invited) == {"organisation": 0, "a": 26, "b": 30}


def test_a_few_people_at_the_top_join_the_smallest_team() -> None:
    result = merge_small_units(Tree(nodes=(ROOT, node("a"), node("b"))), {"organisation": 2, "a": 15, "b": 9})
    assert result.unit_of == {"organisation": "b+organisation", "a": "a", "b": "b+organisation"}
    assert result.tree.by_id["b+organisation"].parent == "organisation"


def test_a_few_people_at_the_top_join_a_department_whose_teams_are_empty() -> None:
    nodes = (ROOT, node("a"), node("a1", "a"), node("b"), node("b1", "b"))
    result = merge_small_units(Tree(nodes=nodes), {"organisation": 2, "a": 15, "b": 9})
    assert result.unit_of["organisation"] == "b"
    assert {name: n for name, n in result.invited.items() if n} == {"a": 15, "b": 11}


def test_merging_different_phases_gives_none_of_them() -> None:
    nodes = (ROOT, node("a", phase=Phase.PILOT), node("b", phase=Phase.NOT_STARTED), node("c"))
    result = merge_small_units(Tree(nodes=nodes), {"a": 6, "b": 4, "c": 9})
    assert result.tree.by_id["a+b"].phase is None


def test_fewer_than_five_people_cannot_have_a_wave() -> None:
    with pytest.raises(TreeError, match="fewer than 5"):
        merge_small_units(Tree(nodes=(ROOT, node("a"))), {"a": 4})


def test_people_at_an_unknown_node_are_refused() -> None:
    with pytest.raises(TreeError, match="elsewhere"):
        merge_small_units(Tree(nodes=(ROOT,)), {"elsewhere": 9})


def test_nodes_under_twenty_are_shown_per_window() -> None:
    result = merge_small_units(Tree(nodes=(ROOT, node("a"), node("b"))), {"a": 20, "b": 19})
    assert {n.id: n.cadence for n in result.wave_nodes()} == {
        "organisation": Cadence.WAVE,
        "a": Cadence.WAVE,
        "b": Cadence.WINDOW,
    }


@st.composite
def organisations(draw: st.DrawFn) -> tuple[Tree, dict[str, int]]:
    nodes = [ROOT]
    for i in range(draw(st.integers(0, 12))):
        parent = draw(st.sampled_from([n.id for n in nodes]))
        nodes.append(node(f"n{i}", parent))
    return Tree(nodes=tuple(nodes)), {n.id: draw(st.integers(0, 12)) for n in nodes}


@given(organisations())
def test_whatever_the_tree_no_label_has_one_to_four_people_and_nobody_is_lost(
    organisation: tuple[Tree, dict[str, int]],
) -> None:
    tree, invited = organisation
    total = sum(invited.values())
    if total < 5:
        with pytest.raises(TreeError):
            merge_small_units(tree, invited)
        return
    result = merge_small_units(tree, invited)
    assert all(n == 0 or n >= 5 for n in result.invited.values())
    assert sum(result.invited.values()) == total
    assert set(result.unit_of) == set(tree.by_id)
    for old, people in invited.items():
        if people:
            assert result.invited[result.unit_of[old]] >= 5
    assert merge_small_units(result.tree, result.invited).invited == result.invited, "a second merge changes nothing"
