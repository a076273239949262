"""The simulation straight into the release and its statistics, without Slack, Kafka or ClickHouse: truth held against
what would be published."""

import hashlib
from dataclasses import dataclass

from sandbox.story.simulation import SimulatedWave
from sandbox.story.truth import true_scores
from services.contracts.base import ROOT_ID
from services.metrics.release.ballots import Ballot, count
from services.metrics.release.cells import Cell
from services.metrics.release.compute import ALONE, Beside, Release, compute
from services.metrics.release.wave import ClosedWave


@dataclass(frozen=True)
class Comparison:
    """A published number of the organisation and the truth it should contain. Points, 0 to 100."""

    number: int
    measure: str
    truth: float
    cell: Cell

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
    """What would be released of the wave; ``beside`` are the waves released before it."""
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


def comparisons(wave: SimulatedWave) -> tuple[Comparison, ...]:
    """Every number that is published of the organisation, beside its truth."""
    truth = true_scores(wave)
    return tuple(
        Comparison(wave.number, cell.measure, truth[cell.measure], cell)
        for cell in release_of(wave).cells
        if cell.node_id == ROOT_ID and cell.score is not None
    )
