"""Which place the wave keys have, for each database."""

from pathlib import Path

from services.pulse_bot.ledger.key_rows import WaveKeyRows
from services.pulse_bot.ledger.keys import WaveKeyFiles, WaveKeys
from services.pulse_bot.ledger.store import Ledger


def wave_keys(ledger: Ledger, folder: Path) -> WaveKeys:
    """Files in ``folder`` beside SQLite; rows where the ledger is shared by several bots."""
    return WaveKeyRows(ledger) if ledger.is_shared else WaveKeyFiles(folder)
