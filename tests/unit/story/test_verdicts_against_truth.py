"""Verdicts and intervals of teams on simulated people, a small seeded part of ``python -m benchmarks.verdicts``."""

from dataclasses import replace

import pytest

from benchmarks.verdicts import (
    LEAST_COVERED,
    MOST_FALSE,
    SIZES,
    Alarms,
    shown_changes,
    still_alarms,
    team_intervals,
    teams_of_sizes,
)
from sandbox.story.measured import Comparison
from sandbox.story.plan import zorg

SEEDS = range(1, 9)


@pytest.fixture(scope="module")
def alarms() -> dict[str, Alarms]:
    nothing = Alarms(0, 0)
    found = [still_alarms(zorg(), seed) for seed in SEEDS]
    return {what: sum((one[what] for one in found), nothing) for what in found[0]}


@pytest.fixture(scope="module")
def intervals() -> list[Comparison]:
    return [one for seed in SEEDS for one in team_intervals(zorg(), seed)]


@pytest.mark.parametrize("what", ["organisation", "nodes", "teams beside each other"])
def test_where_nobody_changes_their_mind_verdicts_hardly_ever_say_so(alarms: dict[str, Alarms], what: str) -> None:
    assert alarms[what].given >= 12 * len(SEEDS), "enough verdicts were given to judge"
    assert alarms[what].share <= MOST_FALSE


@pytest.mark.parametrize("window", [False, True])
def test_intervals_of_teams_contain_the_truth(intervals: list[Comparison], window: bool) -> None:
    found = [one for one in intervals if hasattr(one.cell, "window") == window]
    assert len(found) >= 40
    assert sum(one.covered for one in found) >= LEAST_COVERED * len(found)


def test_intervals_of_teams_are_narrow_enough_to_miss_a_truth_thirty_points_off(intervals: list[Comparison]) -> None:
    off = [replace(one, truth=one.truth + 30) for one in intervals]
    assert sum(one.covered for one in off) < 0.1 * len(off)


def test_the_larger_a_team_the_smaller_the_change_that_it_shows() -> None:
    plan = teams_of_sizes(3)
    small = [one for seed in (1, 2) for one in shown_changes(plan, 0.75, seed)]
    told = {size: [one.told for one in small if one.size == size] for size in SIZES}
    assert all(told.values()), "every size is shown"
    shares = {size: sum(found) / len(found) for size, found in told.items()}
    assert shares[12] < 0.5 < 0.9 < shares[120]
    large = [one.told for one in shown_changes(plan, 2.0, 1) if one.size == 20]
    assert sum(large) >= 0.8 * len(large)
