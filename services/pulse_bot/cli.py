"""``draagvlak bot`` and ``draagvlak waves``. Exit codes: 0 done, 1 failed, 2 wrong use or settings."""

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import Progress, TaskID
from rich.table import Table
from sqlalchemy import Connection

from services.contracts.campaign import Campaign
from services.contracts.files import load_campaign, load_items
from services.pulse_bot.ledger import leases
from services.pulse_bot.ledger import waves as wave_rows
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import NoSuchWave, PlannedCampaign, Wave
from services.pulse_bot.settings import BotSettings, LedgerSettings, ServingSettings
from services.pulse_bot.terminal import fail, opened_ledger, out, say, slack_of
from services.pulse_bot.waves import planning, sending, steering
from services.pulse_bot.waves.closing import finish_closing
from services.pulse_bot.waves.operator import operator_workshop, ticker
from services.pulse_bot.waves.outlook import Outlook, outlook
from services.pulse_bot.waves.printing import outlook_lines, outlook_table
from services.pulse_bot.waves.schedule import Calendar
from services.pulse_bot.waves.tick import TickReport
from services.pulse_bot.waves.workshop import EXPECTED_FAULTS, Workshop
from services.runtime import logs
from services.runtime.clock import campaign_clock
from services.runtime.settings import SettingsFault, load

bot = typer.Typer(add_completion=False, help="Run the Slack bot.")
waves = typer.Typer(no_args_is_help=True, add_completion=False, help="Plan, tick and close waves.")

_CLOSE_SECONDS = 180.0
_POLL_SECONDS = 0.25


@bot.command()
def run() -> None:
    """Run the Slack bot until it is told to stop."""
    from services.pulse_bot import app  # noqa: PLC0415 - slow to load, and planning needs none of it

    settings = load(ServingSettings)
    logs.configure(settings, "bot")
    app.run(settings)


@waves.command()
def plan(
    *,
    campaign_file: Annotated[
        Path | None, typer.Option("--campaign", help="The campaign; else DRAAGVLAK_CAMPAIGN_FILE")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Approve every planned wave")] = False,
    by: Annotated[str | None, typer.Option("--by", help="The champion who approves: a member id in Slack")] = None,
    first: Annotated[
        int | None, typer.Option("--first", min=1, help="Approve the first so many waves, and no later one")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Who gets what and when, and why not")] = False,
    wave_id: Annotated[str | None, typer.Option("--wave", help="The wave to explain; else the next")] = None,
) -> None:
    """Write a campaign's waves into the ledger and show them; the same campaign again changes nothing."""
    settings = load(LedgerSettings)
    path = campaign_file or settings.campaign_file
    if path is None:
        raise SettingsFault("DRAAGVLAK_CAMPAIGN_FILE: is not set; name the campaign there or with --campaign")
    if approve != (by is not None):
        raise typer.BadParameter("--approve and --by MEMBER go together")
    if first is not None and by is None:
        raise typer.BadParameter("--first says how many to approve: it goes with --approve")
    bank = load_items(settings.items_file)
    campaign = load_campaign(path, bank)
    with opened_ledger(settings) as ledger:
        try:
            ledger.write_now(planning.plan(campaign, bank))
            if by is not None:
                ledger.write_now(planning.approve(campaign.id, by, first))
        except (planning.CampaignFrozen, planning.NotAChampion) as fault:
            fail(str(fault))
        out.print(ledger.read_now(lambda connection: _table(connection, campaign.id)))
        if explain or wave_id is not None:
            _explain(ledger, campaign, wave_id)


@waves.command()
def tick(
    until_sent: Annotated[
        bool, typer.Option("--until-sent", help="Go on until nothing more is due, with progress")
    ] = False,
) -> None:
    """Do once, now, whatever is due: close, open, send. The bot does the same by itself."""
    settings = load(BotSettings)
    logs.configure(settings, "waves")
    with opened_ledger(settings) as ledger:
        report = asyncio.run(_tick(settings, ledger, until_sent=until_sent))
    if report.busy_elsewhere is not None:
        fail(f"{report.busy_elsewhere} ticks now, and one process does at a time; nothing was done")
    for verb, done in (("opened", report.opened), ("closed", report.closed), ("skipped", report.skipped)):
        for wave_id in done:
            out.print(f"{verb} {wave_id}")
    if report.faults:
        fail("\n".join(report.faults))
    out.print("done" + ("; more is due, tick again" if report.more_to_do else ""))


@waves.command()
def close(wave_id: Annotated[str, typer.Argument(metavar="WAVE")]) -> None:
    """Close a wave now and wait until it is closed; harmless when it is closing or closed already."""
    settings = load(BotSettings)
    logs.configure(settings, "waves")
    with opened_ledger(settings) as ledger:
        try:
            wave = ledger.write_now(lambda c: wave_rows.begin_closing(c, wave_id, settings.operator))
        except NoSuchWave as fault:
            fail(str(fault))
        if wave.state in (WaveState.PLANNED, WaveState.OPENING, WaveState.SKIPPED):
            fail(f"the wave {wave_id} is {wave.state.value}: it has never been open, so there is nothing to close")
        asyncio.run(_close(settings, ledger, wave_id))
    out.print(f"closed {wave_id}")


@waves.command()
def stop(
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


@waves.command()
def extend(
    wave_id: Annotated[str, typer.Argument(metavar="WAVE")],
    until: Annotated[datetime, typer.Option("--until", help="The new close, in the campaign's zone")],
    by: Annotated[str, typer.Option("--by", help="The champion who extends it: a member id in Slack")],
) -> None:
    """Move the close of an open wave to a later time."""
    settings = load(LedgerSettings)
    now = campaign_clock(settings).now()
    with opened_ledger(settings) as ledger:
        try:
            _, planned = ledger.read_now(lambda c: steering.planned_of(c, wave_id, by))
            zone = ZoneInfo(planned.campaign.schedule.timezone)
            ledger.write_now(steering.extend(wave_id, by, until.replace(tzinfo=zone), now))
        except (planning.NotAChampion, steering.CannotSteer) as fault:
            fail(str(fault))
    say(f"{wave_id} closes at {until:%Y-%m-%d %H:%M} {zone.key}")


@waves.command()
def preview(
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


def _explain(ledger: Ledger, campaign: Campaign, wave_id: str | None) -> None:
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


async def _tick(settings: BotSettings, ledger: Ledger, *, until_sent: bool) -> TickReport:
    async with operator_workshop(settings, ledger) as workshop:
        if not until_sent:
            return await ticker(workshop).tick()
        with Progress(console=out, disable=not out.is_terminal) as bar:
            ticking = ticker(workshop, _Bar(bar).tell)
            report = await ticking.tick()
            while report.more_to_do and not report.faults and report.busy_elsewhere is None:
                if not out.is_terminal:
                    say("sending goes on")
                await asyncio.sleep(_POLL_SECONDS)
                report = report.then(await ticking.tick())
            return report


class _Bar:
    """A bar for each kind of message of each wave."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[tuple[str, str], tuple[TaskID, int]] = {}
        self._before: dict[tuple[str, str], int] = {}

    def tell(self, progress: sending.Progress) -> None:
        """Show how far it is."""
        name = (progress.wave_id, progress.kind.value)
        if name not in self._tasks:
            task = self._bar.add_task(f"{name[0]} {name[1]}", total=progress.due)
            self._tasks[name] = (task, progress.due)
        task, total = self._tasks[name]
        self._bar.update(task, completed=total - progress.due + progress.done)


async def _close(settings: BotSettings, ledger: Ledger, wave_id: str) -> None:
    ends = time.monotonic() + _CLOSE_SECONDS
    said = ""
    async with operator_workshop(settings, ledger) as workshop:
        with out.status(f"{wave_id} is closing") as status:
            while True:
                wave, bots = await ledger.read(lambda c: (wave_rows.find(c, wave_id), leases.live_instances(c)))
                if wave.state is WaveState.CLOSED:
                    return
                doing = _doing(wave, bots) if bots else await _close_here(workshop, wave)
                if doing != said and not out.is_terminal:
                    out.print(doing)
                said = doing
                status.update(doing)
                if time.monotonic() > ends:
                    fail(f"{doing}: not done after {_CLOSE_SECONDS:.0f} s; the close goes on by itself, see the logs")
                await asyncio.sleep(_POLL_SECONDS)


def _doing(wave: Wave, bots: frozenset[str]) -> str:
    step = "writing the markers and erasing" if wave.counted else "answers in flight are settled"
    return f"{wave.id}: {step} by {', '.join(sorted(bots))}"


async def _close_here(workshop: Workshop, wave: Wave) -> str:
    """Without a live bot this process closes the wave itself."""
    other = await workshop.ledger.write(leases.acquire(workshop.holder))
    if other is not None:
        return f"{wave.id}: waiting for the lease of {other}"
    try:
        await finish_closing(workshop, wave, await asyncio.to_thread(workshop.clock.now))
    except EXPECTED_FAULTS as fault:
        return f"{wave.id}: {fault}; trying again"
    return f"{wave.id}: closed here, no bot is running"


def _table(connection: Connection, campaign_id: str) -> Table:
    planned = wave_rows.campaign(connection, campaign_id)
    table = Table(title=f"{campaign_id}: waves")
    for column in ("wave", "opens", "closes", "asks", "approvals", "state"):
        table.add_column(column)
    if planned is not None:
        for wave in wave_rows.of_campaign(connection, campaign_id):
            table.add_row(*_row(connection, planned, wave))
    return table


def _row(connection: Connection, planned: PlannedCampaign, wave: Wave) -> tuple[str, ...]:
    zone = ZoneInfo(planned.campaign.schedule.timezone)
    opens, closes = wave.opens_at.astimezone(zone), wave.closes_at.astimezone(zone)
    given = wave_rows.approvals(connection, wave.id, planned)
    return (
        wave.id,
        f"{opens:%a %Y-%m-%d %H:%M}",
        f"{closes:%a %Y-%m-%d %H:%M}",
        ", ".join(item.id for item in wave.items),
        f"{given} of {planned.campaign.approvals}",
        wave.state.value,
    )
