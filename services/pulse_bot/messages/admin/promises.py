"""Promises written down and settled."""

from collections.abc import Sequence
from datetime import date

from slack_sdk.models.blocks import (
    DatePickerElement,
    PlainTextInputElement,
    StaticSelectElement,
)

from services.contracts.base import Language
from services.contracts.events import PromiseState
from services.pulse_bot.announcements.promises import Promise
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.announcements import other_of, written_in
from services.pulse_bot.messages.ids import CallbackId, Field
from services.pulse_bot.messages.message import Json
from services.pulse_bot.messages.parts import (
    Dialog,
    asks,
    context,
    modal,
    offered,
    option,
)


def promise_modal(today: date, language: Language, campaign_id: str) -> Json:
    """Where a promise of a campaign is written down."""
    _ = translator(language)
    other = other_of(written_in(language))

    def line(field: Field, limit: int = 500) -> PlainTextInputElement:
        return PlainTextInputElement(action_id=field, max_length=limit, multiline=limit > 120)

    return modal(
        Dialog(CallbackId.PROMISE, _("A promise"), _("Save"), _("Cancel"), campaign_id),
        asks(
            Field.SAID,
            _("What did people say?") if language == written_in(language) else _("What people said, in English"),
            line(Field.SAID),
            optional=True,
            hint=_("In general, no quotes."),
        ),
        asks(
            Field.TEXT,
            _("What do we do?") if language == written_in(language) else _("What we do, in English"),
            line(Field.TEXT),
        ),
        asks(
            Field.OWNER,
            _("Who sees to it? (a role or a name, for everyone to read)"),
            PlainTextInputElement(action_id=Field.OWNER, max_length=120),
        ),
        asks(
            Field.DUE,
            _("Before which day?"),
            DatePickerElement(action_id=Field.DUE, initial_date=today.isoformat()),
        ),
        asks(
            Field.OTHER_SAID,
            _("What people said, in Dutch") if other == Language.NL else _("What people said, in English"),
            line(Field.OTHER_SAID),
            optional=True,
        ),
        asks(
            Field.OTHER_TEXT,
            _("What we do, in Dutch") if other == Language.NL else _("What we do, in English"),
            line(Field.OTHER_TEXT),
            optional=True,
        ),
    )


def settle_modal(promises: Sequence[Promise], language: Language, campaign_id: str) -> Json:
    """Where it is said what became of a promise of a campaign."""
    _ = translator(language)
    open_ones = [option(p.text.in_language(language), p.id) for p in promises]
    states = [
        option(_("Kept"), PromiseState.KEPT.value),
        option(_("Not kept"), PromiseState.NOT_KEPT.value),
        option(_("Still open"), PromiseState.OPEN.value),
    ]
    return modal(
        Dialog(CallbackId.SETTLE, _("Kept or not?"), _("Save"), _("Cancel"), campaign_id),
        asks(Field.TEXT, _("Which promise?"), StaticSelectElement(action_id=Field.TEXT, **offered(open_ones))),
        asks(Field.STATE, _("What became of it?"), StaticSelectElement(action_id=Field.STATE, options=states)),
        context(_("Everyone can read what became of it. A promise that was not kept is said too.")),
    )


def later_day(language: Language) -> str:
    """A day that has passed was chosen."""
    _ = translator(language)
    return _("Please choose a later day.")
