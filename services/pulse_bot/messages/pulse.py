"""The pulse in a DM: invitation or reminder with the first question, each next question, and thanks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_datetime
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    DividerBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from services.contracts.base import Language
from services.contracts.survey import LABEL_LIMIT, Item
from services.pulse_bot.answers.values import GivenAnswer
from services.pulse_bot.kinds import MessageKind
from services.pulse_bot.locales import asked, translator
from services.pulse_bot.messages.ids import (
    ActionId,
    BlockId,
    answer_action,
    answer_value,
    change_value,
    message_block,
    pair,
)
from services.pulse_bot.messages.message import Message, escaped, message


@dataclass(frozen=True)
class Pulse:
    """A wave as one kind of its messages shows it; ``open_question``: its id, where the wave has one."""

    kind: MessageKind
    wave_id: str
    items: Sequence[Item]
    language: Language
    open_question: str | None = None


def invitation(pulse: Pulse, closes_at: datetime, score_floor: int) -> Message:
    """Why, how long, the promises, until when (``closes_at``, in the zone it carries), and the first question."""
    _ = translator(pulse.language)
    until = format_datetime(closes_at, "EEEE d MMMM, HH:mm", tzinfo=closes_at.tzinfo, locale=pulse.language)
    why = _(
        "*What do you think of AI in your work?*\n"
        "Your answers show what helps and what does not. It takes less than a minute, until {until}."
    ).format(until=until)
    confidential = _(
        "*Confidential:* your name is never stored next to your answer, and after the round has closed your answers "
        "are anonymous."
    )
    floor = _(
        "Nobody sees a score of fewer than {floor} people. Taking part is free: not answering has no consequences."
    ).format(floor=score_floor)
    promises = "\n".join(f"• {line}" for line in (confidential, floor))
    return message(
        _("A few short questions about AI in your work are ready for you."),
        *_first_blocks(pulse, why),
        ContextBlock(elements=[MarkdownTextObject(text=promises)]),
        DividerBlock(),
        *_question(pulse, 0),
    )


def reminder(pulse: Pulse) -> Message:
    """One line, the same for everybody, and the first question."""
    _ = translator(pulse.language)
    words = _(
        "*Your questions about AI in your work are still here.*\n"
        "It takes less than a minute. It is confidential, and you are free not to answer."
    )
    return message(
        _("A few short questions about AI in your work are still waiting for you."),
        *_first_blocks(pulse, words),
        DividerBlock(),
        *_question(pulse, 0),
    )


def question(pulse: Pulse, index: int, *, press_again: bool = False) -> Message:
    """Question ``index`` (from 0) in the place of the one before; ``press_again``: the last press was not confirmed."""
    _ = translator(pulse.language)
    notice = (
        [SectionBlock(text=MarkdownTextObject(text=_("That did not go well at our end. Please press once more.")))]
        if press_again
        else []
    )
    return message(
        _("A few short questions about AI in your work are ready for you."),
        *_first_blocks(pulse, _("Confidential questions about AI in your work")),
        *notice,
        *_question(pulse, index),
    )


def thanks(pulse: Pulse) -> Message:
    """Thanks, and the way back to the first question."""
    _ = translator(pulse.language)
    words = _(
        "*Thank you! Your answers are in.*\n"
        "The results come when the round has closed: everyone sees what leaders see, on the same day."
    )
    how = _(
        "You can change your answers until the round closes. You then start again at the first question: we cannot "
        "show what you answered, because it is not stored with your name."
    )
    openly = (
        [
            ButtonElement(
                text=PlainTextObject(text=_("Answer one open question")),
                action_id=ActionId.COMMENT.value,
                value=pair(pulse.wave_id, pulse.open_question),
                style="primary",
            )
        ]
        if pulse.open_question
        else []
    )
    return message(
        _("Thank you! Your answers are in."),
        *_first_blocks(pulse, words),
        ContextBlock(elements=[MarkdownTextObject(text=how)]),
        ActionsBlock(
            block_id=BlockId.CHANGE.value,
            elements=[
                *openly,
                ButtonElement(
                    text=PlainTextObject(text=_("Change my answers")),
                    action_id=ActionId.CHANGE.value,
                    value=change_value(pulse.kind, pulse.wave_id),
                ),
            ],
        ),
    )


def closed(kind: MessageKind, wave_id: str, language: Language) -> Message:
    """What a click on a message of a closed wave turns it into."""
    _ = translator(language)
    words = _(
        "*This round has closed.* Your last press was not stored; answers given before are in.\n"
        "Thank you for your time. In the next round you can take part again."
    )
    return message(
        _("This round has closed."),
        SectionBlock(block_id=message_block(kind, wave_id), text=MarkdownTextObject(text=words)),
    )


def _first_blocks(pulse: Pulse, words: str) -> list[Block]:
    first = SectionBlock(block_id=message_block(pulse.kind, pulse.wave_id), text=MarkdownTextObject(text=words))
    if pulse.kind is not MessageKind.PREVIEW:
        return [first]
    _ = translator(pulse.language)
    notice = _(
        ":eyes: *Preview, for you alone.* You can press everything; nothing is stored and nobody else sees this."
    )
    return [first, ContextBlock(elements=[MarkdownTextObject(text=notice)])]


def _question(pulse: Pulse, index: int) -> list[Block]:
    _ = translator(pulse.language)
    item = pulse.items[index]
    progress = _("Question {number} of {total}").format(number=index + 1, total=len(pulse.items))
    points: list[tuple[int | None, str]] = [
        (value, asked(label, pulse.language, LABEL_LIMIT)) for value, label in enumerate(item.scale, start=1)
    ]
    points.append((None, _("I would rather not say")))
    return [
        ContextBlock(elements=[MarkdownTextObject(text=progress)]),
        SectionBlock(text=MarkdownTextObject(text=f"*{escaped(asked(item.text, pulse.language))}*")),
        ActionsBlock(
            block_id=BlockId.ANSWERS.value,
            elements=[
                ButtonElement(
                    text=PlainTextObject(text=label),
                    action_id=answer_action(value),
                    value=answer_value(pulse.kind, GivenAnswer(pulse.wave_id, index, item.id, value)),
                )
                for value, label in points
            ],
        ),
    ]
