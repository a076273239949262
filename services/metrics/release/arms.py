"""Arms: the teams that share a phase, or that an announcement did or did not reach, as unions of classes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from services.contracts.tree import Phase
from services.contracts.units import JOINT, team_keys
from services.metrics.release.cells import Status, answers_behind, mean_of, shown
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.classes import ClassSums, summed
from services.metrics.release.spread import Spread, spread_in
from services.metrics.statistics.scores import Measure

SMALLEST_ARM: Final = 20
"""Answers per arm and wave below which an effect is told in words only."""


class Reach(StrEnum):
    """Whether an announcement reached a team."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A published announcement and the nodes that it was sent to."""

    id: str
    audience: frozenset[str]


@dataclass(frozen=True, slots=True)
class Arm:
    """A union of classes in a wave, and how many there are."""

    sums: ClassSums
    classes: int


@dataclass(frozen=True, slots=True)
class ArmScore:
    """The score of an arm; the first five fields are its key, every other but status is None in a hidden one.

    The meaning of each field: `services.metrics.released.documents.PublishedArm`.
    """

    announcement: str | None
    arm: str
    wave: str | None
    window: str | None
    measure: str
    status: Status = Status.TOO_FEW_ANSWERS
    score: float | None = None
    score_label: str | None = None
    n_band: str | None = None
    standard_error: float | None = None
    degrees_of_freedom: float | None = None
    classes: int | None = None


def arms(tables: WaveClasses, side_of: Mapping[str, str | None]) -> dict[str, Arm]:
    """Side -> the union of the classes of which all invited people are on that side.

    `side_of`: unit -> its side; None where it is on more than one. A class of people on different sides is mixed: it is
    in no arm and is never shown. Nobody invited is on no side.
    """
    sides: dict[str, set[str | None]] = defaultdict(set)
    for node in tables.wave.nodes:
        if node.invited > 0 and node.id in tables.class_of:
            sides[tables.class_of[node.id]].add(side_of[node.id])
    members: dict[str, list[ClassSums]] = defaultdict(list)
    for class_id, found in sides.items():
        (side, *others) = found
        if side is not None and not others:
            members[side].append(tables.sums[class_id])
    return {side: Arm(summed(sums), len(sums)) for side, sums in members.items()}


def phase_arms(tables: WaveClasses) -> dict[str, Arm]:
    """Phase -> its arm. A team has its own phase or that of the nearest node above; without any it has not started."""
    return arms(tables, _phases(tables))


def phases_of(tables: WaveClasses) -> tuple[str, ...]:
    """The phases that anybody invited is in, in the order of a team's way through them."""
    side_of = _phases(tables)
    found = {side_of[node.id] for node in tables.wave.nodes if node.invited > 0}
    return tuple(phase.value for phase in Phase if phase.value in found)


def announcement_arms(tables: WaveClasses, announcement: Announcement) -> dict[str, Arm]:
    """The arm that the announcement reached and the one that it did not; empty where it reached everyone or no one."""
    side_of = _reach(tables, announcement.audience)
    found = {side_of[node.id] for node in tables.wave.nodes if node.invited > 0}
    return arms(tables, side_of) if len(found) > 1 else {}


def phase_scores(tables: WaveClasses) -> tuple[ArmScore, ...]:
    """Every phase and measure of a wave, hidden or not."""
    found = phase_arms(tables)
    return _scores(tables, {phase: found.get(phase) for phase in phases_of(tables)}, None)


def announcement_scores(tables: WaveClasses, announcement: Announcement) -> tuple[ArmScore, ...]:
    """Both arms of an announcement for every measure of a wave, hidden or not; none where one of them has nobody."""
    found = announcement_arms(tables, announcement)
    return _scores(tables, {side.value: found.get(side) for side in Reach}, announcement.id) if found else ()


def arm_score(key: ArmScore, measure: Measure, found: Sequence[Arm], spread: Spread, *, needed: int) -> ArmScore:
    """`key` with the mean score of the arm over the waves in which it may be shown; of one wave or of a window.

    An arm may be shown in a wave in which 20 answered every item.
    """
    large = [arm for arm in found if answers_behind(measure, arm.sums) >= SMALLEST_ARM]
    if len(large) < needed:
        return key
    mean = sum((mean_of(measure, arm.sums) for arm in large), Fraction(0)) / len(large)
    told = shown(mean, min(answers_behind(measure, arm.sums) for arm in large), spread)
    return replace(
        key,
        status=Status.SHOWN,
        score=told.score,
        score_label=told.score_label,
        n_band=told.n_band,
        standard_error=told.standard_error,
        degrees_of_freedom=told.degrees_of_freedom,
        classes=min(arm.classes for arm in large),
    )


def _scores(tables: WaveClasses, found: Mapping[str, Arm | None], announcement: str | None) -> tuple[ArmScore, ...]:
    rows = []
    for measure in tables.measures.values():
        if measure.allowed_below_organisation:
            spread = spread_in(tables, measure)
            for side, arm in found.items():
                key = ArmScore(announcement, side, tables.wave.wave_id, None, measure.name)
                rows.append(arm_score(key, measure, [arm] if arm else [], spread, needed=1))
    return tuple(rows)


def _phases(tables: WaveClasses) -> dict[str, str | None]:
    """Unit -> phase. A merged unit without one may hold people of several, so it is on no side."""
    side_of: dict[str, str | None] = {}
    for node in tables.wave.nodes:
        if node.phase is not None:
            side_of[node.id] = node.phase.value
        elif JOINT in node.id:
            side_of[node.id] = None
        else:
            side_of[node.id] = side_of[node.parent] if node.parent is not None else Phase.NOT_STARTED.value
    return side_of


def _reach(tables: WaveClasses, audience: frozenset[str]) -> dict[str, str | None]:
    """Unit -> whether it was reached: it, or a node above it, is in the audience; None where a part is or may be."""
    side_of: dict[str, str | None] = {}
    reached = {key for node_id in audience for key in team_keys(node_id) or ()}
    for node in tables.wave.nodes:
        above = side_of[node.parent] if node.parent is not None else Reach.NOT_REACHED.value
        teams = team_keys(node.id)
        if above == Reach.REACHED.value or node.id in audience or (teams and teams <= reached):
            side_of[node.id] = Reach.REACHED.value
        elif teams is None or teams & reached:
            side_of[node.id] = None
        else:
            side_of[node.id] = above
    return side_of
