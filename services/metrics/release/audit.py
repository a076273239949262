"""A second opinion on what is about to be published. It shares no code with what it judges."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breach:
    """A group that could be worked out by subtraction and is too small: who, and how many answered at least.

    For operators' eyes: exact numbers, so never published and never shown to leadership.
    """

    units: tuple[str, ...]
    invited: int
    fewest_answers: int


def audit(
    published: Set[str],
    parent_of: Mapping[str, str | None],
    invited: Mapping[str, int],
    answered: Mapping[str, Sequence[int]],
    k: int,
) -> tuple[Breach, ...]:
    """Every group of people that published nodes tell apart and that has fewer than `k` invited or answers.

    Two units are told apart when some published node holds one and not the other, so units are grouped
    by the set of published nodes that hold them, found by walking up from each unit. `answered[unit]`
    has the number of answers per item. Nobody invited is no group. Empty when all is well.
    """
    groups: dict[frozenset[str], list[str]] = defaultdict(list)
    for unit in invited:
        holders = set()
        node: str | None = unit
        while node is not None:
            if node in published:
                holders.add(node)
            node = parent_of[node]
        if holders:
            groups[frozenset(holders)].append(unit)
    breaches = []
    for units in groups.values():
        people = sum(invited[unit] for unit in units)
        per_item = [sum(numbers) for numbers in zip(*(answered[unit] for unit in units), strict=True)]
        if people > 0 and (people < k or min(per_item) < k):
            breaches.append(Breach(tuple(sorted(units)), people, min(per_item)))
    return tuple(breaches)
