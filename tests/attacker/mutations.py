"""Five ways in which a release could be wrong, as patches for tests alone. The attacker must catch each of them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from services.contracts.base import ROOT_ID
from services.contracts.floors import DISTRIBUTION_FLOOR, SCORE_FLOOR
from services.contracts.tree import Tree
from services.metrics.release.arms import Arm
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.classes import ClassSums, summed
from services.metrics.release.publish import nearest_published_below, publish
from services.metrics.release.units import Headcount, totals
from tests.attacker.organisations import Organisation
from tests.attacker.sight import TracedSums, traced_units

Units = Mapping[str, Headcount]
Publish = Callable[[int, Tree, Units, Collection[str]], frozenset[str]]
Mutation = Callable[[Organisation], ExitStack]


def _threshold_only(k: int, tree: Tree, units: Units, allowed: Collection[str]) -> frozenset[str]:
    """Every node of its own k; what is left when they are subtracted is nobody's business."""
    total = totals(tree, units)
    found = frozenset(v for v in allowed if total[v].invited >= k and total[v].fewest >= k)
    return found if ROOT_ID in found else frozenset()


def _with_remainders(
    k: int, tree: Tree, units: Units, allowed: Collection[str], unsafe: Callable[[Headcount], bool]
) -> frozenset[str]:
    total = totals(tree, units)
    published = set(_threshold_only(k, tree, units, allowed))
    for node in tree.nodes:
        while node.id in published:
            front = nearest_published_below(tree, published, node.id)
            rest = total[node.id]
            for below in front:
                rest -= total[below]
            if not front or not unsafe(rest):
                break
            published.discard(min(front, key=lambda f: (total[f].fewest, f)))
    return frozenset(published)


def _silence_allowed(k: int, tree: Tree, units: Units, allowed: Collection[str]) -> frozenset[str]:
    """R = 0 passes for nobody being there, although people were invited."""
    return _with_remainders(k, tree, units, allowed, lambda rest: rest.invited > 0 and 0 < rest.fewest < k)


def _remainder_of_scores_under_distributions(
    k: int, tree: Tree, units: Units, allowed: Collection[str]
) -> frozenset[str]:
    """Nodes of distributions have ten; what is left beside them only five."""
    if k < DISTRIBUTION_FLOOR:
        return publish(k, tree, units, allowed)
    return _with_remainders(k, tree, units, allowed, lambda rest: rest.invited > 0 and rest.fewest < SCORE_FLOOR)


@contextmanager
def _publishing(mutated: Publish) -> Iterator[None]:
    """The audit has the same wrong rule in mind, or it would stand in the way."""
    with (
        patch("services.metrics.release.compute.publish", mutated),
        patch("services.metrics.release.compute.audit", lambda *_: ()),
    ):
        yield


@contextmanager
def _ballots_as_people(organisation: Organisation) -> Iterator[None]:
    """A node is in a window when its ballots of all waves together are enough."""
    waves = [traced_units(number, units) for number, units in enumerate(organisation.answers)]

    def counted(node: str, tables: Sequence[WaveClasses]) -> list[ClassSums]:
        below = tables[0].tree.subtree(node)
        found = [summed([units[unit] for unit in below]) for units in waves]
        ballots = sum(min(sums.answers for sums in whole.items.values()) for whole in found)
        return list(found) if ballots >= SCORE_FLOOR else []

    with patch("services.metrics.release.windows.counted", counted):
        yield


@contextmanager
def _arms_as_cells(organisation: Organisation) -> Iterator[None]:
    """An arm is everybody on its side, whatever classes they are in, if they are enough."""
    waves = {
        wave.wave_id: traced_units(number, units)
        for number, (wave, units) in enumerate(zip(organisation.waves, organisation.answers, strict=True))
    }

    def arms(tables: WaveClasses, side_of: Mapping[str, str | None]) -> dict[str, Arm]:
        members: dict[str, list[TracedSums]] = {}
        for unit, sums in waves[tables.wave.wave_id].items():
            side = side_of[unit]
            if side is not None and sums.invited:
                members.setdefault(side, []).append(sums)
        return {side: Arm(summed(found), len(found)) for side, found in members.items()}

    with patch("services.metrics.release.arms.arms", arms):
        yield


MUTATIONS: Mapping[str, Callable[[Organisation], object]] = {
    "threshold only": lambda _: _publishing(_threshold_only),
    "remainder held to K instead of KD under D": lambda _: _publishing(_remainder_of_scores_under_distributions),
    "ballots counted as people over waves": _ballots_as_people,
    "R = 0 allowed for silent people": lambda _: _publishing(_silence_allowed),
    "arms as thresholded cells": _arms_as_cells,
}
"""Name -> a context in which the release of this organisation is wrong in that way."""
