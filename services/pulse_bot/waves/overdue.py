"""Waves whose time has come and that have not moved: seen beside the tick, which may be what does not run."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from services.pulse_bot.ledger import waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.telemetry import OverdueStep, Telemetry
from services.runtime.clock import Clock, ClockUnavailable

_log = structlog.get_logger(__name__)
_MAY_BE_OVERDUE: Final = (WaveState.PLANNED, WaveState.OPENING, WaveState.OPEN, WaveState.CLOSING)


def overdue(connection: Connection, now: datetime) -> Counter[OverdueStep]:
    """How many waves wait for what at the moment ``now`` of campaign time."""
    steps: Counter[OverdueStep] = Counter()
    for wave in waves.in_states(connection, _MAY_BE_OVERDUE):
        if wave.state in (WaveState.OPEN, WaveState.CLOSING):
            if wave.closes_at <= now:
                steps[OverdueStep.CLOSE] += 1
        elif wave.opens_at <= now:
            approved = wave.state is WaveState.OPENING or _approved(connection, wave)
            steps[OverdueStep.OPEN if approved else OverdueStep.APPROVE] += 1
    return steps


def _approved(connection: Connection, wave: waves.Wave) -> bool:
    planned = waves.campaign(connection, wave.campaign_id)
    return planned is not None and waves.approvals(connection, wave.id, planned) >= planned.campaign.approvals


class Overdue:
    """Tells the metrics of overdue waves."""

    def __init__(self, ledger: Ledger, clock: Clock, telemetry: Telemetry) -> None:
        self._ledger = ledger
        self._clock = clock
        self._telemetry = telemetry

    async def look(self) -> None:
        """Look once. Without campaign time what was told before stays; raises LedgerAway."""
        try:
            now = await asyncio.to_thread(self._clock.now)
        except ClockUnavailable as fault:
            _log.debug("no campaign time to see overdue waves by", fault=str(fault))
            return
        steps = await self._ledger.read(lambda connection: overdue(connection, now))
        for step in OverdueStep:
            self._telemetry.waves_overdue.labels(step.value).set(steps[step])
