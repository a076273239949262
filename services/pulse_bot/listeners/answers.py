"""Presses of answer buttons and of "change my answers"."""

from collections.abc import Callable
from dataclasses import dataclass, field

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from services.contracts.base import Language
from services.pulse_bot.answers.answering import Answering, Outcome, Taken
from services.pulse_bot.answers.book import OpenWave
from services.pulse_bot.answers.patience import waited
from services.pulse_bot.answers.replies import Replies, Reply
from services.pulse_bot.answers.values import AskedWave, GivenAnswer, Person
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.messages import notices, pulse
from services.pulse_bot.messages.ids import ANSWER_PATTERN, ActionId, MalformedButton, parse_answer, parse_change
from services.pulse_bot.messages.message import Body, Json
from services.pulse_bot.payloads import parse_click
from services.pulse_bot.telemetry import ClickOutcome, Telemetry

_CLICK_OUTCOME = {
    Outcome.STORED: ClickOutcome.STORED,
    Outcome.PRESS_AGAIN: ClickOutcome.PRESS_AGAIN,
    Outcome.CLOSED: ClickOutcome.CLOSED,
    Outcome.NOT_INVITED: ClickOutcome.REFUSED,
    Outcome.UNKNOWN_QUESTION: ClickOutcome.REFUSED,
}
_RENDERED_AT_MOST = 2_000


@dataclass
class _Questions:
    """Questions as bodies: they are the same for everybody, so each is made once."""

    _made: dict[tuple[str, MessageKind, Language, int, bool], Body] = field(default_factory=dict)

    def body(self, shown: pulse.Pulse, index: int, *, press_again: bool) -> Body:
        """The body that shows question ``index``, or thanks after the last."""
        key = (shown.wave_id, shown.kind, shown.language, index, press_again)
        if key not in self._made:
            if len(self._made) >= _RENDERED_AT_MOST:
                self._made.clear()
            message = (
                pulse.question(shown, index, press_again=press_again)
                if index < len(shown.items)
                else pulse.thanks(shown)
            )
            self._made[key] = message.replacing()
        return self._made[key]


class AnswerListener:
    """Acknowledges a press to Slack only after it is stored, or after the person has been told that it is not."""

    def __init__(
        self, answering: Answering, replies: Replies, telemetry: Telemetry, language: Callable[[], Language]
    ) -> None:
        self._answering = answering
        self._replies = replies
        self._telemetry = telemetry
        self._language = language
        self._questions = _Questions()

    async def answer(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """A press on a point of a scale, or on "rather not say"."""
        click = parse_click(body)
        try:
            kind, given = parse_answer(click.actions[0].value)
        except MalformedButton:
            taken, reply = None, notices.unknown_question(self._language()).beside()
        else:
            taken = await self._take(click.person, kind, given, waited(context))
            reply = self._reply(taken, kind, given.wave_id, given.index)
        if click.response_url is not None:
            self._replies.put(Reply(click.response_url, reply))
        await ack()
        outcome = _CLICK_OUTCOME[taken.outcome] if taken else ClickOutcome.REFUSED
        self._telemetry.clicks.labels(outcome.value).inc()
        self._telemetry.click_seconds.observe(waited(context))

    async def change(self, ack: AsyncAck, body: Json) -> None:
        """A press on "change my answers": back to the first question; nothing is stored by it."""
        click = parse_click(body)
        try:
            kind, wave_id = parse_change(click.actions[0].value)
        except MalformedButton:
            reply = notices.unknown_question(self._language()).beside()
        else:
            taken = (
                await self._answering.preview(click.person, wave_id)
                if kind is MessageKind.PREVIEW
                else await self._answering.standing(click.person, wave_id)
            )
            reply = self._reply(taken, kind, wave_id, -1)
        if click.response_url is not None:
            self._replies.put(Reply(click.response_url, reply))
        await ack()

    async def _take(self, person: Person, kind: MessageKind, given: GivenAnswer, so_long: float) -> Taken:
        """Store the answer; one to a preview is never stored."""
        if kind is MessageKind.PREVIEW:
            return await self._answering.preview(person, given.wave_id, given)
        return await self._answering.take(person, given, so_long)

    def _reply(self, taken: Taken, kind: MessageKind, wave_id: str, index: int) -> Body:
        language = taken.language or self._language()
        if taken.outcome is Outcome.NOT_INVITED:
            return notices.not_invited(language).beside()
        if taken.outcome is Outcome.UNKNOWN_QUESTION:
            return notices.unknown_question(language).beside()
        if taken.outcome is Outcome.CLOSED:
            return pulse.closed(kind, wave_id, language).replacing()
        if taken.wave is None:
            return notices.press_again(language).beside()
        shown = _pulse(kind, taken.wave, language)
        if taken.outcome is Outcome.PRESS_AGAIN:
            return self._questions.body(shown, index, press_again=True)
        return self._questions.body(shown, index + 1, press_again=False)


def _pulse(kind: MessageKind, wave: AskedWave, language: Language) -> pulse.Pulse:
    asked = wave.open_question if isinstance(wave, OpenWave) else None
    return pulse.Pulse(kind, wave.id, wave.items, language, asked)


def register(app: AsyncApp, listener: AnswerListener) -> None:
    """Listen to the buttons of the pulse."""
    app.action(ANSWER_PATTERN)(listener.answer)
    app.action(ActionId.CHANGE.value)(listener.change)
