"""Which announcement is to be corrected."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    StaticSelectElement,
)

from services.contracts.base import Language
from services.pulse_bot.announcements.book import Announcement
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.ids import CallbackId, Field
from services.pulse_bot.messages.message import Json
from services.pulse_bot.messages.parts import (
    Dialog,
    asks,
    modal,
    offered,
    option,
)


def correct_modal(published: Sequence[Announcement], language: Language) -> Json:
    """Which announcement is to be corrected."""
    _ = translator(language)
    told = [option(a.draft.title.in_language(language), a.id) for a in reversed(published)]
    return modal(
        Dialog(CallbackId.CORRECT, _("Correct what was told"), _("Next"), _("Cancel")),
        asks(Field.TEXT, _("Which message?"), StaticSelectElement(action_id=Field.TEXT, **offered(told))),
    )
