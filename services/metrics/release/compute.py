"""RELEASE(wave): from frozen counts to the published bytes. Pure: the same input gives the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.contracts.base import ROOT_ID
from services.contracts.floors import DISTRIBUTION_FLOOR, SCORE_FLOOR
from services.contracts.tree import Cadence, Tree
from services.contracts.visibility import shown_per_wave
from services.metrics.release.arms import Announcement, ArmScore, announcement_scores, phase_scores
from services.metrics.release.audit import Breach, audit
from services.metrics.release.cells import Cell, answers_behind, node_cell, organisation_cell
from services.metrics.release.class_tables import ClassSpreads, ItemSpread, WaveClasses
from services.metrics.release.classes import ClassSums, Tally, class_tallies, classes
from services.metrics.release.distributions import distributions
from services.metrics.release.document import Contents, Published, publishable
from services.metrics.release.publish import publish
from services.metrics.release.reliability import reliabilities
from services.metrics.release.rounding import EXACT_MEAN_FROM, response_band
from services.metrics.release.spread import Spread, spread_in
from services.metrics.release.units import Headcount
from services.metrics.release.wave import ClosedWave, Counts
from services.metrics.release.windows import Window, distributions_of, window_arms, window_cells
from services.metrics.statistics.drivers import PairSums
from services.metrics.statistics.scores import Measure


@dataclass(frozen=True)
class UnfinishedWindow:
    """A window of which this is the last wave to be released: the others, and where this one stands among them."""

    id: str
    before: tuple[WaveClasses, ...]
    after: tuple[WaveClasses, ...]


@dataclass(frozen=True)
class Heard:
    """An announcement since when this wave closed, and the released waves of which its arms are still to be told."""

    announcement: Announcement
    earlier: tuple[WaveClasses, ...]


@dataclass(frozen=True)
class Beside:
    """What a release needs beside its own wave: nothing but class tables of released waves."""

    window: UnfinishedWindow | None = None
    heard: tuple[Heard, ...] = ()


ALONE = Beside()


@dataclass(frozen=True)
class Release:
    """What is stored of a wave: its classes (restricted), its cells and document (published).

    `breaches` is empty unless the audit overruled `publish`; operators are alerted to it.
    """

    tables: WaveClasses
    contents: Contents
    published: Published
    breaches: tuple[Breach, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The numbers of the wave."""
        return self.contents.cells


def compute(wave: ClosedWave, counts: Counts, beside: Beside = ALONE) -> Release:
    """P, D, classes, audit, class tables, cells, bytes; in this order, from `counts` and released classes alone."""
    tables, breaches = class_tables(wave, counts.units)
    contents = _contents(tables, counts.pairs, beside)
    return Release(tables, contents, publishable(wave, contents), breaches)


def class_tables(wave: ClosedWave, units: Mapping[str, Tally]) -> tuple[WaveClasses, tuple[Breach, ...]]:
    """P and D after the audit, and the tables of their classes. From here on the units are not read again."""
    tree = wave.tree
    k, kd = max(wave.score_floor, SCORE_FLOOR), max(wave.distribution_floor, DISTRIBUTION_FLOOR)
    heads = {
        unit: Headcount(tally.invited, tuple(tally.answered(item.id) for item in wave.items))
        for unit, tally in units.items()
    }
    p, score_breaches = _audited(publish(k, tree, heads, tree.by_id), tree, heads, k)
    d, distribution_breaches = _audited(publish(kd, tree, heads, p), tree, heads, kd)
    class_of, distribution_class_of = classes(tree, p), classes(tree, d)
    tables = WaveClasses(
        wave=wave,
        scores_of=p,
        class_of=class_of,
        sums={class_id: tally.sums for class_id, tally in class_tallies(class_of, units).items()},
        distributions_of=d,
        distribution_class_of=distribution_class_of,
        spreads={
            class_id: ClassSpreads({i: ItemSpread(h, tally.unsaid[i]) for i, h in tally.histograms.items()})
            for class_id, tally in class_tallies(distribution_class_of, units).items()
        },
    )
    return tables, score_breaches + distribution_breaches


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


def _contents(tables: WaveClasses, pairs: Mapping[tuple[str, str], PairSums], beside: Beside) -> Contents:
    wave = tables.wave
    shown = tables.scores_of & shown_per_wave(tables.tree, wave.nodes)
    window = _window(tables, beside.window)
    return Contents(
        cells=_cells(tables, shown, pairs),
        responses=_responses(tables, shown),
        window=window,
        window_cells=window_cells(window) if window else (),
        distributions=distributions(tables) + (distributions_of(window) if window else ()),
        arms=_arms(tables, beside.heard) + (window_arms(window) if window else ()),
        reliability=reliabilities(wave.measures, pairs) if ROOT_ID in tables.scores_of else (),
    )


def _window(tables: WaveClasses, unfinished: UnfinishedWindow | None) -> Window | None:
    if unfinished is None:
        return None
    return Window(unfinished.id, (*unfinished.before, tables, *unfinished.after))


def _arms(tables: WaveClasses, heard: tuple[Heard, ...]) -> tuple[ArmScore, ...]:
    rows = list(phase_scores(tables))
    for one in heard:
        for wave in (*one.earlier, tables):
            rows.extend(announcement_scores(wave, one.announcement))
    return tuple(rows)


def _responses(tables: WaveClasses, shown: frozenset[str]) -> dict[str, str]:
    """Node -> the band of ballots over invited people."""
    sums = {node.id: tables.node_scores[node.id] for node in tables.wave.nodes if node.id in shown}
    bands = {node: response_band(whole.ballots, whole.invited) for node, whole in sums.items()}
    return {node: band.label for node, band in bands.items() if band}


def _cells(tables: WaveClasses, shown: frozenset[str], pairs: Mapping[tuple[str, str], PairSums]) -> tuple[Cell, ...]:
    """A cell for every measure and every node with the cadence of a wave, hidden or not: absence would tell something.

    Beside the classes only pairs of items are read here, for the organisation.
    """
    cells = []
    for measure in tables.measures.values():
        whole = tables.node_scores.get(ROOT_ID)
        n = answers_behind(measure, whole) if whole else 0
        spread = spread_in(tables, measure)
        for node in tables.wave.nodes:
            if node.cadence is not Cadence.WAVE:
                continue
            if node.id not in shown or not _may_show(measure, node.id, n):
                cells.append(Cell(node.id, measure.name))
            else:
                cells.append(_cell(node.id, measure, tables.node_scores[node.id], pairs, spread))
    return tuple(cells)


def _may_show(measure: Measure, node_id: str, organisation_n: int) -> bool:
    """A single item that is no headline: for the organisation only, from 50 answers on."""
    return measure.allowed_below_organisation or (node_id == ROOT_ID and organisation_n >= EXACT_MEAN_FROM)


def _cell(
    node_id: str, measure: Measure, sums: ClassSums, pairs: Mapping[tuple[str, str], PairSums], spread: Spread
) -> Cell:
    if node_id == ROOT_ID:
        return organisation_cell(node_id, measure, sums, pairs, spread)
    return node_cell(node_id, measure, sums, spread)
