"""`draagvlak waves plan --explain`: who gets what and when, and why not."""

import asyncio

from services.contracts.campaign import Campaign
from services.pulse_bot.commands.output import fail, out, say
from services.pulse_bot.commands.reaching import slack_of
from services.pulse_bot.ledger import waves as wave_rows
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.waves.outlook import Outlook, outlook
from services.pulse_bot.waves.printing import outlook_lines, outlook_table
from services.pulse_bot.waves.schedule import Calendar
from services.runtime.settings import load


def explain(ledger: Ledger, campaign: Campaign, wave_id: str | None) -> None:
    """Print it for one wave; the next unless named."""
    settings = load(BotSettings)
    over = (WaveState.CLOSED, WaveState.SKIPPED)
    left = [
        wave.id for wave in ledger.read_now(lambda c: wave_rows.of_campaign(c, campaign.id)) if wave.state not in over
    ]
    wanted = wave_id or (left[0] if left else fail("every wave of the campaign is over"))

    async def look() -> Outlook:
        async with slack_of(settings) as slack:
            return await outlook(ledger, slack, settings, wanted)

    found = asyncio.run(look())
    calendar = Calendar.of(campaign.schedule, settings.timezone)
    out.print(outlook_table(found, calendar))
    for line in outlook_lines(found, calendar):
        say(line)
