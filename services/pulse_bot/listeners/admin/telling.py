"""What champions tell: news, trainings, drafts that wait, corrections."""

from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy import Connection

from services.contracts.campaign import Campaign
from services.contracts.events import AnnouncementKind
from services.pulse_bot.announcements import book, whose
from services.pulse_bot.ledger.announcing import AnnouncementState
from services.pulse_bot.listeners.announcements import AnnouncementListener
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages.admin import telling
from services.pulse_bot.messages.admin.done import Done, done
from services.pulse_bot.messages.ids import (
    Field,
)
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.payloads import (
    BlockActions,
    parse_submission,
)


class Telling:
    """Opens the modals of announcements."""

    def __init__(self, reception: Reception, announcements: AnnouncementListener) -> None:
        self._reception = reception
        self._announcements = announcements

    async def announce(self, visitor: Visitor, click: BlockActions) -> Message | None:
        await self._announcements.open_new(visitor, click.trigger_id, AnnouncementKind.SUCCESS)
        return None

    async def training(self, visitor: Visitor, click: BlockActions) -> Message | None:
        await self._announcements.open_new(visitor, click.trigger_id, AnnouncementKind.TRAINING)
        return None

    async def drafts(self, visitor: Visitor, click: BlockActions) -> Message | None:  # noqa: ARG002
        campaign = visitor.campaign
        found = await self._reception.ledger.read(lambda c: waiting(c, campaign)) if campaign else ()
        if not found:
            return done(Done.NOTHING_WAITS, visitor.language)
        await self._announcements.show_drafts(visitor, found)
        return None

    async def correct(self, visitor: Visitor, click: BlockActions) -> Message | None:
        told = await self._reception.ledger.read(lambda c: book.in_states(c, [AnnouncementState.PUBLISHED]))
        published = [one for one in told if visitor.campaign is not None and one.is_of(visitor.campaign)]
        if not published:
            return done(Done.NOTHING_TOLD, visitor.language)
        await self._reception.slack.open_view(click.trigger_id, telling.correct_modal(published, visitor.language))
        return None

    async def correcting(self, ack: AsyncAck, body: Json) -> None:
        """Which announcement was sent: its words come up in the same modal."""
        submission = parse_submission(body)
        wanted = submission.choice(Field.TEXT)
        visitor = await self._reception.within(submission.person, lambda c: whose.of_announcement(c, wanted))
        found = await self._reception.ledger.read(lambda c: book.find(c, wanted))
        if found is None or not visitor.is_champion or visitor.campaign is None:
            await ack()
            return
        await ack(response_action="update", view=self._announcements.view_of(visitor, found))


def waiting(connection: Connection, campaign: Campaign) -> tuple[book.Announcement, ...]:
    states = [AnnouncementState.DRAFT, AnnouncementState.PUBLISHED]
    found = book.in_states(connection, states)
    return tuple(one for one in found if one.is_of(campaign) and one.waits_for_approval)
