"""What champions say of teams and see of people: phases, and who is an AI buddy."""

from collections.abc import Sequence
from datetime import date

from slack_sdk.models.blocks import (
    DatePickerElement,
    StaticSelectElement,
)

from services.contracts.base import Language
from services.contracts.tree import Node, Phase
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.ids import CallbackId, Field
from services.pulse_bot.messages.message import Json, Message, message
from services.pulse_bot.messages.parts import (
    Dialog,
    asks,
    modal,
    offered,
    option,
    pieces,
    section,
)


def phase_name(phase: Phase, language: Language) -> str:
    """A phase, for people."""
    _ = translator(language)
    return {
        Phase.NOT_STARTED: _("Not started"),
        Phase.ANNOUNCED: _("Announced"),
        Phase.PILOT: _("Pilot"),
        Phase.LIVE: _("In use"),
    }[phase]


def phase_modal(nodes: Sequence[Node], today: date, language: Language, campaign_id: str) -> Json:
    """Where the phase of a campaign's team is set, from a day on."""
    _ = translator(language)
    teams = [option(node.name.in_language(language), node.id) for node in nodes]
    phases = [option(phase_name(phase, language), phase.value) for phase in Phase]
    return modal(
        Dialog(CallbackId.PHASE, _("Phase of a team"), _("Save"), _("Cancel"), campaign_id),
        asks(Field.NODE, _("Which team?"), StaticSelectElement(action_id=Field.NODE, **offered(teams))),
        asks(Field.PHASE, _("Which phase?"), StaticSelectElement(action_id=Field.PHASE, options=phases)),
        asks(
            Field.DATE,
            _("From which day on?"),
            DatePickerElement(action_id=Field.DATE, initial_date=today.isoformat()),
            hint=_("Rounds that have opened keep the phase they had."),
        ),
    )


def buddies(members: Sequence[str], language: Language) -> Message:
    """Who signed up as AI buddy."""
    _ = translator(language)
    if not members:
        words = _("Nobody has signed up as an AI buddy yet. People do so with `/pulse buddy`.")
        return message(words, section(words))
    names = ", ".join(f"<@{member}>" for member in members)
    intro = _("*AI buddies who signed up by name*: {count}").format(count=len(members))
    return message(_("AI buddies"), section(intro), *[section(piece) for piece in pieces(names, 9_000)])
