"""The rounds of a campaign as the bot's ledger has them: for who plays along, and counts nothing of anybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from sandbox.story.company import Round, Rounds
from services.pulse_bot.ledger import waves
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import LedgerSettings


@contextmanager
def rounds_of(state: Path, campaign_id: str) -> Iterator[Rounds]:
    """A function that reads the rounds, oldest first, for as long as the block lasts."""
    ledger = Ledger(LedgerSettings(state=state).ledger_address)

    def read(connection: Connection) -> tuple[Round, ...]:
        planned = waves.campaign(connection, campaign_id)
        if planned is None:
            return ()
        return tuple(
            Round(
                number=wave.number,
                state=wave.state.value,
                title=planned.campaign.title_of(wave.number),
                opens_at=wave.opens_at,
                closes_at=wave.closes_at,
                approved=waves.approvals(connection, wave.id, planned) >= planned.campaign.approvals,
            )
            for wave in waves.of_campaign(connection, campaign_id)
        )

    try:
        yield lambda: ledger.read_now(read)
    finally:
        ledger.close()
