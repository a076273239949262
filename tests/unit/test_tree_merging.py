"""No ballot carries the label of fewer than five invited people: small units merge before a wave opens."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.contracts.base import Identifier, Text
from services.contracts.tree import Cadence, Node, Phase, Tree, TreeError, merge_small_units
from services.contracts.units import joint_id, may_share_teams, team_keys


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


LONG = [f"team-{letter}{'-of-the-north' * 9}" for letter in "abcdefghijklmnopqrst"]


def one_unit(sizes: Mapping[str, int]) -> Node:
    """The unit that these teams make together."""
    result = merge_small_units(Tree(nodes=(ROOT, *map(node, sizes))), sizes, teams_below=10)
    (unit,) = {result.unit_of[name] for name in sizes}
    return result.tree.by_id[unit]


def test_the_same_teams_are_the_same_unit_whatever_their_sizes() -> None:
    for names in (["b", "c", "a"], LONG[:3]):
        first, second, third = names
        before, after = one_unit({first: 4, second: 3, third: 2}), one_unit({third: 4, first: 3, second: 2})
        assert (before.id, before.name) == (after.id, after.name)
    assert one_unit({"b": 4, "c": 3, "a": 2}).name == Text(nl="a + b + c", en="a + b + c")


@pytest.mark.parametrize("teams", range(2, 10))
def test_teams_with_long_ids_make_a_unit_that_tells_them(teams: int) -> None:
    unit = one_unit(dict.fromkeys(LONG[:teams], 9 // teams)).id
    assert len(unit) <= 127
    assert team_keys(unit) == frozenset().union(*(team_keys(name) or () for name in LONG[:teams]))
    assert may_share_teams([unit], [LONG[0]])
    assert not may_share_teams([unit], LONG[teams:])


def test_more_teams_than_an_id_can_tell_make_one_that_may_be_of_any_of_them() -> None:
    units = {joint_id(LONG[:count]) for count in range(11, 20)}
    assert len(units) == 9
    assert all(len(unit) <= 127 for unit in units)
    assert {team_keys(unit) for unit in units} == {None}
    assert may_share_teams(units, ["elsewhere"])


@given(st.sets(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,126}", fullmatch=True), min_size=1, max_size=30))
def test_a_joint_id_is_an_id_whatever_the_teams(teams: set[str]) -> None:
    joint = joint_id(teams)
    assert TypeAdapter(Identifier).validate_python(joint) == joint == joint_id(sorted(teams, reverse=True))


SETS = st.sets(st.sampled_from([*LONG, "a", "b", "c"]), min_size=1)


@given(SETS, SETS)
def test_a_joint_id_is_that_of_no_other_teams(teams: set[str], others: set[str]) -> None:
    assert (joint_id(teams) == joint_id(others)) == (teams == others)


def test_a_team_that_has_the_id_of_two_others_together_is_told() -> None:
    with pytest.raises(TreeError, match=r"a\+b has the id"):
        merge_small_units(Tree(nodes=(ROOT, node("a"), node("b"), node("a+b"))), {"a": 3, "b": 3, "a+b": 9})


def test_long_names_are_cut_where_teams_are_counted_together() -> None:
    long = Text(nl="n" * 3000, en="e" * 3000)
    nodes = (ROOT, *(Node(id=name, parent="organisation", name=long) for name in "abc"))
    name = merge_small_units(Tree(nodes=nodes), {"a": 2, "b": 2, "c": 2}).wave_nodes()[1].name
    assert (len(name.nl), name.nl[-1]) == (3000, "…")


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
