"""The attack: every group of people whose sum follows from what is published, and whether one of them is too small.

Over atoms (a unit in a wave) each published number is a row of zeros and ones. The sum over a group of atoms follows
from the rows exactly when the group is orthogonal to their null space. All groups are tried.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from services.contracts.floors import DISTRIBUTION_FLOOR, SCORE_FLOOR
from services.metrics.release.classes import Tally
from tests.attacker.organisations import Organisation
from tests.attacker.sight import Atom, Row, Sight, look

_TOLERANCE = 1e-9
_MOST_UNKNOWNS = 24
"""Groups of atoms that hang together: eight units in three waves. An attack tries all 2^24 unions of them."""
_AT_ONCE = 13

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Broken:
    """People whose number follows, although fewer than `floor` were invited or answered in a wave of theirs."""

    floor: int
    wave: int
    units: tuple[str, ...]
    invited: int
    fewest_answers: int


def attack(organisation: Organisation) -> tuple[Broken, ...]:
    """Look at everything that is published of the organisation and work out what follows. Empty when it withstands."""
    return tuple(judge(organisation, look(organisation)))


def judge(organisation: Organisation, sight: Sight) -> Iterator[Broken]:
    """What follows from what is seen that should not."""
    for rows, floor in ((sight.scores, SCORE_FLOOR), (sight.distributions, DISTRIBUTION_FLOOR)):
        for group in derivable(rows, lambda atom: organisation.invited[atom[0]] > 0):
            yield from _too_small(group, organisation.answers, floor)


def derivable(rows: Collection[Row], somebody: object = None) -> Iterator[Row]:
    """Groups of atoms whose sum follows from the rows: all those that do not fall apart into smaller ones.

    Atoms without people are left out. A group that falls apart is too small only if a part of it is.
    """
    alike: dict[frozenset[int], set[Atom]] = defaultdict(set)
    places: dict[Atom, set[int]] = defaultdict(set)
    for number, row in enumerate(rows):
        for atom in row:
            if somebody is None or somebody(atom):  # type: ignore[operator]
                places[atom].add(number)
    for atom, seen in places.items():
        alike[frozenset(seen)].add(atom)
    unknowns = [(numbers, frozenset(atoms)) for numbers, atoms in alike.items()]
    if not unknowns:
        return
    matrix = np.zeros((len(rows), len(unknowns)))
    for column, (numbers, _) in enumerate(unknowns):
        matrix[list(numbers), column] = 1.0
    blind = null_space(matrix)
    free = [column for column in range(len(unknowns)) if np.abs(blind[column]).max(initial=0.0) < _TOLERANCE]
    for column in free:
        yield unknowns[column][1]
    for component in _components(blind, set(range(len(unknowns))) - set(free)):
        yield from _unions(blind[component], [unknowns[column][1] for column in component])


def null_space(matrix: Matrix) -> Matrix:
    """Columns span what the rows of the matrix cannot tell apart from nothing."""
    _, singular, directions = np.linalg.svd(matrix, full_matrices=True)
    rank = int((singular > _TOLERANCE).sum())
    found: Matrix = directions[rank:].T
    return found


def _components(blind: Matrix, columns: set[int]) -> Iterator[list[int]]:
    """Unknowns that hang together: no combination of the rows mixes two components."""
    projection = blind @ blind.T
    left = set(columns)
    while left:
        component, waiting = set(), [left.pop()]
        while waiting:
            column = waiting.pop()
            component.add(column)
            near = {other for other in left if abs(projection[column, other]) > _TOLERANCE}
            left -= near
            waiting.extend(near)
        yield sorted(component)


def _unions(blind: Matrix, atoms: Sequence[Row]) -> Iterator[Row]:
    """Every union of these unknowns that is orthogonal to the null space; all 2^n of them are tried."""
    if len(atoms) > _MOST_UNKNOWNS:
        raise ValueError(f"{len(atoms)} unknowns hang together; at most {_MOST_UNKNOWNS} can be attacked")
    inner = min(len(atoms), _AT_ONCE)
    choices = _all_choices(inner)
    sums = choices @ blind[:inner]
    for rest in _all_choices(len(atoms) - inner):
        hidden = np.abs(sums + rest @ blind[inner:]).max(axis=1)
        for found in np.flatnonzero(hidden < _TOLERANCE):
            taken = (*choices[found], *rest)
            if any(taken):
                yield frozenset().union(*(group for one, group in zip(taken, atoms, strict=True) if one))


@cache
def _all_choices(number: int) -> Matrix:
    counted = np.arange(2**number)
    choices: Matrix = ((counted[:, None] >> np.arange(number)) & 1).astype(np.float64)
    return choices


def _too_small(group: Row, answers: Sequence[Mapping[str, Tally]], floor: int) -> Iterator[Broken]:
    """People are counted by invited, and wave by wave: more ballots of the same people are not more people."""
    for wave in sorted({number for _, number in group}):
        units = sorted(unit for unit, number in group if number == wave)
        tallies = [answers[wave][unit] for unit in units]
        invited = sum(tally.invited for tally in tallies)
        fewest = min(sum(tally.answered(item) for tally in tallies) for item in tallies[0].histograms)
        if invited < floor or fewest < floor:
            yield Broken(floor, wave, tuple(units), invited, fewest)
