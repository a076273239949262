"""The operator's hand on the waves: the same steps as the bot's tick, in a process of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.pulse_bot.answers.records import RecordWriter
from services.pulse_bot.http import http_session
from services.pulse_bot.ledger import leases
from services.pulse_bot.ledger.key_places import wave_keys
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.slack import Slack
from services.pulse_bot.telemetry import Telemetry
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.sending import Progress, Sending
from services.pulse_bot.waves.tick import Ticker
from services.pulse_bot.waves.workshop import Workshop
from services.runtime.clock import campaign_clock
from services.runtime.settings import read_secret


@asynccontextmanager
async def operator_workshop(settings: BotSettings, ledger: Ledger) -> AsyncIterator[Workshop]:
    """The tools of a tick for a command; the lease is given back at the end. Raises SettingsFault."""
    token = read_secret(settings.slack_bot_token_file, "slack_bot_token_file").get_secret_value()
    metrics = Telemetry.create()
    records = RecordWriter(settings, "draagvlak-operator", metrics)
    session = http_session()
    try:
        yield Workshop(
            settings=settings,
            ledger=ledger,
            keys=wave_keys(ledger, settings.ledger_folder / "keys"),
            records=records,
            slack=Slack(settings.slack_api_url, token, session, metrics),
            clock=campaign_clock(settings),
            telemetry=metrics,
            holder=settings.operator,
        )
    finally:
        await ledger.write(leases.release(settings.operator))
        await records.close()
        await session.close()


def ticker(workshop: Workshop, tell: Callable[[Progress], None] = lambda _: None) -> Ticker:
    """Ticks with the operator's tools; ``tell`` hears of every message."""
    return Ticker(workshop, Sending(Pace(workshop.settings.send_per_minute), tell))
