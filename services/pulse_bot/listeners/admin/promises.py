"""Promises that champions write down and settle."""

from slack_bolt.context.ack.async_ack import AsyncAck

from services.contracts.base import Language, Text
from services.contracts.events import PromiseState
from services.pulse_bot.announcements import promises
from services.pulse_bot.listeners.admin.champions import champion_of
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages.admin import promises as promise_messages
from services.pulse_bot.messages.admin.done import Done, done
from services.pulse_bot.messages.blanks import blanks
from services.pulse_bot.messages.ids import (
    Field,
)
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.payloads import (
    BlockActions,
    one_of,
    parse_submission,
)


class Promising:
    """Promises with an owner and a day, kept or not."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def promise(self, visitor: Visitor, click: BlockActions) -> Message | None:
        today, about = (await self._reception.now()).date(), visitor.campaign.id if visitor.campaign else ""
        view = promise_messages.promise_modal(today, visitor.language, about)
        await self._reception.slack.open_view(click.trigger_id, view)
        return None

    async def promised(self, ack: AsyncAck, body: Json) -> None:
        """A promise was sent."""
        submission = parse_submission(body)
        visitor = await champion_of(self._reception, submission)
        due, text = submission.day(Field.DUE), submission.text(Field.TEXT)
        if visitor is None or visitor.campaign is None:
            await ack()
            return
        owner = submission.text(Field.OWNER)
        errors = blanks({Field.TEXT: text, Field.OWNER: owner}, visitor.language)
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        now = await self._reception.now()
        if due is None or due < now.date():
            await ack(response_action="errors", errors={Field.DUE.value: promise_messages.later_day(visitor.language)})
            return
        said = submission.text(Field.SAID)
        promise = promises.Promise(
            promises.new_id(),
            visitor.campaign.id,
            _both(text, submission.text(Field.OTHER_TEXT), visitor.language),
            owner,
            due,
            said=_both(said, submission.text(Field.OTHER_SAID), visitor.language) if said else None,
        )
        await self._reception.ledger.write(promises.put(promise, submission.person.member, now))
        await ack()
        self._reception.wake()
        self._reception.afterwards.say(submission.person.member, done(Done.PROMISED, visitor.language))

    async def settle(self, visitor: Visitor, click: BlockActions) -> Message | None:
        found = await self._promises(visitor)
        open_ones = [promise for promise in found if promise.state is PromiseState.OPEN]
        if not open_ones:
            return done(Done.NO_PROMISES, visitor.language)
        view = promise_messages.settle_modal(open_ones, visitor.language, open_ones[0].campaign_id)
        await self._reception.slack.open_view(click.trigger_id, view)
        return None

    async def settled(self, ack: AsyncAck, body: Json) -> None:
        """What became of a promise was sent."""
        submission = parse_submission(body)
        visitor = await champion_of(self._reception, submission)
        if visitor is not None:
            now = await self._reception.now()
            state = one_of(PromiseState, submission, Field.STATE)
            for promise in await self._promises(visitor):
                if promise.id == submission.choice(Field.TEXT):
                    changed = promises.settled(promise, state)
                    await self._reception.ledger.write(promises.put(changed, submission.person.member, now))
        await ack()
        if visitor is not None:
            self._reception.wake()
            self._reception.afterwards.say(submission.person.member, done(Done.PROMISED, visitor.language))

    async def _promises(self, visitor: Visitor) -> tuple[promises.Promise, ...]:
        if visitor.campaign is None:
            return ()
        campaign_id = visitor.campaign.id
        return await self._reception.ledger.read(lambda c: promises.of_campaign(c, campaign_id))


def _both(words: str, translated: str, language: Language) -> Text:
    other = translated or words
    return Text(nl=words, en=other) if language == Language.NL else Text(nl=other, en=words)
