"""A process that ticks until nothing more is due, and that a test may kill at any moment."""

import asyncio
from multiprocessing.connection import Connection

from prometheus_client import CollectorRegistry

from services.pulse_bot.answers.records import RecordWriter
from services.pulse_bot.http import http_session
from services.pulse_bot.ledger.key_places import wave_keys
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.slack import Slack
from services.pulse_bot.telemetry import Telemetry
from services.pulse_bot.waves.pacing import Pace
from services.pulse_bot.waves.sending import Sending
from services.pulse_bot.waves.tick import Ticker
from services.pulse_bot.waves.workshop import Workshop
from services.runtime.clock import campaign_clock


def send(settings: BotSettings, token: str, says: Connection) -> None:
    """Tick until all is sent. Says "begun" before the first tick and "done" at the end."""
    asyncio.run(_send(settings, token, says))


async def _send(settings: BotSettings, token: str, says: Connection) -> None:
    ledger = Ledger(settings.ledger_address)
    telemetry = Telemetry.create(CollectorRegistry())
    session = http_session()
    workshop = Workshop(
        settings=settings,
        ledger=ledger,
        keys=wave_keys(ledger, settings.ledger_folder / "keys"),
        records=RecordWriter(settings, "mortal", telemetry),
        slack=Slack(settings.slack_api_url, token, session),
        clock=campaign_clock(settings),
        telemetry=telemetry,
        holder="test",
    )
    ticker = Ticker(workshop, Sending(Pace(settings.send_per_minute)))
    says.send("begun")
    report = await ticker.tick()
    while report.more_to_do:
        report = await ticker.tick()
    says.send("done" if not report.faults else "; ".join(report.faults))
    await session.close()
    ledger.close()
