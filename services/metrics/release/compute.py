"""RELEASE(wave): from frozen counts to the published bytes. Pure: the same input gives the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.contracts.base import ROOT_ID
from services.contracts.floors import DISTRIBUTION_FLOOR, SCORE_FLOOR
from services.contracts.tree import Cadence, Tree
from services.metrics.release.audit import Breach, audit
from services.metrics.release.cells import Cell, answers_behind, node_cell, organisation_cell
from services.metrics.release.classes import Tally, class_tallies, classes, node_tallies
from services.metrics.release.document import Published, publishable
from services.metrics.release.publish import publish
from services.metrics.release.rounding import EXACT_MEAN_FROM, response_band
from services.metrics.release.spread import Spread, within_class_spread
from services.metrics.release.units import Headcount
from services.metrics.release.wave import ClosedWave, Counts, shown_per_wave
from services.metrics.statistics.scores import Measure


@dataclass(frozen=True)
class Release:
    """What is stored of a wave: its classes (restricted), its cells and document (published).

    `breaches` is empty unless the audit overruled `publish`; operators are alerted to it.
    """

    scores_of: frozenset[str]
    distributions_of: frozenset[str]
    class_of: Mapping[str, str]
    by_class: Mapping[str, Tally]
    cells: tuple[Cell, ...]
    published: Published
    breaches: tuple[Breach, ...]


def compute(wave: ClosedWave, counts: Counts) -> Release:
    """P, D, classes, audit, class tables, cells, bytes; in this order, from `counts` alone."""
    tree = wave.tree
    k, kd = max(wave.score_floor, SCORE_FLOOR), max(wave.distribution_floor, DISTRIBUTION_FLOOR)
    heads = _headcounts(wave, counts)
    proposed = publish(k, tree, heads, tree.by_id)
    p, score_breaches = _audited(proposed, tree, heads, k)
    d, distribution_breaches = _audited(publish(kd, tree, heads, p), tree, heads, kd)
    class_of = classes(tree, p)
    by_class = class_tallies(class_of, counts.units)
    shown = p & shown_per_wave(tree, wave.nodes)
    by_node = node_tallies(tree, p, by_class)
    cells = _cells(wave, shown, by_node, by_class, counts)
    return Release(
        scores_of=p,
        distributions_of=d,
        class_of=class_of,
        by_class=by_class,
        cells=cells,
        published=publishable(wave, cells, _responses(wave, shown, by_node)),
        breaches=score_breaches + distribution_breaches,
    )


def _headcounts(wave: ClosedWave, counts: Counts) -> dict[str, Headcount]:
    return {
        unit: Headcount(tally.invited, tuple(tally.answered(item.id) for item in wave.items))
        for unit, tally in counts.units.items()
    }


def _audited(
    proposed: frozenset[str], tree: Tree, heads: Mapping[str, Headcount], k: int
) -> tuple[frozenset[str], tuple[Breach, ...]]:
    """`proposed` if the audit has nothing against it; else the root alone; else nothing."""
    parents = {node.id: node.parent for node in tree.nodes}
    invited = {unit: head.invited for unit, head in heads.items()}
    answered = {unit: head.answered for unit, head in heads.items()}
    breaches = audit(proposed, parents, invited, answered, k)
    if not breaches:
        return proposed, ()
    root = frozenset({ROOT_ID})
    return (frozenset() if audit(root, parents, invited, answered, k) else root), breaches


def _responses(wave: ClosedWave, shown: frozenset[str], by_node: Mapping[str, Tally]) -> dict[str, str]:
    """Node -> the band of ballots over invited people."""
    bands = {
        node.id: response_band(by_node[node.id].ballots, by_node[node.id].invited)
        for node in wave.nodes
        if node.id in shown
    }
    return {node: band.label for node, band in bands.items() if band}


def _cells(
    wave: ClosedWave,
    shown: frozenset[str],
    by_node: Mapping[str, Tally],
    by_class: Mapping[str, Tally],
    counts: Counts,
) -> tuple[Cell, ...]:
    """A cell for every measure and every node with the cadence of a wave, hidden or not: absence would tell something.

    Of the counts only the pairs are read here, for the organisation; everything else comes from classes.
    """
    cells = []
    for measure in wave.measures:
        n = answers_behind(measure, by_node[ROOT_ID]) if ROOT_ID in by_node else 0
        spread = within_class_spread(measure, tuple(by_class.values()), n)
        for node in wave.nodes:
            if node.cadence is not Cadence.WAVE:
                continue
            if node.id not in shown or not _may_show(measure, node.id, n):
                cells.append(Cell(node.id, measure.name))
            else:
                cells.append(_cell(node.id, measure, by_node[node.id], counts, spread))
    return tuple(cells)


def _may_show(measure: Measure, node_id: str, organisation_n: int) -> bool:
    """A single item that is no headline: for the organisation only, from 50 answers on."""
    return measure.allowed_below_organisation or (node_id == ROOT_ID and organisation_n >= EXACT_MEAN_FROM)


def _cell(node_id: str, measure: Measure, tally: Tally, counts: Counts, spread: Spread) -> Cell:
    if node_id == ROOT_ID:
        return organisation_cell(node_id, measure, tally, counts.pairs, spread)
    return node_cell(node_id, measure, tally, spread)
