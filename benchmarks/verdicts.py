"""How often verdicts are wrong, how often intervals of teams are, and what change a team of each size can show.

``python -m benchmarks.verdicts`` lets simulated people answer, straight into the release and the statistics:

- *false alarms*: nobody's mind changes, so every "clearly up" or "clearly down" is one;
- *coverage*: how often the interval of a team, in a wave or over a window, contains the truth;
- *power*: everybody's mind moves by a known amount; which change in points is told as clear in 80 % of cases, for teams
  of 12, 20, 50 and 120 (12: from window to window, as such teams are shown; the others from wave to wave).

Exit code 1 when more than 6 % of verdicts are false alarms or fewer than 93 % of intervals contain the truth.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.results import keep
from sandbox.story.behaviour import Habits
from sandbox.story.events import StoryEvent
from sandbox.story.generated import generated
from sandbox.story.measured import Comparison, documents_of, node_comparisons, simulated
from sandbox.story.organisation import build
from sandbox.story.person import Truth
from sandbox.story.plan import Plan, load_bank, zorg
from sandbox.story.simulation import SimulatedWave, Simulation
from sandbox.story.truth import true_scores
from services.contracts.base import ROOT_ID, Text, TextLanguage
from services.contracts.campaign import Campaign, Schedule
from services.contracts.events import AnnouncementKind
from services.contracts.floors import SMALL_NODE, WINDOW_WAVES
from services.contracts.survey import Block
from services.contracts.tree import Node, Tree
from services.metrics.released.periods import History
from services.metrics.released.rows import Row, teams, trend

HEADLINES: Final = ("resistance", "trust")
STILL: Final = Truth(drift={}, pilot={}, conversion={})
"""Nobody's mind changes; what people answer still varies from wave to wave."""
SIZES: Final = (12, 20, 50, 120)
MOST_FALSE: Final = 0.06
LEAST_COVERED: Final = 0.93
_CLEAR: Final = ("clearly up", "clearly down")
_SHIFTS: Final = (0.25, 0.5, 0.75, 1.0, 1.5)


@dataclass(frozen=True)
class Alarms:
    """Verdicts without any change: how many were given, and how many of them were clear."""

    given: int
    clear: int

    @property
    def share(self) -> float:
        """Clear ones of all, 0 to 1."""
        return self.clear / self.given if self.given else 0.0

    def __add__(self, other: "Alarms") -> "Alarms":
        return Alarms(self.given + other.given, self.clear + other.clear)


def still_alarms(plan: Plan, seed: int) -> dict[str, Alarms]:
    """False alarms of the organisation, of nodes on their own page, and of teams beside each other."""
    simulation = Simulation(build(plan, seed), load_bank(), seed, truth=STILL, events=())
    waves = simulated(simulation, plan.campaign.schedule.waves)
    history = History(documents_of(waves))
    nodes = [node for node in history.nodes if node != ROOT_ID]
    beside = [
        one
        for period in history.periods
        for measure in HEADLINES
        if measure in period.items
        for one in teams(history, measure, period.id, TextLanguage.EN)
    ]
    return {
        "organisation": _alarms(trend(history, HEADLINES, [ROOT_ID], TextLanguage.EN)),
        "nodes": _alarms(trend(history, HEADLINES, nodes, TextLanguage.EN)),
        "teams beside each other": _alarms(beside),
    }


def _alarms(rows: Iterable[Row]) -> Alarms:
    told = [one.verdict for one in rows if one.verdict is not None and one.change is not None]
    return Alarms(len(told), sum(verdict in _CLEAR for verdict in told))


def team_intervals(plan: Plan, seed: int) -> list[Comparison]:
    """Intervals of nodes beside the truth, in the story as it is told."""
    waves = simulated(Simulation(build(plan, seed), load_bank(), seed), plan.campaign.schedule.waves)
    return node_comparisons(waves, documents_of(waves))


def teams_of_sizes(each: int) -> Plan:
    """An organisation with so many teams of each size, over two windows."""
    sizes = {f"t{size:03d}-{number}": size for size in SIZES for number in range(each)}
    root = Node(id=ROOT_ID, parent=None, name=Text(nl="Organisatie", en="Organisation"))
    leaves = [Node(id=team, parent=ROOT_ID, name=Text(nl=team, en=team)) for team in sizes]
    campaign = Campaign(
        id="power",
        title=Text(nl="Onderscheid", en="Power"),
        schedule=Schedule(starts_on=date(2026, 1, 5), waves=2 * WINDOW_WAVES),
        champions=("U0001",),
        blocks=(Block(id="job_security", items=("JS1", "JS2", "JS3")),),
        tree=Tree(nodes=(root, *leaves)),
    )
    return Plan(campaign=campaign, sizes=sizes, pilots=())


@dataclass(frozen=True)
class Shown:
    """A team whose people changed their minds: the true change of its trust in points, and whether it was told."""

    size: int
    change: float
    told: bool


def shown_changes(plan: Plan, shift: float, seed: int) -> list[Shown]:
    """Everybody's trust rises by `shift` standard deviations after the first window: who is told of it?"""
    event = StoryEvent(
        number=WINDOW_WAVES,
        day=1,
        id="shift",
        kind=AnnouncementKind.TRAINING,
        audience=(ROOT_ID,),
        title=Text(nl="Schok", en="Shift"),
        story=Text(nl="Schok", en="Shift"),
        effects={"trust": shift},
    )
    habits = Habits(response=0.7)
    simulation = Simulation(build(plan, seed), load_bank(), seed, truth=STILL, habits=habits, events=(event,))
    waves = simulated(simulation, 2 * WINDOW_WAVES)
    history = History(documents_of(waves))
    found = []
    for team, size in plan.sizes.items():
        rows = [one for one in trend(history, ["trust"], [team], TextLanguage.EN) if one.score is not None]
        for earlier, later in pairwise(rows):
            crossed = history.by_id[earlier.wave].waves[-1] == waves[WINDOW_WAVES - 1].id
            if crossed and later.verdict is not None and later.change is not None:
                found.append(Shown(size, _moved(waves, team, size), later.verdict == "clearly up"))
    return found


def _moved(waves: Sequence[SimulatedWave], team: str, size: int) -> float:
    """The true change between what is compared: windows of a small team, the waves around the shift of a large one."""
    scores = [true_scores(wave, team)["trust"] for wave in waves]
    if size < SMALL_NODE:
        return float(np.mean(scores[WINDOW_WAVES:]) - np.mean(scores[:WINDOW_WAVES]))
    return scores[WINDOW_WAVES] - scores[WINDOW_WAVES - 1]


def change_told(found: Sequence[Shown], power: float = 0.8) -> float | None:
    """The change in points that is told with this probability: by logistic regression of told on the true change."""
    changes, told = np.array([one.change for one in found]), np.array([one.told for one in found], dtype=float)
    if told.mean() in (0.0, 1.0):
        return None
    design = np.column_stack([np.ones_like(changes), changes / 10])
    weights = np.zeros(2)
    for _ in range(50):  # Newton's method
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (told - chance)
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + 1e-9 * np.eye(2)
        weights = weights + np.linalg.solve(curve, slope)
    return float(10 * (np.log(power / (1 - power)) - weights[0]) / weights[1])


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=20, help="how many seeds of every part, from 1 on")
    options.add_argument("--each", type=int, default=4, help="teams of each size for the power")
    chosen = options.parse_args()
    console, seeds = Console(), range(1, chosen.seeds + 1)
    alarms: dict[str, Alarms] = defaultdict(lambda: Alarms(0, 0))
    intervals: list[Comparison] = []
    shown: list[Shown] = []
    plans = (zorg(), generated(400, seed=1))
    power_plan = teams_of_sizes(chosen.each)
    for seed in track(seeds, "simulating", console=console, disable=not console.is_terminal):
        for plan in plans:
            for what, found in still_alarms(plan, seed).items():
                alarms[what] += found
            intervals += team_intervals(plan, seed)
        for shift in _SHIFTS:
            shown += shown_changes(power_plan, shift, seed)
    covered = {
        kind: [one.covered for one in intervals if hasattr(one.cell, "window") == (kind == "windows")]
        for kind in ("waves", "windows")
    }
    told = {size: change_told([one for one in shown if one.size == size]) for size in SIZES}
    table = Table("what", "cases", "result", title=f"{chosen.seeds} seeds")
    for what, found in alarms.items():
        table.add_row(f"false alarms, {what}", str(found.given), f"{100 * found.share:.1f} %")
    for kind, hits in covered.items():
        table.add_row(f"truth in the interval of a node, {kind}", str(len(hits)), f"{100 * np.mean(hits):.1f} %")
    for size, change in told.items():
        cases = sum(one.size == size for one in shown)
        table.add_row(
            f"change told in 80 % of cases, team of {size}", str(cases), f"{change:.0f} points" if change else "–"
        )
    console.print(table)
    keep(
        "verdicts",
        {
            "seeds": chosen.seeds,
            "false_alarms": {what: {"verdicts": one.given, "share": one.share} for what, one in alarms.items()},
            "node_intervals": {
                kind: {"intervals": len(hits), "covered": float(np.mean(hits))} for kind, hits in covered.items()
            },
            "points_told_in_80_per_cent": {str(size): change for size, change in told.items()},
        },
    )
    wrong = any(one.share > MOST_FALSE for one in alarms.values())
    short = any(np.mean(hits) < LEAST_COVERED for hits in covered.values())
    return 1 if wrong or short else 0


if __name__ == "__main__":
    raise SystemExit(main())
