"""The open question: its modal, and what becomes of a comment."""

from slack_sdk.models.blocks import PlainTextInputElement

from services.contracts.base import Language
from services.contracts.floors import DISTRIBUTION_FLOOR
from services.contracts.survey import OPEN_QUESTIONS
from services.pulse_bot.locales import asked, translator
from services.pulse_bot.messages.ids import CallbackId, Field, pair
from services.pulse_bot.messages.message import Json, Message, message
from services.pulse_bot.messages.parts import Dialog, asks, context, modal, section

LONGEST = 2_000


def question_text(question: str, language: Language) -> str:
    """The words of an open question; ids as comments carry them."""
    return asked(OPEN_QUESTIONS[question], language)


def comment_modal(wave_id: str, question: str, language: Language) -> Json:
    """Where a comment is written. It knows the round and the question, and nothing of the person's answers."""
    _ = translator(language)
    return modal(
        Dialog(CallbackId.COMMENT, _("One open question"), _("Send"), _("Cancel"), pair(wave_id, question)),
        asks(
            Field.TEXT,
            question_text(question, language),
            PlainTextInputElement(action_id=Field.TEXT, multiline=True, min_length=2, max_length=LONGEST),
            hint=_("Names of colleagues and long numbers that we recognise are taken out. Better leave them out."),
        ),
        context(
            _(
                "Your words are kept apart from your answers and your team. They are shown to nobody before {floor} "
                "colleagues have written something, and somebody looks at them first."
            ).format(floor=DISTRIBUTION_FLOOR)
        ),
    )


def thanks(language: Language) -> Message:
    """Kafka has the comment."""
    _ = translator(language)
    return _note(_("Thank you, we have your words. They are not kept with your name."))


def try_again(language: Language) -> Message:
    """It was not confirmed."""
    _ = translator(language)
    return _note(_("That did not go well at our end. Please send your words once more."))


def given_before(language: Language) -> Message:
    """One comment a person a round."""
    _ = translator(language)
    return _note(_("You have answered the open question of this round already. Thank you!"))


def closed(language: Language) -> Message:
    """The round is over."""
    _ = translator(language)
    return _note(_("This round has closed, so your words were not kept. In a next round you can write again."))


def no_names(language: Language) -> Message:
    """Names cannot be taken out now, so nothing is taken."""
    _ = translator(language)
    return _note(_("We cannot take out names at this moment, so nothing was kept. Please try again in a minute."))


def _note(words: str) -> Message:
    return message(words, section(words))
