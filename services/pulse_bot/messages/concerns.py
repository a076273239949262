"""Concerns: the modal, the post for listeners, and the public answer."""

from slack_sdk.models.blocks import PlainTextInputElement

from services.contracts.base import Language
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.ids import ActionId, BlockId, CallbackId, Field
from services.pulse_bot.messages.message import Json, Message, message
from services.pulse_bot.messages.parts import (
    Dialog,
    actions,
    asks,
    button,
    context,
    modal,
    paragraphs,
    quotation,
    section,
)

LONGEST = 1_500
_POST_BUDGET = 8_000


def concern_modal(language: Language) -> Json:
    """Where a concern is written."""
    _ = translator(language)
    return modal(
        Dialog(CallbackId.CONCERN, _("Share a concern"), _("Send"), _("Cancel")),
        section(
            _(
                "What worries you about AI at work, or what do you want to know? The people who listen read it "
                "*without your name*. An answer is for everyone to read."
            )
        ),
        asks(
            Field.TEXT,
            _("Your concern or question"),
            PlainTextInputElement(action_id=Field.TEXT, multiline=True, min_length=3, max_length=LONGEST),
            hint=_("Leave out names, and what only you could know."),
        ),
        context(
            _(
                "We keep your words without your name and without the time. They are posted together with others on "
                "the next working day, in mixed order."
            )
        ),
    )


def received(language: Language) -> Message:
    """Thanks for a concern."""
    _ = translator(language)
    words = _(
        "*Thank you. Your concern is in.*\n"
        "It is posted without your name on the next working day. You read an answer in the channel for "
        "everyone."
    )
    return message(_("Thank you. Your concern is in."), section(words))


def too_many(language: Language) -> Message:
    """For someone who sent several concerns today."""
    _ = translator(language)
    return message(
        _("You can send three concerns a day."),
        section(_("You can send three concerns a day. Tomorrow there is room again; thank you for your patience.")),
    )


def no_listeners(language: Language) -> Message:
    """Where nobody listens: the campaign names no channel for it."""
    _ = translator(language)
    words = _("Nobody has been named yet to answer concerns, so nothing was kept. Please talk to a champion.")
    return message(words, section(words))


def no_channel(language: Language) -> Message:
    """For a listener whose answer can be read nowhere: no channel reaches the whole organisation."""
    _ = translator(language)
    words = _(
        "There is no channel for the whole organisation yet, so your answer was not kept. Please talk to a champion."
    )
    return message(words, section(words))


def for_listeners(concern_id: str, text: str, language: Language) -> Message:
    """A concern in the listeners' channel."""
    _ = translator(language)
    return message(
        _("A colleague has a concern about AI at work."),
        section(_("*A colleague has a concern*")),
        *quotation(text, _POST_BUDGET),
        actions(
            BlockId.CONCERN,
            button(_("Answer for everyone to read"), ActionId.CONCERN_ANSWER, concern_id, style="primary"),
        ),
        context(_("Nobody knows who asked, we do not either. Please do not try to find out.")),
    )


def answered_for_listeners(question: str, answer: str, language: Language) -> Message:
    """The same post once it is answered."""
    _ = translator(language)
    return message(
        _("This concern has been answered."),
        section(_("*A colleague has a concern*")),
        *quotation(question, _POST_BUDGET // 2),
        section(_(":white_check_mark: *Answered for everyone to read*")),
        *paragraphs(answer, _POST_BUDGET // 2),
    )


def answer_modal(concern_id: str, text: str, language: Language) -> Json:
    """Where a listener writes the public answer."""
    _ = translator(language)
    return modal(
        Dialog(CallbackId.CONCERN_ANSWER, _("Answer a concern"), _("Publish"), _("Cancel"), concern_id),
        asks(
            Field.QUESTION,
            _("The question as everyone will read it"),
            PlainTextInputElement(
                action_id=Field.QUESTION, multiline=True, initial_value=text, min_length=3, max_length=LONGEST
            ),
            hint=_("Take out what could give away who asked. Change nothing else."),
        ),
        asks(
            Field.TEXT,
            _("Your answer"),
            PlainTextInputElement(action_id=Field.TEXT, multiline=True, min_length=3, max_length=LONGEST),
        ),
        context(_("It is posted in the channel of the whole organisation as soon as you publish.")),
    )


def public_answer(question: str, answer: str, language: Language) -> Message:
    """Question and answer, for everybody."""
    _ = translator(language)
    return message(
        _("A concern about AI has been answered."),
        section(_(":speech_balloon: *You asked*")),
        *quotation(question, _POST_BUDGET // 2),
        section(_("*Our answer*")),
        *paragraphs(answer, _POST_BUDGET // 2),
        context(_("Do you have a concern too? Type `/pulse concern`. Your name is not kept with it.")),
    )


def already_answered(language: Language) -> Message:
    """Somebody was faster."""
    _ = translator(language)
    words = _("This concern has been answered already. Thank you for listening.")
    return message(words, section(words))
