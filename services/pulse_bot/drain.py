"""Signs of life of a bot, and its part in closing a wave: finish what is in flight, then report."""

import asyncio
import time
from collections.abc import Callable

import structlog

from services.pulse_bot.answers.book import WaveBook
from services.pulse_bot.answers.in_flight import InFlight
from services.pulse_bot.answers.records import KafkaAway, RecordWriter
from services.pulse_bot.ledger import closing, leases, waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.telemetry import Telemetry

_log = structlog.get_logger(__name__)
_FLUSH_SECONDS = 30.0
_LAST_SECONDS = 8.0


class Watch:
    """Looks at the waves for the bot ``instance``; ``forget`` is told which waves are open, to let go of all others."""

    def __init__(
        self,
        instance: str,
        *,
        ledger: Ledger,
        book: WaveBook,
        in_flight: InFlight,
        records: RecordWriter,
        telemetry: Telemetry,
        forget: Callable[[frozenset[str]], None] = lambda _: None,
    ) -> None:
        self._instance = instance
        self._ledger = ledger
        self._book = book
        self._in_flight = in_flight
        self._records = records
        self._telemetry = telemetry
        self._forget = forget

    async def heartbeat(self) -> None:
        """Report that this bot lives."""
        began = time.perf_counter()
        try:
            await self._ledger.write(leases.heartbeat(self._instance))
        except Exception:
            self._telemetry.ledger_failures.inc()
            raise
        self._telemetry.ledger_seconds.observe(time.perf_counter() - began)

    async def look(self) -> bool:
        """Forget waves that are open no more; drain those that are closing. Gives whether any is closing."""
        states = [WaveState.OPEN, WaveState.CLOSING]
        found = await self._ledger.read(lambda connection: waves.in_states(connection, states))
        still_open = frozenset(wave.id for wave in found if wave.state is WaveState.OPEN)
        self._book.keep_only(still_open)
        self._forget(still_open)
        self._telemetry.open_waves.set(len(still_open))
        closing_now = [wave for wave in found if wave.state is WaveState.CLOSING]
        for wave in closing_now:
            if not wave.counted:
                await self._drain(wave.id)
        return bool(closing_now)

    async def _drain(self, wave_id: str) -> None:
        """The ledger gives out no revision of a closing wave, so what is in flight now is the last."""
        done = await self._ledger.read(lambda connection: closing.drained(connection, wave_id))
        if self._instance in done:
            return
        await self._in_flight.none_left(wave_id)
        try:
            await self._records.flush(_FLUSH_SECONDS)
        except KafkaAway as away:
            _log.warning("records not settled before a close", wave=wave_id, fault=str(away))
            return
        await self._ledger.write(closing.mark_drained(wave_id, self._instance))

    async def sign_off(self) -> None:
        """End in order, everything in flight settled. Raises TimeoutError; then this bot still counts as live."""
        await asyncio.wait_for(self._in_flight.none_left(), _LAST_SECONDS)
        await self._ledger.write(leases.sign_off(self._instance))
