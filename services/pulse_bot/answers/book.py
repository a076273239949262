"""What the hot path knows of the waves by heart: their items, the real day of opening, and the key."""

import asyncio
from dataclasses import dataclass

from services.contracts.survey import Item
from services.contracts.topics import record_timestamp_ms
from services.pulse_bot.answers.openly import open_question
from services.pulse_bot.ledger import waves
from services.pulse_bot.ledger.keys import KeyLost, WaveKeys
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger


@dataclass(frozen=True, repr=False)
class OpenWave:
    """An open wave in memory; its representation shows nothing, since it holds the key."""

    id: str
    items: tuple[Item, ...]
    timestamp_ms: int
    key: bytes
    open_question: str | None = None


class WaveBook:
    """Open waves by id, read from the ledger on first use and dropped when they begin to close."""

    def __init__(self, ledger: Ledger, keys: WaveKeys) -> None:
        self._ledger = ledger
        self._keys = keys
        self._open: dict[str, OpenWave] = {}
        self._losses = 0

    async def find(self, wave_id: str) -> OpenWave | None:
        """The wave if it is open and its key is there."""
        if self._losses != self._ledger.losses:
            self._losses = self._ledger.losses
            self._open.clear()
        known = self._open.get(wave_id)
        if known is not None:
            return known
        try:
            wave = await self._ledger.read(lambda connection: waves.find(connection, wave_id))
        except waves.NoSuchWave:
            return None
        if wave.state is not WaveState.OPEN or wave.opened_on is None:
            return None
        try:
            key = await asyncio.to_thread(self._keys.read, wave_id)
        except KeyLost:
            return None  # the next tick closes the wave
        asked = await self._open_question(wave)
        found = OpenWave(wave_id, wave.items, record_timestamp_ms(wave.opened_on), key, asked)
        self._open[wave_id] = found
        return found

    async def _open_question(self, wave: waves.Wave) -> str | None:
        planned = await self._ledger.read(lambda connection: waves.campaign(connection, wave.campaign_id))
        asked = open_question(wave.number, planned.campaign.open_question_every) if planned else None
        return asked.id if asked else None

    def forget(self, wave_id: str) -> None:
        """Drop the wave and its key from memory."""
        self._open.pop(wave_id, None)

    def keep_only(self, wave_ids: frozenset[str]) -> None:
        """Drop every wave that is not one of ``wave_ids``."""
        for wave_id in set(self._open) - wave_ids:
            del self._open[wave_id]
