"""Concerns: taken without a name, answered in public."""

from collections import Counter
from datetime import date

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from services.contracts.base import ROOT_ID
from services.pulse_bot.announcements import calendar, concerns, posts, whose
from services.pulse_bot.announcements.concerns import Answer
from services.pulse_bot.answers.values import Person
from services.pulse_bot.ledger.announcing import ConcernState
from services.pulse_bot.ledger.invitations import Posted
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages import concerns as concern_messages
from services.pulse_bot.messages.blanks import blanks
from services.pulse_bot.messages.ids import ActionId, CallbackId, Field
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.payloads import parse_click, parse_submission

_A_DAY = 3


class ConcernListener:
    """Takes concerns and their answers. How many somebody sent today is known in memory alone, and forgotten then."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._sent: Counter[Person] = Counter()
        self._day: date | None = None

    async def sent(self, ack: AsyncAck, body: Json) -> None:
        """A concern was sent: kept without name or time, and only then thanked for."""
        submission = parse_submission(body)
        visitor = await self._reception.visitor(submission.person)
        campaign, text = visitor.campaign, submission.text(Field.TEXT)
        errors = blanks({Field.TEXT: text}, visitor.language)
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        if campaign is None or campaign.channels.listeners is None:
            told = concern_messages.no_listeners(visitor.language)
        elif not await self._may_send(submission.person):
            told = concern_messages.too_many(visitor.language)
        else:
            post_at = calendar.next_working_day(campaign, await self._reception.now())
            await self._reception.ledger.write(concerns.put(campaign.id, text[: concern_messages.LONGEST], post_at))
            self._sent[submission.person] += 1
            told = concern_messages.received(visitor.language)
        self._reception.afterwards.say(submission.person.member, told)
        await ack()

    async def answer(self, ack: AsyncAck, body: Json) -> None:
        """ "Answer for everyone to read", by someone in the listeners' channel or a champion."""
        click = parse_click(body)
        concern_id = click.actions[0].value
        visitor = await self._reception.within(click.person, lambda c: whose.of_concern(c, concern_id))
        concern = await self._reception.ledger.read(lambda c: concerns.find(c, concern_id))
        if not _listens(visitor, click.channel.id if click.channel else ""):
            await ack()
            return
        if concern is None or concern.state is not ConcernState.POSTED:
            self._reception.beside(click.response_url, concern_messages.already_answered(visitor.language))
        else:
            view = concern_messages.answer_modal(concern.id, concern.text, visitor.language)
            await self._reception.slack.open_view(click.trigger_id, view)
        await ack()

    async def answered(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """The answer was sent: published once, whoever else was writing."""
        submission = parse_submission(body)
        visitor = await self._reception.within(submission.person, lambda c: whose.of_concern(c, submission.about))
        campaign = visitor.campaign
        channel = campaign.channel_of(ROOT_ID) if campaign else None
        if campaign is None or channel is None:
            await ack(
                response_action="errors",
                errors={Field.TEXT.value: concern_messages.no_channel(visitor.language).text},
            )
            return
        given = Answer(submission.text(Field.QUESTION), submission.text(Field.TEXT), submission.person.member)
        errors = blanks({Field.QUESTION: given.question, Field.TEXT: given.words}, visitor.language)
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        now = await self._reception.now()
        found = await self._reception.ledger.write(concerns.answer(submission.about, given, channel, now))
        await ack()
        if found is None:
            self._reception.afterwards.say(
                submission.person.member, concern_messages.already_answered(visitor.language)
            )
            return
        self._reception.wake()
        done = concern_messages.answered_for_listeners(given.question, given.words, campaign.language)
        await self._reception.afterwards.patiently(self._show_answered(found.id, done), context, None)

    async def _show_answered(self, concern_id: str, done: Message) -> None:
        for post in await self._reception.ledger.read(lambda c: posts.of_subject(c, concerns.subject(concern_id))):
            if post.ts is not None:
                await self._reception.slack.update(Posted(post.channel, post.ts), done)

    async def _may_send(self, person: Person) -> bool:
        today = (await self._reception.now()).date()
        if today != self._day:
            self._sent.clear()
            self._day = today
        return self._sent[person] < _A_DAY


def _listens(visitor: Visitor, channel: str) -> bool:
    """The listeners' channel is for those whom the organisation chose to listen; its members may answer."""
    campaign = visitor.campaign
    return campaign is not None and (visitor.is_champion or channel == campaign.channels.listeners)


def register(app: AsyncApp, listener: ConcernListener) -> None:
    """Listen to both modals and the button."""
    app.view(CallbackId.CONCERN.value)(listener.sent)
    app.view(CallbackId.CONCERN_ANSWER.value)(listener.answered)
    app.action(ActionId.CONCERN_ANSWER.value)(listener.answer)
