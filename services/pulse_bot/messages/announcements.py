"""Announcements: the modal, the draft for champions, the post in channels, and what became of a draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from babel.numbers import format_currency, format_decimal
from babel.units import format_unit
from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    NumberInputElement,
    PlainTextInputElement,
    StaticMultiSelectElement,
    StaticSelectElement,
)

from services.contracts.base import Language, Text
from services.contracts.events import AnnouncementKind, Figure
from services.contracts.figure_units import Unit
from services.contracts.tree import Node
from services.pulse_bot.announcements.book import Announcement, Approved
from services.pulse_bot.announcements.draft import STORY_LIMIT, TITLE_LIMIT, Draft
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.ids import ActionId, BlockId, CallbackId, Field, pair
from services.pulse_bot.messages.message import Json, Message, message
from services.pulse_bot.messages.parts import (
    Dialog,
    actions,
    asks,
    button,
    clipped,
    confirm,
    context,
    header,
    isolated,
    modal,
    offered,
    one_picked,
    option,
    paragraphs,
    picked,
    section,
)

_NAMES: Final = 10
_STORY_BUDGET: Final = 8_000
STAGGERED: Final = "staggered"
_DURATIONS: Final = {
    Unit.SECONDS.value: "duration-second",
    Unit.MINUTES.value: "duration-minute",
    Unit.HOURS.value: "duration-hour",
    Unit.DAYS.value: "duration-day",
}


def other_of(language: Language) -> Language:
    """English, and for whoever reads English, Dutch: the other of the languages in which people's texts stand."""
    return Language.EN if language != Language.EN else Language.NL


def written_in(language: Language) -> Language:
    """The language in which whoever reads ``language`` writes for others."""
    return Language.NL if language == Language.NL else Language.EN


def kind_name(kind: AnnouncementKind, language: Language) -> str:
    """A kind of announcement, for people."""
    _ = translator(language)
    return {
        AnnouncementKind.SUCCESS: _("Success"),
        AnnouncementKind.TRAINING: _("Training"),
        AnnouncementKind.KICKOFF: _("Start of something new"),
        AnnouncementKind.POLICY: _("Agreement or rule"),
        AnnouncementKind.BUDDY: _("AI buddy"),
        AnnouncementKind.PROMISE: _("Promise"),
    }[kind]


_SIGNS: Final = {
    AnnouncementKind.SUCCESS: ":tada:",
    AnnouncementKind.TRAINING: ":mortar_board:",
    AnnouncementKind.KICKOFF: ":seedling:",
    AnnouncementKind.POLICY: ":shield:",
    AnnouncementKind.BUDDY: ":handshake:",
    AnnouncementKind.PROMISE: ":memo:",
}


@dataclass(frozen=True)
class Editing:
    """What an announcement's modal starts with: an earlier draft (and its id and revision), or a kind."""

    language: Language
    nodes: Sequence[Node]
    kind: AnnouncementKind = AnnouncementKind.SUCCESS
    draft: Draft | None = None
    about: str = ""


def announcement_modal(editing: Editing) -> Json:
    """Where an announcement is written or changed, in the person's language and, if they like, in the other."""
    _, language, draft = translator(editing.language), editing.language, editing.draft
    other, figure = other_of(written_in(language)), draft.figure if draft else None
    kinds = [option(kind_name(kind, language), kind.value) for kind in AnnouncementKind]
    kind = draft.kind if draft else editing.kind
    stagger = option(_("Bring it to one team after another, in a drawn order, a team each round"), STAGGERED)
    return modal(
        Dialog(CallbackId.ANNOUNCEMENT, _("Announcement"), _("To the draft"), _("Cancel"), editing.about),
        asks(
            Field.KIND,
            _("What is it?"),
            StaticSelectElement(action_id=Field.KIND, options=kinds, initial_option=one_picked(kinds, kind.value)),
        ),
        asks(
            Field.TITLE,
            _("Title") if language == written_in(language) else _("Title in English"),
            _line(Field.TITLE, TITLE_LIMIT, draft.title.in_language(language) if draft else None),
        ),
        asks(
            Field.STORY,
            _("The story: what happened, and who did it?")
            if language == written_in(language)
            else _("Story in English"),
            _story(Field.STORY, draft.story.in_language(language) if draft else None),
            hint=_("A person keeps the last word. Say what AI did, and what people did."),
        ),
        asks(Field.AUDIENCE, _("For whom?"), _audience(editing)),
        asks(
            Field.FIGURE,
            _("A measured figure"),
            NumberInputElement(
                action_id=Field.FIGURE,
                is_decimal_allowed=True,
                initial_value=f"{figure.value:g}" if figure else None,
            ),
            optional=True,
            hint=_("Only what you measured. Add what it counts and over which period."),
        ),
        asks(
            Field.UNIT,
            _("What does it count? For instance: % faster"),
            _line(Field.UNIT, 60, figure.unit if figure else None),
            optional=True,
        ),
        asks(
            Field.PERIOD,
            _("Over which period?"),
            _line(Field.PERIOD, 120, figure.period if figure else None),
            optional=True,
        ),
        asks(
            Field.OTHER_TITLE,
            _("Title in Dutch") if other == Language.NL else _("Title in English"),
            _line(Field.OTHER_TITLE, TITLE_LIMIT, _translated(draft.title, other) if draft else None),
            optional=True,
        ),
        asks(
            Field.OTHER_STORY,
            _("Story in Dutch") if other == Language.NL else _("Story in English"),
            _story(Field.OTHER_STORY, _translated(draft.story, other) if draft else None),
            optional=True,
        ),
        asks(
            Field.STAGGERED,
            _("An honest measurement"),
            CheckboxesElement(
                action_id=Field.STAGGERED,
                options=[stagger],
                initial_options=picked([stagger], STAGGERED if draft and draft.staggered else ""),
            ),
            optional=True,
            hint=_("Teams that hear it later can then be compared with those that heard it first."),
        ),
    )


@dataclass(frozen=True)
class Preview:
    """A draft before champions: who needs to approve it, and how far that is."""

    announcement: Announcement
    nodes: Sequence[str]
    channels: Sequence[str]
    given: int
    needed: int
    author: str | None
    fault: str | None = None


def draft_for_champions(preview: Preview, language: Language) -> Message:
    """What a champion decides on: the post exactly as it will read, and three buttons."""
    _ = translator(language)
    announcement = preview.announcement
    carried = pair(announcement.id, str(announcement.revision))
    correction = announcement.shown is not None
    title = _("*A correction waits for approval*") if correction else _("*An announcement waits for approval*")
    by = _("By <@{member}>.").format(member=preview.author) if preview.author else _("From a business system.")
    where = _list([f"<#{channel}>" for channel in preview.channels])
    facts = [
        by,
        _("For: {teams}").format(teams=_list([isolated(name, 80) for name in preview.nodes])),
        _("Posted in: {channels}").format(channels=where) if where else "",
        _("One team each round, in a drawn order.") if announcement.draft.staggered else "",
        _("Approved by {given} of {needed}.").format(given=preview.given, needed=preview.needed),
    ]
    warnings = [section(f":warning: {preview.fault}")] if preview.fault else []
    return message(
        _("An announcement waits for your approval."),
        section(title),
        context(" · ".join(fact.rstrip(".") for fact in facts if fact)),
        *warnings,
        *_body(announcement.draft, language),
        actions(
            BlockId.DRAFT,
            button(
                _("Approve"),
                ActionId.ANNOUNCEMENT_APPROVE,
                carried,
                style="primary",
                confirm=confirm(
                    _("Approve these words?"),
                    _("With enough approvals it goes out, for everyone in these channels to read."),
                    _("Approve"),
                    _("Not yet"),
                ),
            ),
            button(_("Change"), ActionId.ANNOUNCEMENT_EDIT, carried),
            button(_("Discard"), ActionId.ANNOUNCEMENT_DISCARD, carried, style="danger"),
        ),
    )


def post(announcement: Announcement, language: Language) -> Message:
    """The announcement in a channel, as readers see it; with a note when it has been corrected."""
    _ = translator(language)
    shown = announcement.shown or announcement.draft
    corrected = [context(_("This message has been corrected."))] if announcement.corrected_at else []
    title = f"{_SIGNS[shown.kind]} {isolated(shown.title.in_language(language))}"
    return message(
        title, *_body(shown, language), *corrected, other_language(f"announcement:{announcement.id}", language)
    )


def other_language(subject: str, language: Language) -> Block:
    """A button under a post in a channel: the same words in the other language, for who presses it alone."""
    other = other_of(language)
    _ = translator(other)
    words = _("Read this in English")
    return actions(BlockId.POST, button(words, ActionId.OTHER_LANGUAGE, pair(subject, other)))


def decided(outcome: Approved, announcement: Announcement | None, language: Language) -> Message:
    """What an approval led to."""
    _ = translator(language)
    title = isolated(announcement.draft.title.in_language(language)) if announcement else ""
    words = {
        Approved.GOES_OUT: _goes_out(announcement, language),
        Approved.ONE_MORE_NEEDED: _(":white_check_mark: Approved by you. One more champion has to approve {title}."),
        Approved.ALREADY_OUT: _("{title} has been approved already and was posted once. You need to do nothing."),
        Approved.READS_DIFFERENTLY: _("{title} reads differently now. Please look at the newest draft first."),
        Approved.NOT_A_CHAMPION: _("Only champions of this campaign can do this."),
        Approved.GONE: _("This draft is gone: somebody discarded it."),
    }[outcome].format(title=title)
    return message(clipped(words, 200), section(words))


def _goes_out(announcement: Announcement | None, language: Language) -> str:
    _ = translator(language)
    if announcement is not None and announcement.corrected_at is not None:
        return _(":white_check_mark: Approved. The message is corrected now.")
    if announcement is not None and announcement.draft.staggered:
        return _(":white_check_mark: Approved. {title} goes out now, to one team each round.")
    return _(":white_check_mark: Approved. {title} is being posted now.")


def discarded(language: Language, *, correction: bool) -> Message:
    """A draft that was taken back, or the correction of what stands in the channels."""
    _ = translator(language)
    words = (
        _("The correction has been discarded. The message stays as it was.")
        if correction
        else _("The draft has been discarded. Nothing was posted.")
    )
    return message(words, section(words))


def handed_in(language: Language) -> Message:
    """For who wrote an announcement."""
    _ = translator(language)
    words = _("*Thank you for telling this!*\nA champion looks at it first, and decides whether it is posted.")
    return message(_("Thank you for telling this!"), section(words))


def revised(language: Language) -> Message:
    """For a champion who wrote other words for an announcement."""
    _ = translator(language)
    words = _("Your version is kept and waits for approval.")
    return message(words, section(words))


def changed_meanwhile(language: Language) -> Message:
    """Someone else changed the draft first."""
    _ = translator(language)
    words = _("Someone else changed this announcement while you were writing. Nothing of yours was kept; look again.")
    return message(words, section(words))


def no_channel(node: str, language: Language) -> str:
    """No channel reaches a node of the audience."""
    _ = translator(language)
    return _("No channel reaches {team}. Name one in the campaign file, or choose other teams.").format(
        team=isolated(node)
    )


def plain(words: str) -> Message:
    """One line for a person."""
    return message(clipped(words, 200), section(words))


def uncertain_post(subject: str, channel: str, language: Language) -> Message:
    """For champions: a post of which nobody knows whether it stands there."""
    _ = translator(language)
    return message(
        _("Please check whether a message has arrived."),
        section(
            _(
                "Slack did not say whether a message arrived in <#{channel}>. Please look. If it is *not* there, post "
                "it again; if it is there, you need to do nothing."
            ).format(channel=channel)
        ),
        actions(BlockId.POST, button(_("It is not there: post it again"), ActionId.POST_AGAIN, pair(subject, channel))),
    )


def posted_again(language: Language, *, done: bool) -> Message:
    """What became of "post it again"."""
    _ = translator(language)
    words = _("It is posted once more now.") if done else _("It has been posted meanwhile. You need to do nothing.")
    return message(words, section(words))


def figure_words(figure: Figure, language: Language) -> str:
    """A figure as people write it, in bold."""
    return f"*{_amount(figure, language)}* · {isolated(figure.period)}"


def _amount(figure: Figure, language: Language) -> str:
    """The number with its unit: in words where a business system gave a code, else as a champion wrote it."""
    _ = translator(language)
    if figure.unit in _DURATIONS:
        return _duration(figure.value, _DURATIONS[figure.unit], language)
    if figure.unit == Unit.EURO:
        return str(format_currency(figure.value, "EUR", locale=language))
    number = format_decimal(figure.value, locale=language)
    words = {
        Unit.PERCENT.value: f"{number} %",
        Unit.COUNT.value: number,
        Unit.PER_HUNDRED.value: _("{value} per 100").format(value=number),
    }
    return words.get(figure.unit, f"{number} {isolated(figure.unit)}")


def _duration(value: float, unit: str, language: Language) -> str:
    """In full words; shortened where babel has those alone, as for hours in Dutch."""
    full = str(format_unit(value, unit, locale=language))
    return str(format_unit(value, unit, length="short", locale=language)) if unit in full else full


def _body(draft: Draft, language: Language) -> list[Block]:
    figure = [section(f":bar_chart: {figure_words(draft.figure, language)}")] if draft.figure else []
    return [
        header(f"{_SIGNS[draft.kind]} {draft.title.in_language(language)}"),
        *paragraphs(draft.story.in_language(language), _STORY_BUDGET),
        *figure,
        context(kind_name(draft.kind, language)),
    ]


def _audience(editing: Editing) -> StaticMultiSelectElement:
    names = [option(node.name.in_language(editing.language), node.id) for node in editing.nodes]
    chosen = picked(names, *(editing.draft.audience if editing.draft else ())) or (
        names[:1] if not editing.draft else None
    )
    return StaticMultiSelectElement(action_id=Field.AUDIENCE, initial_options=chosen, **offered(names))


def _list(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_NAMES])} (+{more})"


def _line(field: Field, limit: int, initial: str | None) -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=field, max_length=limit, initial_value=clipped(initial, limit) if initial else None
    )


def _story(field: Field, initial: str | None) -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=field,
        multiline=True,
        max_length=STORY_LIMIT,
        initial_value=clipped(initial, STORY_LIMIT) if initial else None,
    )


def _translated(text: Text, other: Language) -> str | None:
    """The other language's words where they are words of their own."""
    return None if text.nl == text.en else text.in_language(other)
