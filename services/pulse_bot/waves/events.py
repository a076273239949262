"""The events that tell the other services of a wave's life.

Their ids follow from the wave, so that an event written again after a crash is the same to the byte.
"""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.contracts.campaign import Campaign
from services.contracts.events import UnitCount, WaveClosed, WaveEnd, WaveOpened
from services.contracts.tree import Merged
from services.pulse_bot.ledger.waves import Wave


def _event_id(kind: str, wave_id: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"draagvlak:{kind}:{wave_id}")


def wave_opened(campaign: Campaign, wave: Wave, merged: Merged) -> WaveOpened:
    """The wave as it stands now that it opens."""
    return WaveOpened(
        event_id=_event_id("wave.opened", wave.id),
        wave_id=wave.id,
        campaign_id=campaign.id,
        title=campaign.title_of(wave.number),
        opens_at=wave.opens_at,
        closes_at=wave.closes_at,
        items=wave.items,
        thresholds=campaign.thresholds,
        nodes=merged.wave_nodes(),
    )


def wave_end(wave_id: str) -> WaveEnd:
    """The closing marker."""
    return WaveEnd(event_id=_event_id("wave.end", wave_id), wave_id=wave_id)


def wave_closed(wave_id: str, closed_at: datetime, units: tuple[UnitCount, ...]) -> WaveClosed:
    """The wave's end, with the ledger's counts."""
    return WaveClosed(event_id=_event_id("wave.closed", wave_id), wave_id=wave_id, closed_at=closed_at, units=units)
