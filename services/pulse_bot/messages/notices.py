"""Short messages to one person about something that did not work."""

from slack_sdk.models.blocks import MarkdownTextObject, SectionBlock

from services.contracts.base import Language
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.message import Message, message


def not_invited(language: Language) -> Message:
    """For someone who is not in the wave."""
    _ = translator(language)
    return _notice(
        _("You are not invited to this round, so nothing was stored. Late joiners are invited to the next round.")
    )


def unknown_question(language: Language) -> Message:
    """For a button that is no part of the wave."""
    _ = translator(language)
    return _notice(_("This button does not belong to this round, so nothing was stored. Sorry for the trouble."))


def press_again(language: Language) -> Message:
    """For a press that was not confirmed, where the question itself cannot be shown again."""
    _ = translator(language)
    return _notice(_("That did not go well at our end. Please press once more."))


def fault(language: Language, reference: str) -> Message:
    """For an unexpected error; ``reference`` is what the log calls it."""
    _ = translator(language)
    words = _(
        "Something went wrong at our end. Please try once more. If it keeps happening, pass on this code: {reference}"
    )
    return _notice(words.format(reference=reference))


def _notice(words: str) -> Message:
    return message(words, SectionBlock(text=MarkdownTextObject(text=words)))
