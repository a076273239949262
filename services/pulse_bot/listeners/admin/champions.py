"""What the parts of a champion's menu share."""

from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from services.contracts.faults import FileFaults
from services.contracts.tree import TreeError
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages.message import Message
from services.pulse_bot.payloads import (
    BlockActions,
    ViewSubmission,
)
from services.pulse_bot.roster.faults import RosterSourceGone
from services.runtime.settings import SettingsFault

ROSTER_FAULTS = (FileFaults, RosterSourceGone, SettingsFault, TreeError, OSError)
"""What may be wrong with the people of a campaign; none of them is the champion's fault."""

Heard = Callable[[Visitor, BlockActions], Awaitable[Message | None]]
"""What a button of the menu does; gives what is told beside it."""


async def champion_of(reception: Reception, submission: ViewSubmission) -> Visitor | None:
    """Who sent a modal, if they are still a champion of the campaign that it carries."""
    visitor = await reception.champion(submission.person, submission.about)
    return visitor if visitor.is_champion else None


def zone_of(visitor: Visitor) -> ZoneInfo:
    """The zone in which a champion is told times."""
    return ZoneInfo(visitor.campaign.schedule.timezone if visitor.campaign else "UTC")
