"""Counting from whole ballots: what the store does in SQL, as a function of values, for simulations and tests."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.contracts.survey import Item
from services.contracts.tree import WaveNode
from services.metrics.release.classes import Tally
from services.metrics.release.units import takes_part_in_lot
from services.metrics.release.wave import Counts
from services.metrics.statistics.drivers import pair_sums


@dataclass(frozen=True, slots=True)
class Ballot:
    """One person's answers under an id that nobody can trace; None is "rather not say"."""

    ballot_id: str
    unit: str
    answers: Mapping[str, int | None]


def left_out(invited: Mapping[str, int], first_ballot: Mapping[str, str], ballots: Mapping[str, int]) -> frozenset[str]:
    """The lot: ids of the ballots left out. `first_ballot[unit]` is the smallest id of the unit."""
    return frozenset(
        first_ballot[unit] for unit, number in ballots.items() if takes_part_in_lot(invited.get(unit, 0), number)
    )


def count(nodes: Sequence[WaveNode], items: Sequence[Item], ballots: Iterable[Ballot]) -> Counts:
    """Exact counts of every unit after the lot, and of pairs of items."""
    by_unit: dict[str, list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        by_unit[ballot.unit].append(ballot)
    lot = left_out(
        {node.id: node.invited for node in nodes},
        {unit: min(ballot.ballot_id for ballot in cast) for unit, cast in by_unit.items()},
        {unit: len(cast) for unit, cast in by_unit.items()},
    )
    kept = {unit: [b for b in cast if b.ballot_id not in lot] for unit, cast in by_unit.items()}
    return Counts(
        units={node.id: _tally(node.invited, items, kept.get(node.id, [])) for node in nodes},
        pairs=pair_sums([item.id for item in items], [b.answers for cast in kept.values() for b in cast]),
    )


def _tally(invited: int, items: Sequence[Item], cast: Sequence[Ballot]) -> Tally:
    histograms, unsaid = {}, {}
    for item in items:
        histogram = [0] * item.points
        given = [ballot.answers[item.id] for ballot in cast if item.id in ballot.answers]
        for value in given:
            if value is not None:
                histogram[value - 1] += 1
        histograms[item.id], unsaid[item.id] = tuple(histogram), given.count(None)
    return Tally(invited, len(cast), histograms, unsaid)
