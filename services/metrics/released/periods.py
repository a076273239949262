"""What numbers are about: waves, and windows of waves, in the order of time; and which one each is compared with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.contracts.base import Text
from services.contracts.survey import Measure
from services.metrics.released.documents import (
    Document,
    PublishedCell,
    PublishedDistribution,
    PublishedNode,
    PublishedWindowCell,
)
from services.metrics.released.figures import HIDDEN, Figure, of_cell, of_share, share_of
from services.metrics.statistics.change import PublishedScores

HEADLINES = frozenset(measure.value for measure in Measure)
"""Names of measures that are no driver, facet or outcome."""
WINDOW = "window"
"""The cadence of a node that is shown per window of waves."""


def always(_: datetime) -> bool:
    """Every time is wanted."""
    return True


@dataclass(frozen=True, eq=False)
class Period:
    """A wave, or a window of waves. `id` is that of the wave or window; `items`: measure -> what it was made of.

    `document` is where it was published; a window stands in the document of its last wave.
    """

    id: str
    campaign: str
    opened_at: datetime
    closed_at: datetime
    window: bool
    waves: tuple[str, ...]
    items: Mapping[str, tuple[str, ...]]
    document: Document

    @cached_property
    def cells(self) -> Mapping[tuple[str, str], PublishedCell | PublishedWindowCell]:
        """Cells by node and measure."""
        if self.window:
            return {(cell.node_id, cell.measure): cell for cell in self.document.window_cells if cell.window == self.id}
        return {(cell.node_id, cell.measure): cell for cell in self.document.cells}

    @cached_property
    def distributions(self) -> Mapping[tuple[str, str], PublishedDistribution]:
        """Distributions by node and the measure of the item; of headline items only."""
        wanted = self.id if self.window else None
        measure_of = {item.id: item.measure for item in self.document.items if item.measure in HEADLINES}
        return {
            (one.node_id, measure_of[one.item]): one
            for one in self.document.distributions
            if one.window == wanted and one.item in measure_of
        }

    def find(self, node: str, measure: str) -> Figure | None:
        """What is published of a node; None where there is no such row at all."""
        base = share_of(measure)
        if base is None:
            cell = self.cells.get((node, measure))
            return None if cell is None else of_cell(cell)
        distribution = self.distributions.get((node, base))
        if distribution is not None:
            return of_share(distribution, measure)
        # Format 1 has no shares at all: hidden like everything that is not shown, for the same one reason.
        return HIDDEN if not self.document.distributions and (node, base) in self.cells else None

    def scores(self, measure: str, document: Document) -> PublishedScores:
        """What a comparison may know of the nodes of a document, in the order of its nodes; looked for once."""
        known = self._scores.get(measure)
        if known is None:
            found = (self.find(node.id, measure) for node in self.document.nodes)
            known = PublishedScores.of([one.published if one else None for one in found])
            self._scores[measure] = known
        return known if document.nodes is self.document.nodes else known.at(_places(document, self.document))

    @cached_property
    def _scores(self) -> dict[str, PublishedScores]:
        return {}

    def tells_of(self, node: PublishedNode) -> bool:
        """Whether a node is shown by this kind of period: per wave or per window, never both."""
        return (node.cadence == WINDOW) == self.window


class History:
    """All released documents as periods, oldest first; built anew when one is added."""

    def __init__(self, documents: Iterable[Document], earlier: "History | None" = None) -> None:
        """`earlier`: a history from before, whose periods are taken over with all that was computed of them."""
        self.documents = tuple(sorted(documents, key=lambda document: (document.closed_at, document.wave)))
        known: Mapping[str, list[Period]] = earlier._of if earlier else {}
        self._of: Mapping[str, list[Period]] = {
            one.wave: known.get(one.wave) or _periods_of(one) for one in self.documents
        }
        periods = [period for found in self._of.values() for period in found]
        self.periods: tuple[Period, ...] = tuple(sorted(periods, key=lambda one: (one.closed_at, one.window, one.id)))
        self.by_id: Mapping[str, Period] = {period.id: period for period in self.periods}
        self._asked: dict[tuple[str, bool, str, tuple[str, ...]], list[Period]] = {}
        self._place: dict[tuple[str, str], int] = {}
        for period in self.periods:
            for measure, items in period.items.items():
                line = self._asked.setdefault((period.campaign, period.window, measure, items), [])
                self._place[period.id, measure] = len(line)
                line.append(period)

    def is_of(self, documents: Sequence[Document]) -> bool:
        """Whether it is made of just these documents."""
        return {id(one) for one in self.documents} == {id(one) for one in documents}

    def before(self, period: Period, measure: str) -> Period | None:
        """The last earlier period of the same campaign and kind that made this measure of the same items."""
        place = self._place[period.id, measure]
        return self.line(period, measure)[place - 1] if place else None

    def line(self, period: Period, measure: str) -> Sequence[Period]:
        """All periods with which this one can be compared in this measure, itself included, oldest first."""
        return self._asked[period.campaign, period.window, measure, period.items[measure]]

    @cached_property
    def last(self) -> Document | None:
        """The newest document."""
        return self.documents[-1] if self.documents else None

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Every measure that was ever asked, headlines first as they were asked."""
        return tuple(dict.fromkeys(measure for period in self.periods for measure in period.items))

    @cached_property
    def nodes(self) -> Mapping[str, PublishedNode]:
        """Every node as the newest document that has it describes it; those of the newest document first."""
        found: dict[str, PublishedNode] = {}
        for document in reversed(self.documents):
            for node in document.nodes:
                found.setdefault(node.id, node)
        return found

    def name(self, node: str) -> Text:
        """The name of a node; its id where no document knows it."""
        known = self.nodes.get(node)
        return known.name if known else Text(nl=node, en=node)


def _places(document: Document, other: Document) -> NDArray[np.intp]:
    """Where the nodes of a document stand in another; -1 where they do not."""
    places = {node.id: place for place, node in enumerate(other.nodes)}
    return np.array([places.get(node.id, -1) for node in document.nodes], dtype=np.intp)


def _periods_of(document: Document) -> list[Period]:
    items = {measure.name: measure.items for measure in document.measures}
    wave = Period(
        id=document.wave,
        campaign=document.campaign,
        opened_at=document.opened_at,
        closed_at=document.closed_at,
        window=False,
        waves=(document.wave,),
        items=items,
        document=document,
    )
    windows = [
        Period(
            id=window.id,
            campaign=document.campaign,
            opened_at=window.opened_at,
            closed_at=window.closed_at,
            window=True,
            waves=window.waves,
            items={measure.name: measure.items for measure in window.measures},
            document=document,
        )
        for window in document.windows
    ]
    return [wave, *windows]
