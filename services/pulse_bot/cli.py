"""``draagvlak bot`` and ``draagvlak waves``. Exit codes: 0 done, 1 failed, 2 wrong use or settings."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from services.contracts.files import load_campaign, load_items
from services.pulse_bot import app
from services.pulse_bot.ledger import leases
from services.pulse_bot.ledger import waves as wave_rows
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import NoSuchWave, PlannedCampaign, Wave
from services.pulse_bot.settings import BotSettings, LedgerSettings
from services.pulse_bot.slack import SlackFault
from services.pulse_bot.waves import planning
from services.pulse_bot.waves.closing import finish_closing
from services.pulse_bot.waves.operator import operator_workshop, ticker
from services.pulse_bot.waves.tick import TickReport
from services.pulse_bot.waves.workshop import EXPECTED_FAULTS, Workshop
from services.runtime import logs
from services.runtime.settings import SettingsFault, load

bot = typer.Typer(add_completion=False, help="Run the Slack bot.")
waves = typer.Typer(no_args_is_help=True, add_completion=False, help="Plan, tick and close waves.")

_out = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)
_CLOSE_SECONDS = 180.0
_POLL_SECONDS = 0.25


@bot.command()
def run() -> None:
    """Run the Slack bot until it is told to stop."""
    settings = load(BotSettings)
    logs.configure(settings, "bot")
    app.run(settings)


@waves.command()
def plan(
    campaign_file: Annotated[
        Path | None, typer.Option("--campaign", help="The campaign; else DRAAGVLAK_CAMPAIGN_FILE")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Approve every planned wave")] = False,
    by: Annotated[str | None, typer.Option("--by", help="The champion who approves: a member id in Slack")] = None,
) -> None:
    """Write a campaign's waves into the ledger and show them; the same campaign again changes nothing."""
    settings = load(LedgerSettings)
    path = campaign_file or settings.campaign_file
    if path is None:
        raise SettingsFault("DRAAGVLAK_CAMPAIGN_FILE: is not set; name the campaign there or with --campaign")
    if approve != (by is not None):
        raise typer.BadParameter("--approve and --by MEMBER go together")
    bank = load_items(settings.items_file)
    campaign = load_campaign(path, bank)
    with _ledger(settings) as ledger:
        try:
            ledger.write_now(planning.plan(campaign, bank))
            if by is not None:
                ledger.write_now(planning.approve(campaign.id, by))
        except (planning.CampaignFrozen, planning.NotAChampion) as fault:
            _fail(str(fault))
        _out.print(ledger.read_now(lambda connection: _table(connection, campaign.id)))


@waves.command()
def tick() -> None:
    """Do once, now, whatever is due: close, open, send. The bot does the same by itself."""
    settings = load(BotSettings)
    logs.configure(settings, "waves")
    with _ledger(settings) as ledger:
        report = asyncio.run(_tick_once(settings, ledger))
    if report.busy_elsewhere is not None:
        _fail(f"{report.busy_elsewhere} ticks now, and one process does at a time; nothing was done")
    for verb, done in (("opened", report.opened), ("closed", report.closed), ("skipped", report.skipped)):
        for wave_id in done:
            _out.print(f"{verb} {wave_id}")
    if report.faults:
        _fail("\n".join(report.faults))
    _out.print("done" + ("; more is due, tick again" if report.more_to_do else ""))


@waves.command()
def close(wave_id: Annotated[str, typer.Argument(metavar="WAVE")]) -> None:
    """Close a wave now and wait until it is closed; harmless when it is closing or closed already."""
    settings = load(BotSettings)
    logs.configure(settings, "waves")
    with _ledger(settings) as ledger:
        try:
            wave = ledger.write_now(lambda c: wave_rows.begin_closing(c, wave_id, settings.operator))
        except NoSuchWave as fault:
            _fail(str(fault))
        if wave.state in (WaveState.PLANNED, WaveState.OPENING, WaveState.SKIPPED):
            _fail(f"the wave {wave_id} is {wave.state.value}: it has never been open, so there is nothing to close")
        asyncio.run(_close(settings, ledger, wave_id))
    _out.print(f"closed {wave_id}")


async def _tick_once(settings: BotSettings, ledger: Ledger) -> TickReport:
    async with operator_workshop(settings, ledger) as workshop:
        return await ticker(workshop).tick()


async def _close(settings: BotSettings, ledger: Ledger, wave_id: str) -> None:
    ends = time.monotonic() + _CLOSE_SECONDS
    said = ""
    async with operator_workshop(settings, ledger) as workshop:
        with _out.status(f"{wave_id} is closing") as status:
            while True:
                wave, bots = await ledger.read(lambda c: (wave_rows.find(c, wave_id), leases.live_instances(c)))
                if wave.state is WaveState.CLOSED:
                    return
                doing = _doing(wave, bots) if bots else await _close_here(workshop, wave)
                if doing != said and not _out.is_terminal:
                    _out.print(doing)
                said = doing
                status.update(doing)
                if time.monotonic() > ends:
                    _fail(f"{doing}: not done after {_CLOSE_SECONDS:.0f} s; the close goes on by itself, see the logs")
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
    schedule = planned.campaign.schedule
    opens, closes = schedule.opens_at(wave.number), schedule.closes_at(wave.number)
    given = wave_rows.approvals(connection, wave.id, planned)
    return (
        wave.id,
        f"{opens:%a %Y-%m-%d %H:%M}",
        f"{closes:%a %Y-%m-%d %H:%M}",
        ", ".join(item.id for item in wave.items),
        f"{given} of {planned.campaign.approvals}",
        wave.state.value,
    )


@contextmanager
def _ledger(settings: LedgerSettings) -> Iterator[Ledger]:
    try:
        ledger = Ledger(settings.ledger_address)
    except OperationalError as error:
        _fail(f"the ledger at {settings.ledger_address} cannot be used: {error.orig}")
    try:
        yield ledger
    except SlackFault as fault:
        _fail(str(fault))
    finally:
        ledger.close()


def _fail(text: str) -> NoReturn:
    _errors.print(text, markup=False, soft_wrap=True)
    raise typer.Exit(1)
