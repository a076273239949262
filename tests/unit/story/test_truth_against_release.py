"""What would be published of the simulated organisation contains the truth, and never shows the try-out."""

from dataclasses import replace

import pytest

from sandbox.story.behaviour import Habits
from sandbox.story.measured import Comparison, comparisons, release_of
from sandbox.story.organisation import build
from sandbox.story.plan import load_bank, zorg
from sandbox.story.simulation import Simulation
from services.metrics.release.cells import Status

SEEDS = (1, 2, 3, 4, 5, 6)
WAVES = range(1, 8)
HEADLINES = ("resistance", "trust")


def compare(habits: Habits | None = None) -> list[Comparison]:
    bank, plan = load_bank(), zorg()
    runs = [Simulation(build(plan, seed), bank, seed, habits=habits) for seed in SEEDS]
    return [one for run in runs for number in WAVES for one in comparisons(run.wave(number))]


@pytest.fixture(scope="module")
def compared() -> list[Comparison]:
    return compare()


@pytest.mark.parametrize("measure", HEADLINES)
def test_the_published_interval_contains_the_truth_in_nine_of_ten_waves(
    compared: list[Comparison], measure: str
) -> None:
    headline = [one for one in compared if one.measure == measure]
    assert len(headline) == len(SEEDS) * len(WAVES)
    assert sum(one.covered for one in headline) >= 0.9 * len(headline)


def test_the_interval_is_narrow_enough_to_miss_a_truth_five_points_off(compared: list[Comparison]) -> None:
    off = [replace(one, truth=one.truth + 5.0) for one in compared if one.measure in HEADLINES]
    assert sum(one.covered for one in off) < 0.2 * len(off)


def test_when_the_silent_think_otherwise_the_interval_misses_them() -> None:
    selective = [one for one in compare(Habits(response=0.5, selection=0.8)) if one.measure == "resistance"]
    assert sum(one.covered for one in selective) < 0.8 * len(selective)


def test_the_tryout_of_four_is_never_a_published_node() -> None:
    plan = zorg()
    simulation = Simulation(build(plan, 1), load_bank(), 1)
    for number in WAVES:
        release = release_of(simulation.wave(number))
        assert plan.tryout not in {cell.node_id for cell in release.cells}
        assert b"proeftuin" not in release.published.content
        shown = {cell.node_id for cell in release.cells if cell.status is Status.SHOWN}
        assert shown == {"organisation", "thuiszorg", "administratie", "verpleging"}
