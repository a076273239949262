"""How often the published interval contains the truth: the story of the demo under many seeds, without clicks.

``python -m benchmarks.coverage`` prints, per measure, in how many of the waves of all seeds the interval that would be
published of the organisation contains the true score (sandbox/story/truth.py says what that is). Exit code 1 when
resistance or trust stays below ``--at-least`` in this measure.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.results import keep
from sandbox.story.generated import generated
from sandbox.story.measured import Comparison, comparisons
from sandbox.story.organisation import build
from sandbox.story.plan import Plan, load_bank, zorg
from sandbox.story.simulation import Simulation

HEADLINES = ("resistance", "trust")


def compare(plan: Plan, seeds: Iterable[int]) -> list[Comparison]:
    """Every published number of the organisation, in every wave under every seed, beside its truth."""
    bank = load_bank()
    found: list[Comparison] = []
    for seed in seeds:
        simulation = Simulation(build(plan, seed), bank, seed)
        for number in range(1, plan.campaign.schedule.waves + 1):
            found.extend(comparisons(simulation.wave(number)))
    return found


def coverage(compared: Sequence[Comparison]) -> float:
    """The share of numbers whose interval contains the truth, 0 to 1."""
    return sum(one.covered for one in compared) / len(compared)


def table_of(compared: Sequence[Comparison], title: str) -> Table:
    """Coverage, mean half-width and root mean square error per measure, and per wave for the headlines."""
    table = Table("measure", "wave", "numbers", "covered", "half-width", "rms error", title=title)
    groups: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for one in compared:
        groups[one.measure, "all"].append(one)
        if one.measure in HEADLINES:
            groups[one.measure, str(one.number)].append(one)
    for (measure, wave), group in sorted(groups.items(), key=lambda entry: (entry[0][0] not in HEADLINES, entry[0])):
        widths = [((one.cell.high or 0) - (one.cell.low or 0)) / 2 for one in group]
        errors = [((one.cell.score or 0) - one.truth) ** 2 for one in group]
        table.add_row(
            measure,
            wave,
            str(len(group)),
            f"{100 * coverage(group):.1f} %",
            f"{sum(widths) / len(widths):.1f}",
            f"{(sum(errors) / len(errors)) ** 0.5:.1f}",
        )
    return table


def main() -> int:
    """The benchmark as a command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=20, help="how many seeds, from 1 on")
    options.add_argument("--people", type=int, help="a generated organisation of that size instead of the demo's")
    options.add_argument("--at-least", type=float, default=0.93, help="share of covered numbers that passes")
    chosen = options.parse_args()
    plan = generated(chosen.people, seed=1) if chosen.people else zorg()
    compared = compare(plan, range(1, chosen.seeds + 1))
    console = Console()
    console.print(table_of(compared, f"{plan.people} people, {chosen.seeds} seeds"))
    shares = {measure: coverage([one for one in compared if one.measure == measure]) for measure in HEADLINES}
    keep("coverage", {"people": plan.people, "seeds": chosen.seeds, "share_of_waves_covered": shares})
    short = [measure for measure, share in shares.items() if share < chosen.at_least]
    for measure in short:
        console.print(f"{measure}: covered in fewer than {100 * chosen.at_least:.0f} % of waves", style="bold red")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
