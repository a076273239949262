"""``draagvlak forget``. Exit codes: 0 done, 1 failed, 2 wrong use or settings."""

import asyncio
from typing import Annotated

import typer

from services.pulse_bot.answers.book import WaveBook
from services.pulse_bot.answers.in_flight import InFlight
from services.pulse_bot.answers.records import KafkaAway
from services.pulse_bot.answers.values import Person
from services.pulse_bot.commands.output import fail, opened_ledger, say
from services.pulse_bot.forgetting import Forgetting, Forgotten
from services.pulse_bot.ledger import leases
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import BotSettings
from services.pulse_bot.waves.operator import operator_workshop
from services.runtime import logs
from services.runtime.settings import load

forget = typer.Typer(add_completion=False, help="Forget a person: withdraw open ballots, remove every row.")
_KAFKA_SECONDS = 30.0


@forget.command()
def person(
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="the person's member id in Slack, such as U0123456")],
) -> None:
    """Forget a person, as "forget me" in App Home does. Ballots of closed rounds stay: nobody can find them.

    Name the same person again after restoring a backup that was made before.
    """
    settings = load(BotSettings)
    logs.configure(settings, "forget")
    with opened_ledger(settings) as ledger:
        try:
            forgotten = asyncio.run(_forget(settings, ledger, member))
        except KafkaAway as away:
            fail(f"{away}; nothing was removed, so try again")
    for wave_id in forgotten.withdrawn:
        say(f"withdrawn from {wave_id}")
    say(f"forgotten: {forgotten.rows} rows removed")


async def _forget(settings: BotSettings, ledger: Ledger, member: str) -> Forgotten:
    async with operator_workshop(settings, ledger) as workshop:
        workspace = (await workshop.slack.identity()).workspace
        await workshop.records.wait_connected(_KAFKA_SECONDS)
        # A wave that closes meanwhile waits for this process as for a bot, so that no withdrawal comes after its end.
        await ledger.write(leases.heartbeat(settings.operator))
        try:
            book, in_flight = WaveBook(ledger, workshop.keys), InFlight()
            forgetting = Forgetting(ledger, book, workshop.records, in_flight)
            return await forgetting.forget(Person(workspace, member))
        finally:
            await ledger.write(leases.sign_off(settings.operator))
