"""One tick: close, open and send whatever is due, under the lease. Harmless to repeat, in any process, at any time."""

import asyncio
import traceback
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection

from services.pulse_bot.ledger import contacts, leases, waves
from services.pulse_bot.ledger.models import BEGUN, WaveState
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.roster import sync
from services.pulse_bot.waves.closing import close_if_due, finish_closing
from services.pulse_bot.waves.opening import open_wave, skip_wave, tell_extension
from services.pulse_bot.waves.sending import Sending
from services.pulse_bot.waves.workshop import EXPECTED_FAULTS, LeaseLost, PeopleElsewhere, Workshop
from services.runtime.clock import ClockUnavailable

_log = structlog.get_logger(__name__)
_LOOK_AGAIN_SECONDS: Final = 600.0


class _Step(Protocol):
    """A part of a tick, for one wave at a moment of campaign time."""

    __name__: str

    def __call__(self, wave: Wave, now: datetime) -> Awaitable[None]: ...


@dataclass
class TickReport:
    """What a tick did; ``busy_elsewhere`` names the process that holds the lease instead."""

    busy_elsewhere: str | None = None
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    more_to_do: bool = False

    def then(self, later: "TickReport") -> "TickReport":
        """The report of this tick and a later one together."""
        return TickReport(
            later.busy_elsewhere,
            self.opened + later.opened,
            self.closed + later.closed,
            self.skipped + later.skipped,
            later.faults,
            later.more_to_do,
        )


class Ticker:
    """Runs ticks for one process."""

    def __init__(self, workshop: Workshop, sending: Sending) -> None:
        self._workshop = workshop
        self._sending = sending
        self._told: dict[tuple[str, str], str] = {}
        self._tidied_on: date | None = None
        self._waiting: dict[str, tuple[PeopleElsewhere | None, float]] = {}

    async def tick(self) -> TickReport:
        """One tick. Faults of the surroundings are reported and logged, and tried again by the next tick."""
        report = TickReport()
        report.busy_elsewhere = await self._workshop.ledger.write(leases.acquire(self._workshop.holder))
        if report.busy_elsewhere is not None:
            self._workshop.telemetry.ticked_elsewhere()
            return report
        self._workshop.telemetry.ticks.inc()
        self._workshop.telemetry.lease_held.set(1)
        try:
            await self._closings(report)
            await self._openings(report)
            await self._sendings(report)
            await self._tidy()
        except LeaseLost as lost:
            report.busy_elsewhere = str(lost)
            self._workshop.telemetry.ticked_elsewhere()
        else:
            self._workshop.telemetry.last_tick.set_to_current_time()
        return report

    async def _closings(self, report: TickReport) -> None:
        async def close(wave: Wave, now: datetime) -> None:
            if wave.state is WaveState.OPEN:
                wave = await close_if_due(self._workshop, wave, now)
            if wave.state is WaveState.CLOSING:
                if await finish_closing(self._workshop, wave, now):
                    report.closed.append(wave.id)
                else:
                    report.more_to_do = True

        await self._each(report, [WaveState.OPEN, WaveState.CLOSING], close)

    async def _openings(self, report: TickReport) -> None:
        async def begin(wave: Wave, now: datetime) -> None:
            if wave.state is WaveState.PLANNED and now >= wave.closes_at:
                await skip_wave(self._workshop, wave)
                report.skipped.append(wave.id)
            elif now >= wave.opens_at and await self._opened(wave):
                report.opened.append(wave.id)

        await self._each(report, [WaveState.PLANNED, WaveState.OPENING], begin)

    async def _opened(self, wave: Wave) -> bool:
        """Open it. One that waits for another is not tried with every tick, as each try reads all of the workspace."""
        waits, since = self._waiting.get(wave.id, (None, 0.0))
        if waits is not None and monotonic() - since < _LOOK_AGAIN_SECONDS:
            begun = await self._workshop.ledger.read(lambda connection: waves.in_states(connection, BEGUN))
            if waits.waves & {other.id for other in begun}:
                raise waits
        self._waiting.pop(wave.id, None)
        try:
            return await open_wave(self._workshop, wave)
        except PeopleElsewhere as fault:
            self._waiting[wave.id] = (fault, monotonic())
            raise

    async def _sendings(self, report: TickReport) -> None:
        async def send(wave: Wave, now: datetime) -> None:
            planned = await self._workshop.ledger.read(lambda connection: waves.campaign(connection, wave.campaign_id))
            if planned is None or now >= wave.closes_at:
                return
            await tell_extension(self._workshop, wave)
            if await self._sending.send_due(self._workshop, wave, planned.campaign, now):
                report.more_to_do = True

        self._sending.begin()
        try:
            await self._each(report, [WaveState.OPEN], send)
        finally:
            self._workshop.telemetry.messages_waiting.set(self._sending.waiting)

    async def _tidy(self) -> None:
        """Once a day of campaign time: forget people 30 days after they left, and messages that no budget counts."""
        try:
            today = (await asyncio.to_thread(self._workshop.clock.now)).date()
        except ClockUnavailable:
            return
        if today == self._tidied_on:
            return

        def operation(connection: Connection) -> int:
            contacts.forget_old(connection, today)
            return sync.forget_who_left(connection, today)

        gone = await self._workshop.ledger.write(operation)
        self._tidied_on = today
        if gone:
            _log.info("people forgotten who left", count=gone)

    async def _each(self, report: TickReport, states: list[WaveState], step: _Step) -> None:
        found = await self._workshop.ledger.read(lambda connection: waves.in_states(connection, states))
        for wave in found:
            doing = (step.__name__, wave.id)
            try:
                await self._workshop.keep_lease()
                await step(wave, await asyncio.to_thread(self._workshop.clock.now))
                self._told.pop(doing, None)
            except LeaseLost:
                raise
            except EXPECTED_FAULTS as fault:
                self._fault(report, doing, str(fault))
            except Exception as error:
                # Its text may hold anything, so only its class and place are told.
                frames = traceback.extract_tb(error.__traceback__)[-3:]
                place = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
                self._fault(report, doing, f"{type(error).__name__} at {place}")

    def _fault(self, report: TickReport, doing: tuple[str, str], text: str) -> None:
        step, wave_id = doing
        self._workshop.telemetry.tick_faults.inc()
        report.faults.append(f"{wave_id}: {text}")
        if self._told.get(doing) != text:  # once, not with every tick until it is mended
            _log.warning(
                "a step of a wave failed and is tried again with every tick", step=step, wave=wave_id, fault=text
            )
            self._told[doing] = text
