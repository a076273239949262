"""The simulation straight into the release and its statistics, without Slack, Kafka or ClickHouse: truth held against
what would be published."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sandbox.story.simulation import SimulatedWave, Simulation
from sandbox.story.truth import true_scores
from services.contracts.base import ROOT_ID
from services.contracts.floors import WINDOW_WAVES
from services.metrics.release.ballots import Ballot, count
from services.metrics.release.cells import Cell
from services.metrics.release.class_tables import WaveClasses
from services.metrics.release.compute import ALONE, Beside, Release, UnfinishedWindow, compute
from services.metrics.release.wave import ClosedWave
from services.metrics.released.documents import Document, PublishedCell, PublishedWindowCell


@dataclass(frozen=True)
class Comparison:
    """A published number and the truth it should contain. Points, 0 to 100. `number`: the wave, or a window's last."""

    number: int
    measure: str
    truth: float
    cell: Cell | PublishedCell | PublishedWindowCell

    @property
    def covered(self) -> bool:
        """Whether the published interval contains the true value; a number without interval covers nothing."""
        low, high = self.cell.low, self.cell.high
        return low is not None and high is not None and low <= self.truth <= high


def ballots_of(wave: SimulatedWave) -> tuple[Ballot, ...]:
    """The sheets as ballots, under ids that only this simulation could trace."""
    units = wave.organisation.units
    return tuple(
        Ballot(hashlib.sha256(f"{wave.id}|{sheet.member}".encode()).hexdigest()[:32], units[sheet.person], sheet.final)
        for sheet in wave.sheets
    )


def release_of(wave: SimulatedWave, beside: Beside = ALONE) -> Release:
    """What would be released of the wave, `beside` what was released before."""
    campaign = wave.organisation.plan.campaign_in(wave.number)
    nodes = wave.organisation.merged_in(wave.number).wave_nodes()
    closed = ClosedWave(
        wave_id=wave.id,
        campaign_id=campaign.id,
        title=campaign.title_of(wave.number),
        opened_at=campaign.schedule.opens_at(wave.number),
        closed_at=campaign.schedule.closes_at(wave.number),
        items=wave.items,
        score_floor=campaign.thresholds.score,
        distribution_floor=campaign.thresholds.distribution,
        nodes=nodes,
    )
    return compute(closed, count(nodes, wave.items, ballots_of(wave)), beside)


def documents_of(waves: Sequence[SimulatedWave]) -> list[Document]:
    """What would be published of the first waves of a campaign, in their order, with every window that is complete."""
    documents: list[Document] = []
    tables: list[WaveClasses] = []
    for number, wave in enumerate(waves, start=1):
        beside = ALONE
        if number % WINDOW_WAVES == 0:
            name = f"{wave.organisation.plan.campaign.id}-window-{number // WINDOW_WAVES:02d}"
            beside = Beside(UnfinishedWindow(name, tuple(tables[1 - WINDOW_WAVES :]), ()))
        release = release_of(wave, beside)
        tables.append(release.tables)
        documents.append(Document.model_validate_json(release.published.content))
    return documents


def simulated(simulation: Simulation, waves: int) -> list[SimulatedWave]:
    """The first waves of a simulation."""
    return [simulation.wave(number) for number in range(1, waves + 1)]


def node_comparisons(waves: Sequence[SimulatedWave], documents: Sequence[Document]) -> list[Comparison]:
    """Every number below the organisation that has an interval, beside its truth; over a window the mean of its waves.

    `waves` and `documents` of the same waves, in their order.
    """
    found: list[Comparison] = []
    by_id = {wave.id: wave for wave in waves}
    for wave, document in zip(waves, documents, strict=True):
        cadence = {node.id: node.cadence for node in document.node.values()}
        for cell in document.cells:
            if cell.node_id != ROOT_ID and cell.low is not None:
                truth = true_scores(wave, cell.node_id)[cell.measure]
                found.append(Comparison(wave.number, cell.measure, truth, cell))
        over = {window.id: [by_id[one] for one in window.waves] for window in document.windows}
        for one in document.window_cells:
            if cadence[one.node_id] == "window" and one.low is not None:
                truths = [true_scores(part, one.node_id).get(one.measure) for part in over[one.window]]
                asked = [truth for truth in truths if truth is not None]
                found.append(Comparison(wave.number, one.measure, float(np.mean(asked)), one))
    return found


def comparisons(wave: SimulatedWave) -> tuple[Comparison, ...]:
    """Every number that is published of the organisation, beside its truth."""
    truth = true_scores(wave)
    return tuple(
        Comparison(wave.number, cell.measure, truth[cell.measure], cell)
        for cell in release_of(wave).cells
        if cell.node_id == ROOT_ID and cell.score is not None
    )
