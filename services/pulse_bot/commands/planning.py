"""`draagvlak waves plan`."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from sqlalchemy import Connection

from services.contracts.campaign import Campaign
from services.contracts.files import load_campaign, load_items
from services.pulse_bot.commands.output import fail, opened_ledger, out
from services.pulse_bot.ledger import waves as wave_rows
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.waves import PlannedCampaign, Wave
from services.pulse_bot.settings import LedgerSettings
from services.pulse_bot.waves import planning
from services.runtime.settings import SettingsFault, load

plan = typer.Typer(add_completion=False)


@plan.command()
def _plan(
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
        except (planning.CampaignFrozen, planning.CampaignsOverlap, planning.NotAChampion) as fault:
            fail(str(fault))
        out.print(ledger.read_now(lambda connection: _table(connection, campaign.id)))
        if explain or wave_id is not None:
            _explain(ledger, campaign, wave_id)


def _explain(ledger: Ledger, campaign: Campaign, wave_id: str | None) -> None:
    from services.pulse_bot.commands.explaining import explain  # noqa: PLC0415 - Slack and all; planning needs none of it

    explain(ledger, campaign, wave_id)


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
