"""The first run: from an empty workspace to a plan, and nothing is sent."""

from collections.abc import Sequence
from datetime import date

from slack_sdk.models.blocks import (
    DatePickerElement,
    PlainTextInputElement,
    StaticMultiSelectElement,
    StaticSelectElement,
    UserMultiSelectElement,
)

from services.contracts.base import Language
from services.contracts.floors import MERGE_PROPOSAL
from services.pulse_bot.locales import languages, translator
from services.pulse_bot.messages.admin.verbs import verb_button
from services.pulse_bot.messages.ids import AdminVerb, BlockId, CallbackId, Field
from services.pulse_bot.messages.message import Json, Message, message
from services.pulse_bot.messages.parts import (
    Dialog,
    actions,
    asks,
    context,
    isolated,
    modal,
    offered,
    one_picked,
    option,
    section,
)
from services.pulse_bot.messages.preferences import language_name


def first_run(language: Language, *, file: str | None) -> Message:
    """The beginning: nothing has been planned. ``file``: the campaign's file, where the settings name one."""
    _ = translator(language)
    steps = _(
        "1. *Plan*: teams, languages, champions. Nothing is sent.\n"
        "2. *Look*: which teams will ever be visible, and who would get what.\n"
        "3. *Try*: a test round to you alone. Nothing is stored.\n"
        "4. *Approve*: only then the first round opens, on its day."
    )
    intro = _("*Welcome! Nothing has been planned yet, and nothing goes out before a champion approves.*")
    if file:
        ready = _("The file {file} is ready to be planned.").format(file=isolated(file))
        start = verb_button(_("Plan it"), AdminVerb.PLAN, style="primary")
    else:
        ready = _("You choose the teams from the user groups of your workspace.")
        start = verb_button(_("Begin"), AdminVerb.SET_UP, style="primary")
    return message(
        _("Welcome! Nothing has been planned yet."),
        section(intro),
        section(steps),
        section(ready),
        actions(BlockId.ADMIN, start),
    )


def set_up_modal(groups: Sequence[tuple[str, str]], starts_on: date, me: str, language: Language) -> Json:
    """Where a first campaign is made. ``groups``: id and name of the workspace's user groups."""
    _ = translator(language)
    offered_languages = [option(language_name(known), known) for known in languages()]
    teams = [option(name, group) for group, name in groups]
    return modal(
        Dialog(CallbackId.SET_UP, _("First set-up"), _("Plan"), _("Cancel")),
        asks(Field.NAME, _("Name of your organisation"), PlainTextInputElement(action_id=Field.NAME, max_length=80)),
        asks(
            Field.LANGUAGE,
            _("Language of posts in channels (everyone gets messages in their own)"),
            StaticSelectElement(
                action_id=Field.LANGUAGE,
                options=offered_languages,
                initial_option=one_picked(offered_languages, language),
            ),
        ),
        asks(
            Field.GROUPS,
            _("Teams: one user group each"),
            StaticMultiSelectElement(action_id=Field.GROUPS, **offered(teams)),
            hint=_("Groups under {count} people are taken together with another one.").format(count=MERGE_PROPOSAL),
        ),
        asks(
            Field.CHAMPIONS,
            _("Champions"),
            UserMultiSelectElement(action_id=Field.CHAMPIONS, initial_users=[me]),
            hint=_("They approve what goes out, and can stop it at any moment."),
        ),
        asks(
            Field.DATE,
            _("The first round opens on"),
            DatePickerElement(action_id=Field.DATE, initial_date=starts_on.isoformat()),
        ),
        context(_("Nothing is sent now. Without approval no round opens.")),
    )


def planned(rounds: int, language: Language) -> Message:
    """The plan stands."""
    _ = translator(language)
    words = _(
        ":white_check_mark: *Planned. Number of rounds: {rounds}. Nothing has been sent.* Type `/pulse "
        "admin` again: look which teams will be visible, try the round yourself, and approve when you "
        "are happy with it."
    ).format(rounds=rounds)
    return message(_("Planned. Nothing has been sent."), section(words))
