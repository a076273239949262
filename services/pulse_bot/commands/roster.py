"""``draagvlak roster``: who belongs where, and which teams will ever be shown."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.contracts.campaign import Campaign
from services.contracts.files import load_campaign, load_items
from services.contracts.visibility import visibility
from services.pulse_bot.commands.output import opened_ledger, out, say
from services.pulse_bot.commands.reaching import slack_of
from services.pulse_bot.ledger import stored
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.roster.people import Audience
from services.pulse_bot.roster.printing import difference_lines, silence_lines, visibility_table
from services.pulse_bot.roster.reading import read_audience
from services.pulse_bot.roster.sync import Difference, difference, sync
from services.pulse_bot.settings import BotSettings
from services.runtime import logs
from services.runtime.clock import campaign_clock
from services.runtime.settings import SettingsFault, load

roster = typer.Typer(no_args_is_help=True, add_completion=False, help="Who belongs where, and which teams are shown.")

CampaignFile = Annotated[Path | None, typer.Option("--campaign", help="The campaign; else DRAAGVLAK_CAMPAIGN_FILE")]


@roster.command("sync")
def sync_roster(
    campaign_file: CampaignFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change")] = False,
) -> None:
    """Bring the ledger's people up to date with the roster; every opening wave does the same by itself."""
    settings = load(BotSettings)
    logs.configure(settings, "roster")
    campaign = campaign_of(settings, campaign_file)
    with opened_ledger(settings) as ledger:
        changes = asyncio.run(_sync(settings, ledger, campaign, dry_run=dry_run))
    for line in difference_lines(changes):
        say(line)
    say("nothing was changed" if dry_run or changes.is_empty else "done")


@roster.command("visibility")
def show_visibility(campaign_file: CampaignFile = None) -> None:
    """Which nodes of this tree will ever be shown: in every round, per window of three, or never."""
    settings = load(BotSettings)
    logs.configure(settings, "roster")
    campaign = campaign_of(settings, campaign_file)
    with opened_ledger(settings):
        found = asyncio.run(_read(settings, campaign))
        merged = campaign.merged(found.per_node)
    seen = visibility(merged.tree, merged.invited, campaign.thresholds.score)
    out.print(visibility_table(merged, seen, f"{campaign.id}: what will ever be shown"))
    for line in silence_lines(found.reasons):
        say(line)
    say("A node is shown in a round only where enough of its people, and of everybody else, answer.")


def campaign_of(settings: BotSettings, campaign_file: Path | None) -> Campaign:
    """The campaign of the option or the setting. Raises SettingsFault and FileFaults."""
    path = campaign_file or settings.campaign_file
    if path is None:
        raise SettingsFault("DRAAGVLAK_CAMPAIGN_FILE: is not set; name the campaign there or with --campaign")
    return load_campaign(path, load_items(settings.items_file))


async def _read(settings: BotSettings, campaign: Campaign) -> Audience:
    async with slack_of(settings) as slack:
        return await read_audience(campaign, settings.roster_file, slack)


async def _sync(settings: BotSettings, ledger: Ledger, campaign: Campaign, *, dry_run: bool) -> Difference:
    async with slack_of(settings) as slack:
        found = await read_audience(campaign, settings.roster_file, slack, await ledger.read(stored.forgotten))
        workspace = (await slack.identity()).workspace
    if dry_run:
        return await ledger.read(lambda connection: difference(connection, campaign, found, workspace))
    today = (await asyncio.to_thread(campaign_clock(settings).now)).date()
    return await ledger.write(sync(campaign, found, workspace, today, settings.operator))
