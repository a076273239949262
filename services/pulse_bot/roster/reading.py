"""The roster of a campaign, from wherever it is, as people whom a wave starting now could invite."""

import asyncio
from pathlib import Path

from services.contracts.campaign import Campaign
from services.pulse_bot.ledger import stored
from services.pulse_bot.ledger.invitations import Member
from services.pulse_bot.locales import spoken
from services.pulse_bot.roster.csv_file import load_roster
from services.pulse_bot.roster.groups import read_groups
from services.pulse_bot.roster.people import Audience, Roster, Silence, audience
from services.pulse_bot.slack import Slack
from services.runtime.settings import SettingsFault


async def read_roster(campaign: Campaign, roster_file: Path | None, slack: Slack) -> Roster:
    """From user groups and channels where the campaign names some, else from the CSV.

    Raises FileFaults, RosterSourceGone, SettingsFault and the faults of Slack.
    """
    if campaign.roster.nodes:
        bot_user = (await slack.identity()).user_id
        return await read_groups(campaign.roster, campaign.tree, slack, bot_user)
    if roster_file is None:
        raise SettingsFault(
            "DRAAGVLAK_ROSTER_FILE: is not set; name the CSV with the columns member,node, or name user groups or "
            "channels under `roster` in the campaign"
        )
    return await asyncio.to_thread(load_roster, roster_file, campaign.tree)


async def read_audience(
    campaign: Campaign, roster_file: Path | None, slack: Slack, forgotten: frozenset[str] = frozenset()
) -> Audience:
    """Everybody of the roster whom Slack can reach, and who not and why. Raises as ``read_roster``.

    ``forgotten``: fingerprints of those who asked to be forgotten; a roster that still has them brings nobody back.
    """
    roster = await read_roster(campaign, roster_file, slack)
    workspace = (await slack.identity()).workspace
    found = await audience(roster, slack.people(), workspace, spoken(campaign.language))

    def asked(member: Member) -> Silence | None:
        return Silence.FORGOTTEN if stored.fingerprint(workspace, member.member) in forgotten else None

    return found.without(asked) if forgotten else found
