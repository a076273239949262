"""What the attacker sees: every published number as a sum over people, read off from sums that know their members."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.contracts.visibility import shown_per_wave
from services.metrics.release import arms, compute, distributions, windows
from services.metrics.release.arms import Announcement, Arm
from services.metrics.release.class_tables import ClassSpreads, WaveClasses
from services.metrics.release.classes import ClassSums, Tally
from services.metrics.release.windows import NEEDED
from tests.attacker.organisations import Organisation

Atom = tuple[str, int]
"""A unit in a wave: the finest that anything published is a sum of."""
Row = frozenset[Atom]
"""A published number: the people behind it. Of a window, the sum over the waves that count."""

SMALLEST_ARM_UNDER_ATTACK = 5
"""Arms from five answers on, so that the attack rests on classes and not on the twenty that are asked of an arm."""


@dataclass(frozen=True, slots=True)
class TracedSums(ClassSums):
    """Sums that know whose they are."""

    members: Row

    def __add__(self, other: ClassSums) -> "TracedSums":
        assert isinstance(other, TracedSums)
        assert not self.members & other.members, "somebody is counted twice"
        both = ClassSums.__add__(self, other)
        return TracedSums(both.invited, both.ballots, both.items, self.members | other.members)


@dataclass(frozen=True, slots=True)
class TracedSpreads(ClassSpreads):
    """Histograms that know whose they are."""

    members: Row

    def __add__(self, other: ClassSpreads) -> "TracedSpreads":
        assert isinstance(other, TracedSpreads)
        return TracedSpreads(ClassSpreads.__add__(self, other).items, self.members | other.members)


@dataclass(frozen=True)
class Sight:
    """Rows of scores, held to K, and rows of distributions, held to KD; and the waves that they come from."""

    scores: frozenset[Row]
    distributions: frozenset[Row]
    waves: tuple[WaveClasses, ...]


def traced_units(number: int, units: Mapping[str, Tally]) -> dict[str, TracedSums]:
    """The exact sums of every unit, which a careful release never looks at again."""
    return {
        unit: TracedSums(t.sums.invited, t.sums.ballots, t.sums.items, frozenset({(unit, number)}))
        for unit, t in units.items()
    }


def look(organisation: Organisation) -> Sight:
    """Everything that is published of the organisation: per wave, per window, arms by phase and by announcement."""
    waves = tuple(
        _traced(number, compute.class_tables(wave, units)[0])
        for number, (wave, units) in enumerate(zip(organisation.waves, organisation.answers, strict=True))
    )
    announcement = Announcement("x", organisation.audience)
    scores: set[Row] = set()
    distributed: set[Row] = set()
    for wave in waves:
        shown = shown_per_wave(wave.tree, wave.wave.nodes)
        scores |= {_members(wave.node_scores[node]) for node in wave.scores_of & shown}
        distributed |= {_spread_members(wave.node_spreads[node]) for node in wave.distributions_of & shown}
        for found in (arms.phase_arms(wave), arms.announcement_arms(wave, announcement)):
            scores |= {_members(arm.sums) for arm in found.values() if _large(arm)}
    if len(waves) == 3:
        scores |= _window_rows(waves)
        for node in waves[0].tree.by_id:
            spreads = distributions.counted_spreads(node, waves, NEEDED)
            distributed |= {frozenset().union(*map(_spread_members, spreads))} if spreads else set()
    return Sight(frozenset(scores), frozenset(distributed), waves)


def _window_rows(waves: tuple[WaveClasses, ...]) -> set[Row]:
    rows: set[Row] = set()
    for node in waves[0].tree.by_id:
        if found := windows.counted(node, waves):
            rows.add(frozenset().union(*map(_members, found)))
    by_phase: dict[str, list[Row]] = {}
    for wave in waves:
        for phase, arm in arms.phase_arms(wave).items():
            if _large(arm):
                by_phase.setdefault(phase, []).append(_members(arm.sums))
    return rows | {frozenset().union(*found) for found in by_phase.values() if len(found) >= NEEDED}


def _traced(number: int, tables: WaveClasses) -> WaveClasses:
    def members(class_of: Mapping[str, str], class_id: str) -> Row:
        return frozenset((unit, number) for unit, known in class_of.items() if known == class_id)

    return replace(
        tables,
        sums={
            class_id: TracedSums(s.invited, s.ballots, s.items, members(tables.class_of, class_id))
            for class_id, s in tables.sums.items()
        },
        spreads={
            class_id: TracedSpreads(s.items, members(tables.distribution_class_of, class_id))
            for class_id, s in tables.spreads.items()
        },
    )


def _members(sums: ClassSums) -> Row:
    assert isinstance(sums, TracedSums)
    return sums.members


def _spread_members(spreads: ClassSpreads) -> Row:
    assert isinstance(spreads, TracedSpreads)
    return spreads.members


def _large(arm: Arm) -> bool:
    return min(sums.answers for sums in arm.sums.items.values()) >= SMALLEST_ARM_UNDER_ATTACK
