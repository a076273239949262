"""`draagvlak waves stop`, `extend` and `preview`: what a champion may do with a wave."""

import asyncio
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from services.pulse_bot.commands.output import fail, opened_ledger, say
from services.pulse_bot.commands.reaching import slack_of
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.settings import BotSettings, LedgerSettings
from services.pulse_bot.waves import planning, steering
from services.runtime.clock import campaign_clock
from services.runtime.settings import load

stop = typer.Typer(add_completion=False)
extend = typer.Typer(add_completion=False)
preview = typer.Typer(add_completion=False)


@stop.command()
def _stop(
    wave_id: Annotated[str, typer.Argument(metavar="WAVE")],
    by: Annotated[str, typer.Option("--by", help="The champion who stops it: a member id in Slack")],
) -> None:
    """Stop a wave for good: no further message goes out; an open one closes with the answers that it has."""
    with opened_ledger(load(LedgerSettings)) as ledger:
        try:
            wave = ledger.write_now(steering.stop(wave_id, by))
        except (planning.NotAChampion, steering.CannotSteer) as fault:
            fail(str(fault))
    say(f"{wave_id} is {wave.state.value}")


@extend.command()
def _extend(
    wave_id: Annotated[str, typer.Argument(metavar="WAVE")],
    until: Annotated[datetime, typer.Option("--until", help="The new close, in the campaign's zone")],
    by: Annotated[str, typer.Option("--by", help="The champion who extends it: a member id in Slack")],
) -> None:
    """Move the close of an open wave to a later time."""
    settings = load(LedgerSettings)
    with opened_ledger(settings) as ledger:
        now = campaign_clock(settings).now()
        try:
            _, planned = ledger.read_now(lambda c: steering.planned_of(c, wave_id, by))
            zone = ZoneInfo(planned.campaign.schedule.timezone)
            ledger.write_now(steering.extend(wave_id, by, until.replace(tzinfo=zone), now))
        except (planning.NotAChampion, steering.CannotSteer) as fault:
            fail(str(fault))
    say(f"{wave_id} closes at {until:%Y-%m-%d %H:%M} {zone.key}")


@preview.command()
def _preview(
    wave_id: Annotated[str, typer.Argument(metavar="WAVE")],
    to: Annotated[str, typer.Option("--to", help="The champion who looks at it: a member id in Slack")],
) -> None:
    """Send one champion the invitation as everybody will get it; its buttons work and store nothing."""
    settings = load(BotSettings)

    async def send(ledger: Ledger) -> None:
        async with slack_of(settings) as slack:
            await steering.preview(ledger, slack, wave_id, to)

    with opened_ledger(settings) as ledger:
        try:
            asyncio.run(send(ledger))
        except planning.NotAChampion as fault:
            fail(str(fault))
    say("sent")
