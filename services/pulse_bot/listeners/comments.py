"""The open question: its modal, and the comment that was sent."""

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from services.contracts.survey import OPEN_QUESTIONS
from services.pulse_bot.announcements.comments import CommentOutcome, Said
from services.pulse_bot.answers.patience import waited
from services.pulse_bot.listeners.reception import Reception
from services.pulse_bot.messages import comments as comment_messages
from services.pulse_bot.messages import notices
from services.pulse_bot.messages.blanks import blanks
from services.pulse_bot.messages.ids import ActionId, CallbackId, Field, MalformedButton, parse_pair
from services.pulse_bot.messages.message import Json
from services.pulse_bot.payloads import Malformed, parse_click, parse_submission
from services.pulse_bot.slack_faults import SlackFault

_log = structlog.get_logger(__name__)


class CommentListener:
    """Opens the open question, and thanks for a comment only when Kafka has it."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def opened(self, ack: AsyncAck, body: Json) -> None:
        """ "Answer the open question"."""
        click = parse_click(body)
        wave_id, question = _about(click.actions[0].value)
        visitor = await self._reception.visitor(click.person)
        view = comment_messages.comment_modal(wave_id, question, visitor.language)
        await self._reception.slack.open_view(click.trigger_id, view)
        await ack()

    async def sent(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """A comment was sent. The modal stays open, the words in it, when it could not be taken."""
        submission = parse_submission(body)
        wave_id, question = _about(submission.about)
        visitor = await self._reception.visitor(submission.person)
        language, text = visitor.language, submission.text(Field.TEXT)
        errors = blanks({Field.TEXT: text}, language)
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        try:
            redact = await self._reception.redaction(self._seconds_left(context))
        except (SlackFault, TimeoutError) as fault:
            _log.warning("names cannot be taken out of comments now", fault=type(fault).__name__)
            await ack(response_action="errors", errors={Field.TEXT.value: comment_messages.no_names(language).text})
            return
        said = Said(wave_id, question, text)
        taken = await self._reception.commenting.take(submission.person, said, redact, self._seconds_left(context))
        if taken is CommentOutcome.TRY_AGAIN:
            await ack(response_action="errors", errors={Field.TEXT.value: comment_messages.try_again(language).text})
            return
        told = {
            CommentOutcome.STORED: comment_messages.thanks,
            CommentOutcome.GIVEN_BEFORE: comment_messages.given_before,
            CommentOutcome.CLOSED: comment_messages.closed,
            CommentOutcome.NOT_INVITED: notices.not_invited,
        }[taken]
        await ack()
        self._reception.afterwards.say(submission.person.member, told(language))

    def _seconds_left(self, context: AsyncBoltContext) -> float:
        return self._reception.commenting.deadline - waited(context)


def _about(carried: str) -> tuple[str, str]:
    try:
        wave_id, question = parse_pair(carried)
    except MalformedButton:
        raise Malformed("comment") from None
    if question not in OPEN_QUESTIONS:
        raise Malformed("comment.question")
    return wave_id, question


def register(app: AsyncApp, listener: CommentListener) -> None:
    """Listen to the button and the modal."""
    app.action(ActionId.COMMENT.value)(listener.opened)
    app.view(CallbackId.COMMENT.value)(listener.sent)
