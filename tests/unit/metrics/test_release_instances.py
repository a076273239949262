"""The instances that the design says an implementation must withstand."""

from dataclasses import replace

import pytest

from services.contracts.base import ROOT_ID
from services.contracts.floors import DISTRIBUTION_FLOOR, SCORE_FLOOR
from services.contracts.tree import Cadence
from services.metrics.release.ballots import count
from services.metrics.release.classes import classes
from services.metrics.release.compute import compute
from services.metrics.release.publish import publish
from tests.unit.metrics.organisations import Spec, ballots_of, closed_wave, headcounts, nodes_of, tree_of

INSTANCES: list[tuple[str, Spec, str, str]] = [
    ("two teams, one too small to be left over", {"a": (15, 10), "b": (6, 4)}, "o", "o"),
    ("two small teams make a remainder", {"a": (15, 10), "b": (6, 4), "c": (5, 3)}, "o a", "o"),
    ("people attached to the root", {"o": (2, 2), "a": (15, 10), "b": (15, 9)}, "o a", "o a"),
    ("two items", {"a": (15, (10, 10)), "b": (15, (9, 9)), "c": (8, (6, 4))}, "o a", "o a"),
    ("silent people count", {"a": (15, 10), "b": (3, 0)}, "o", "o"),
    ("nobody invited is nobody", {"a": (15, 10), "b": (0, 0)}, "o a", "o a"),
    ("too few altogether", {"a": (5, 4)}, "", ""),
    ("two teams of five", {"a": (5, 5), "b": (5, 5)}, "o a b", "o"),
    (
        "a try-out inside a team",
        {"a": (8, 6), "a/p": (4, 4), "b": (14, 10), "c": (15, 11)},
        "o a b c",
        "o a b c",
    ),
    ("four teams", {"a": (12, 9), "b": (14, 10), "c": (6, 4), "d": (8, 3)}, "o a b", "o b"),
    ("a remainder below ten", {"a": (25, 18), "b": (10, 7)}, "o a b", "o"),
    ("a remainder of ten", {"a": (25, 18), "b": (14, 10)}, "o a b", "o a b"),
]


def ids(short: str) -> set[str]:
    return {ROOT_ID if node == "o" else node for node in short.split()}


@pytest.mark.parametrize(("spec", "scores", "distributions"), [pytest.param(*i[1:], id=i[0]) for i in INSTANCES])
def test_the_nodes_published_are_those_of_the_design(spec: Spec, scores: str, distributions: str) -> None:
    nodes = nodes_of(spec)
    tree, heads = tree_of(nodes), headcounts(spec, nodes)
    p = publish(SCORE_FLOOR, tree, heads, tree.by_id)
    assert p == ids(scores)
    assert publish(DISTRIBUTION_FLOOR, tree, heads, p) == ids(distributions)


def test_the_remainder_of_hidden_teams_is_a_class_of_its_parent() -> None:
    spec: Spec = {"a": (12, 9), "b": (14, 10), "c": (6, 4), "d": (8, 3)}
    nodes = nodes_of(spec)
    tree = tree_of(nodes)
    p = publish(SCORE_FLOOR, tree, headcounts(spec, nodes), tree.by_id)
    assert classes(tree, p) == {ROOT_ID: ROOT_ID, "a": "a", "b": "b", "c": ROOT_ID, "d": ROOT_ID}


def test_a_small_unit_in_which_all_answer_is_computed_without_one_of_them() -> None:
    nodes = nodes_of({"a": (8, 8), "b": (40, 30)})
    counts = count(nodes, closed_wave(nodes).items, ballots_of({"a": (8, 8), "b": (40, 30)}))
    assert counts.units["a"].ballots == 7
    assert counts.units["b"].ballots == 30


def test_the_lot_falls_on_the_smallest_ballot_id() -> None:
    spec: Spec = {"a": (8, 7)}
    nodes = nodes_of(spec)
    ballots = ballots_of(spec, value=1)
    ballots[0] = replace(ballots[0], answers={"A1": 5})
    assert count(nodes, closed_wave(nodes).items, ballots).units["a"].histograms["A1"] == (6, 0, 0, 0, 0)


def test_below_the_share_of_85_per_cent_nobody_is_left_out() -> None:
    spec: Spec = {"a": (8, 6)}
    nodes = nodes_of(spec)
    assert count(nodes, closed_wave(nodes).items, ballots_of(spec)).units["a"].ballots == 6


def test_five_who_are_all_strongly_against_show_the_end_of_the_scale_and_no_more() -> None:
    # Teams of 20 invited, so that they are shown per wave; five answers are the fewest that are.
    spec: Spec = {"a": (20, 5), "b": (20, 15)}
    nodes = nodes_of(spec)
    wave = closed_wave(nodes)
    cells = {c.node_id: c for c in compute(wave, count(nodes, wave.items, ballots_of(spec, value=5))).cells}
    assert (cells["a"].score, cells["a"].score_label, cells["a"].n_band, cells["a"].n) == (90.0, "≥ 90", "5-7", None)


def test_a_team_under_twenty_is_never_shown_per_wave() -> None:
    spec: Spec = {"a": (19, 16), "b": (60, 50)}
    nodes = nodes_of(spec)
    wave = closed_wave(nodes)
    release = compute(wave, count(nodes, wave.items, ballots_of(spec)))
    assert "a" in release.tables.scores_of
    assert not [cell for cell in release.cells if cell.node_id == "a"], "not even a hidden row"


def test_a_node_under_twenty_with_the_cadence_of_a_wave_is_hidden_all_the_same() -> None:
    nodes = tuple(
        node.model_copy(update={"cadence": Cadence.WAVE}) for node in nodes_of({"a": (19, 16), "b": (60, 50)})
    )
    wave = closed_wave(nodes)
    cells = compute(wave, count(nodes, wave.items, ballots_of({"a": (19, 16), "b": (60, 50)}))).cells
    hidden = next(cell for cell in cells if cell.node_id == "a")
    assert (hidden.status, hidden.score) == ("too few answers", None)


def test_a_campaign_raises_the_floor_and_cannot_lower_it() -> None:
    spec: Spec = {"a": (20, 6), "b": (40, 30)}
    nodes = nodes_of(spec)
    wave = closed_wave(nodes)
    counts = count(nodes, wave.items, ballots_of(spec))
    assert "a" not in compute(replace(wave, score_floor=8), counts).tables.scores_of
    lowered = compute(replace(wave, score_floor=2), count(nodes, wave.items, ballots_of({"a": (20, 4), "b": (40, 30)})))
    assert "a" not in lowered.tables.scores_of
