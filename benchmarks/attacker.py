"""What follows from everything that is published together, and what that safety costs.

``python -m benchmarks.attacker`` attacks random organisations that are hard to publish (tests/attacker), catches five
wrong rules among them, and states the price: the share of numbers lost on those, and the share of teams shown in three
organisations as they are in life. Exit code 1 when one organisation is broken, when a wrong rule is not caught, or when
a share of teams lies more than three points from what the design says.
"""

import argparse
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from time import perf_counter
from typing import Final, cast

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.results import keep
from services.contracts.base import ROOT_ID, Text
from services.contracts.floors import DISTRIBUTION_FLOOR, MERGE_PROPOSAL, SCORE_FLOOR, WINDOW_WAVES
from services.contracts.tree import Node, Tree, merge_small_units
from services.metrics.release.publish import publish
from services.metrics.release.units import Headcount, takes_part_in_lot, totals
from services.metrics.release.windows import NEEDED
from tests.attacker.attack import attack
from tests.attacker.mutations import MUTATIONS
from tests.attacker.organisations import stressful

_NAME: Final = Text(nl="Team", en="Team")
_RESPONSE: Final = 0.7
_UNSAID: Final = 0.04
"""How often somebody who answers would rather not say, per item."""
_ITEMS: Final = 5
_WITHIN: Final = 3.0


@dataclass(frozen=True)
class Example:
    """An organisation as it is in life, and the share of teams shown that the design promises, in per cent.

    `spread`: the standard deviation of the logarithm of the teams' sizes; the design gives people and teams alone, and
    with these its figures are met. Promised: per wave and per window, and both
    again when champions have merged teams under ten.
    """

    people: int
    teams: int
    spread: float
    departments_of: int | None
    promised: tuple[float, float, float, float]


EXAMPLES: Final = (
    Example(60, 5, 0.4, None, (79, 85, 96, 99)),
    Example(120, 8, 0.4, None, (90, 94, 97, 100)),
    Example(2_000, 150, 0.8, 10, (68, 69, 93, 98)),
)


def broken(seeds: Sequence[int]) -> list[int]:
    """The seeds of organisations of which something follows that should not."""
    return [seed for seed in _shown_at_terminal(seeds, "attacking") if attack(stressful(seed))]


def _shown_at_terminal(seeds: Sequence[int], doing: str) -> Iterable[int]:
    return track(seeds, doing, transient=True, disable=not sys.stdout.isatty())


def caught(seeds: Sequence[int]) -> dict[str, int]:
    """Wrong rule -> in how many of the organisations the attacker sees it."""
    found = dict.fromkeys(MUTATIONS, 0)
    for name, mutation in MUTATIONS.items():
        for seed in _shown_at_terminal(seeds, name):
            instance = stressful(seed)
            with cast(AbstractContextManager[None], mutation(instance)):
                found[name] += bool(attack(instance))
    return found


def lost_under_stress(seeds: Sequence[int]) -> dict[str, float]:
    """Of the nodes with answers enough by themselves, the share in per cent that is hidden for others' sake."""
    enough = {SCORE_FLOOR: 0, DISTRIBUTION_FLOOR: 0}
    shown = {SCORE_FLOOR: 0, DISTRIBUTION_FLOOR: 0}
    for seed in seeds:
        instance = stressful(seed)
        tree = instance.waves[0].tree
        for units in instance.answers:
            heads = {u: Headcount(t.invited, tuple(t.answered(i) for i in t.histograms)) for u, t in units.items()}
            whole = totals(tree, heads)
            allowed = frozenset(tree.by_id)
            for k in enough:
                enough[k] += sum(head.invited >= k and head.fewest >= k for head in whole.values())
                allowed = publish(k, tree, heads, allowed)
                shown[k] += len(allowed)
    return {name: 100 * (1 - shown[k] / enough[k]) for name, k in (("scores", 5), ("distributions", 10))}


def shares_shown(example: Example, seeds: Sequence[int]) -> tuple[float, float, float, float]:
    """Per cent of teams that may be shown: per wave, per window, and both with teams under ten merged."""
    sums = [0.0] * 4
    for seed in seeds:
        dice = random.Random(seed)
        tree, invited = _organisation(example, dice)
        merged = merge_small_units(tree, invited, teams_below=MERGE_PROPOSAL)
        found = (*_shown(tree, invited, dice), *_shown(merged.tree, merged.invited, dice))
        sums = [total + share for total, share in zip(sums, found, strict=True)]
    per_wave, per_window, merged_wave, merged_window = (100 * total / len(seeds) for total in sums)
    return per_wave, per_window, merged_wave, merged_window


def _organisation(example: Example, dice: random.Random) -> tuple[Tree, dict[str, int]]:
    """Teams of log-normal size, never under three, in departments where there are many."""
    weights = [dice.lognormvariate(0, example.spread) for _ in range(example.teams)]
    spare = example.people - 3 * example.teams
    sizes = [3 + int(spare * weight / sum(weights)) for weight in weights]
    while sum(sizes) < example.people:
        sizes[dice.randrange(example.teams)] += 1
    nodes = [Node(id=ROOT_ID, parent=None, name=_NAME)]
    for number in range(example.teams):
        parent = ROOT_ID
        if example.departments_of is not None:
            parent = f"department{number // example.departments_of}"
            if number % example.departments_of == 0:
                nodes.append(Node(id=parent, parent=ROOT_ID, name=_NAME))
        nodes.append(Node(id=f"team{number}", parent=parent, name=_NAME))
    return Tree(nodes=tuple(nodes)), {f"team{number}": size for number, size in enumerate(sizes)}


def _shown(tree: Tree, invited: Mapping[str, int], dice: random.Random) -> tuple[float, float]:
    """The share of teams in P, and of those in P in two of three waves."""
    waves = []
    for _ in range(WINDOW_WAVES):
        heads = {node.id: _answered(invited.get(node.id, 0), dice) for node in tree.nodes}
        waves.append(publish(SCORE_FLOOR, tree, heads, tree.by_id))
    teams = [node.id for node in tree.nodes if tree.is_leaf(node.id)]
    per_wave = sum(team in p for p in waves for team in teams) / WINDOW_WAVES / len(teams)
    return per_wave, sum(sum(team in p for p in waves) >= NEEDED for team in teams) / len(teams)


def _answered(invited: int, dice: random.Random) -> Headcount:
    ballots = sum(dice.random() < _RESPONSE for _ in range(invited))
    ballots -= takes_part_in_lot(invited, ballots)
    unsaid = [sum(dice.random() < _UNSAID for _ in range(ballots)) for _ in range(_ITEMS)]
    return Headcount(invited, tuple(ballots - number for number in unsaid))


def _price(console: Console) -> tuple[dict[str, list[float]], bool]:
    table = Table("people / teams", "per wave", "per window", "merged, wave", "merged, window", "as promised")
    figures: dict[str, list[float]] = {}
    all_kept = True
    for example in EXAMPLES:
        seeds = range(400 if example.teams < 20 else 12)
        found = shares_shown(example, seeds)
        kept = all(abs(f - p) <= _WITHIN for f, p in zip(found, example.promised, strict=True))
        all_kept &= kept
        name = f"{example.people} / {example.teams}"
        figures[name] = [round(share, 1) for share in found]
        cells = [f"{f:.1f} % ({p:g})" for f, p in zip(found, example.promised, strict=True)]
        table.add_row(name, *cells, "yes" if kept else "no")
    console.print("Share of teams shown at 70 % response (the design's figure in brackets):")
    console.print(table)
    return figures, all_kept


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--instances", type=int, default=10_000, help="organisations to attack, from seed 0 on")
    options.add_argument("--mutated", type=int, default=1_000, help="organisations to try each wrong rule on")
    chosen = options.parse_args()
    console = Console()
    began = perf_counter()
    found = broken(range(chosen.instances))
    seconds = perf_counter() - began
    console.print(f"{chosen.instances:,} organisations attacked in {seconds:.0f} s: {len(found)} broken {found[:5]}")
    mutations = caught(range(chosen.mutated))
    table = Table("wrong rule", f"organisations broken, of {chosen.mutated:,}", "caught")
    for name, number in mutations.items():
        table.add_row(name, f"{number:,}", "yes" if number else "no")
    console.print(table)
    stress = lost_under_stress(range(chosen.mutated))
    console.print(
        f"Stress trees: of the nodes with answers enough, {stress['scores']:.0f} % of scores and "
        f"{stress['distributions']:.0f} % of distributions are hidden for others' sake."
    )
    shares, promised = _price(console)
    figures = {
        "instances": chosen.instances,
        "broken": len(found),
        "seconds": round(seconds, 1),
        "mutations_caught": mutations,
        "mutated_instances": chosen.mutated,
        "percent_lost_on_stress_trees": {name: round(share, 1) for name, share in stress.items()},
        "percent_of_teams_shown": shares,
    }
    console.print(f"kept in {keep('attacker', figures)}")
    return 0 if not found and all(mutations.values()) and promised else 1


if __name__ == "__main__":
    sys.exit(main())
