"""Fields of a modal in which there is nothing but white space: Slack lets them through."""

from collections.abc import Mapping

from services.contracts.base import Language
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.ids import Field


def blanks(typed: Mapping[Field, str], language: Language) -> dict[str, str]:
    """What to say below each field that is empty; nothing where all say something."""
    _ = translator(language)
    return {field.value: _("Please write something here.") for field, text in typed.items() if not text.strip()}
