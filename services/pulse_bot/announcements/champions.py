"""What the bot says to champions by itself: a draft that waits for them, a post that may or may not stand there.

These are messages that nobody asked for, so they count in the person's weekly budget. They go all the same, since
somebody has to decide; what yields to them is a reminder.
"""

from datetime import date, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from services.contracts.base import Language
from services.contracts.campaign import Campaign
from services.pulse_bot.announcements import book, posts, whose
from services.pulse_bot.announcements.posts import ChannelPost
from services.pulse_bot.announcements.words import draft_preview
from services.pulse_bot.ledger import contacts, invitations, preferences
from services.pulse_bot.locales import spoken
from services.pulse_bot.messages import announcements as announcement_messages
from services.pulse_bot.messages.message import Message
from services.pulse_bot.slack_faults import SlackFault
from services.pulse_bot.waves.workshop import Workshop

_log = structlog.get_logger(__name__)
_DRAFT: Final = "draft"
_POST: Final = "post"
_LONGEST: Final = 127
"""Characters of a subject in the ledger."""


class Champions:
    """Writes to the champions of the campaign that something belongs to, under the tick's lease."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    async def tell_of_drafts(self, now: datetime) -> None:
        """A draft is told to every champion once; one who cannot be reached is passed over."""
        for announcement in await self._workshop.ledger.write(book.take_untold):
            campaign = await self._workshop.ledger.read(partial(whose.of_id, campaign_id=announcement.campaign_id))
            if campaign is None:
                continue
            given = await self._workshop.ledger.read(
                partial(book.approvals, announcement=announcement, campaign=campaign)
            )
            about = contacts.subject(_DRAFT, f"{announcement.id}:{announcement.revision}")
            for member in campaign.champions:
                language = await self._language_of(member, campaign)
                shown = draft_preview(announcement, campaign, given, language)
                message = announcement_messages.draft_for_champions(shown, language)
                await self._direct(member, message, about, _day(campaign, now))

    async def ask_about(self, post: ChannelPost, now: datetime) -> None:
        """Ask once whether a post stands there; until then nobody makes it again."""
        campaign = await self._workshop.ledger.read(lambda c: whose.of_subject(c, post.subject))
        if campaign is None or not await self._workshop.ledger.write(posts.uncertain(post)):
            return
        _log.warning("a post may or may not have arrived; the champions are asked", subject=post.subject)
        about = contacts.subject(_POST, f"{post.subject}:{post.channel}")
        for member in campaign.champions:
            language = await self._language_of(member, campaign)
            asked = announcement_messages.uncertain_post(post.subject, post.channel, language)
            await self._direct(member, asked, about, _day(campaign, now))

    async def _direct(self, member: str, message: Message, about: str, today: date) -> None:
        """Counted before it is sent; what cannot be delivered is logged, and stands in `/pulse admin` all the same."""
        workspace = (await self._workshop.slack.identity()).workspace
        await self._workshop.ledger.write(lambda c: contacts.count(c, workspace, [member], about[:_LONGEST], today))
        try:
            await self._workshop.slack.post(member, message)
        except SlackFault as fault:
            _log.warning("a champion was not told", fault=fault.code)

    async def _language_of(self, member: str, campaign: Campaign) -> Language:
        workspace = (await self._workshop.slack.identity()).workspace

        def find(connection: Connection) -> Language | None:
            chosen = preferences.of(connection, workspace, member).language
            return chosen or invitations.language_of(connection, workspace, member)

        return await self._workshop.ledger.read(find) or spoken(campaign.language)


def _day(campaign: Campaign, now: datetime) -> date:
    return now.astimezone(ZoneInfo(campaign.schedule.timezone)).date()
