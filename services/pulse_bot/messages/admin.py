"""What champions see and do: the menu, set-up, dry run, visibility, rounds, promises, phases, and the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from babel.dates import format_date, format_datetime
from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    ConfirmObject,
    DatePickerElement,
    DividerBlock,
    PlainTextInputElement,
    StaticMultiSelectElement,
    StaticSelectElement,
    UserMultiSelectElement,
)

from services.contracts.base import Language
from services.contracts.events import PromiseState
from services.contracts.floors import MERGE_PROPOSAL
from services.contracts.tree import Node, Phase
from services.pulse_bot.announcements.book import Announcement
from services.pulse_bot.announcements.promises import Promise
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.announcements import other_of
from services.pulse_bot.messages.ids import AdminVerb, BlockId, CallbackId, Field, admin_action
from services.pulse_bot.messages.message import Json, Message, message
from services.pulse_bot.messages.parts import (
    Dialog,
    actions,
    asks,
    clipped,
    confirm,
    context,
    header,
    isolated,
    modal,
    one_picked,
    option,
    pieces,
    section,
)
from services.pulse_bot.messages.preferences import language_name

_OPTIONS: Final = 100
LONGEST_EXTENSION: Final = 7


class Shown(StrEnum):
    """How often a team can be shown."""

    WAVE = "wave"
    WINDOW = "window"
    NEVER = "never"


@dataclass(frozen=True)
class Desk:
    """What the menu knows. ``wave``: the open round, else the next one; times in the zone to show them in.

    ``review``: comments of a closed round wait for a champion.
    """

    language: Language
    title: str
    wave: Wave | None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    given: int = 0
    needed: int = 1
    drafts: int = 0
    roster: str = ""
    review: bool = False


@dataclass(frozen=True)
class DryRun:
    """What would happen in a round: how many get it and when, and how many get nothing, and why."""

    invited: int
    first: datetime | None
    done_by: datetime | None
    silences: Mapping[str, int]
    proposals: Sequence[str]


def menu(desk: Desk) -> Message:
    """The champion's menu."""
    _ = translator(desk.language)
    blocks: list[Block] = [header(clipped(desk.title, 150)), section(_round_words(desk)), *_round_buttons(desk)]
    blocks += [
        DividerBlock(),
        section(_("*Tell what happened*")),
        actions(
            f"{BlockId.ADMIN}.tell",
            _do(_("Success or news"), AdminVerb.ANNOUNCE),
            _do(_("Log a training"), AdminVerb.TRAINING),
            _do(_("Drafts that wait: {count}").format(count=desk.drafts), AdminVerb.DRAFTS),
            _do(_("Correct what was told"), AdminVerb.CORRECT),
        ),
        section(_("*Promise and keep*")),
        actions(
            f"{BlockId.ADMIN}.promise",
            _do(_("Log a promise"), AdminVerb.PROMISE),
            _do(_("Kept or not?"), AdminVerb.SETTLE),
            _do(_("Phase of a team"), AdminVerb.PHASE),
            _do(_("AI-buddies"), AdminVerb.BUDDIES),
        ),
        *_review_buttons(desk),
        DividerBlock(),
        actions(
            f"{BlockId.ADMIN}.end",
            _do(
                _("End the campaign"),
                AdminVerb.FINISH,
                style="danger",
                sure=confirm(
                    _("End the campaign?"),
                    _("No further round opens, an open round closes now, and you get all released numbers as a file."),
                    _("End it"),
                    _("Cancel"),
                ),
            ),
        ),
    ]
    return message(_("For champions"), *blocks)


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
        start = _do(_("Plan it"), AdminVerb.PLAN, style="primary")
    else:
        ready = _("You choose the teams from the user groups of your workspace.")
        start = _do(_("Begin"), AdminVerb.SET_UP, style="primary")
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
    languages = [option(language_name(known), known.value) for known in Language]
    offered = [option(name, group) for group, name in groups[:_OPTIONS]]
    return modal(
        Dialog(CallbackId.SET_UP, _("First set-up"), _("Plan"), _("Cancel")),
        asks(Field.NAME, _("Name of your organisation"), PlainTextInputElement(action_id=Field.NAME, max_length=80)),
        asks(
            Field.LANGUAGE,
            _("Language of posts in channels (everyone gets messages in their own)"),
            StaticSelectElement(
                action_id=Field.LANGUAGE, options=languages, initial_option=one_picked(languages, language.value)
            ),
        ),
        asks(
            Field.GROUPS,
            _("Teams: one user group each"),
            StaticMultiSelectElement(action_id=Field.GROUPS, options=offered),
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
        ":white_check_mark: *Planned: {rounds} rounds. Nothing has been sent.* Type `/pulse admin` again: look which "
        "teams will be visible, try the round yourself, and approve when you are content."
    ).format(rounds=rounds)
    return message(_("Planned. Nothing has been sent."), section(words))


def dry_run(told: DryRun, language: Language) -> Message:
    """What the round would do."""
    _ = translator(language)
    lines = [_("*Nothing has been sent. This is what the round would do:*")]
    lines.append(_("• {count} people get an invitation").format(count=told.invited))
    if told.first is not None and told.done_by is not None:
        lines.append(
            _("• the first {first}, the last {last}").format(
                first=moment(told.first, language), last=moment(told.done_by, language)
            )
        )
    for reason, count in told.silences.items():
        lines.append(_("• {count} get nothing: {reason}").format(count=count, reason=silence(reason, language)))
    if told.proposals:
        teams = ", ".join(isolated(team) for team in told.proposals[:20])
        lines.append(_("• taken together, because they are small: {teams}").format(teams=teams))
    return message(_("Nothing has been sent."), *[section(p) for p in pieces("\n".join(lines), 9_000)])


def silence(reason: str, language: Language) -> str:
    """Why somebody gets nothing."""
    _ = translator(language)
    return {
        "not_in_slack": _("not in this Slack"),
        "deactivated": _("deactivated in Slack"),
        "bot": _("a bot"),
        "guest": _("a guest"),
        "not_joined": _("has never come into Slack"),
        "other_workspace": _("of another workspace"),
        "paused": _("takes a pause"),
        "on_leave": _("on leave"),
        "no_working_day": _("no working day in this round"),
        "in_two_teams": _("stands in two teams"),
        "joined_late": _("joined late, is invited next time"),
        "slack_refused": _("Slack refused the message"),
        "forgotten": _("asked to be forgotten"),
    }.get(reason, reason)


def visibility(teams: Sequence[tuple[str, Shown]], language: Language) -> Message:
    """Which teams will ever be shown, and how often."""
    _ = translator(language)
    words = {
        Shown.WAVE: _(":large_green_circle: every round"),
        Shown.WINDOW: _(":large_yellow_circle: three rounds together"),
        Shown.NEVER: _(":white_circle: never, too small"),
    }
    intro = _("*Which teams can be shown?* Small ones less often or never, so that nobody can be picked out.")
    lines = "\n".join(f"• {isolated(team)}: {words[shown]}" for team, shown in teams)
    return message(_("Which teams can be shown?"), section(intro), *[section(piece) for piece in pieces(lines, 10_000)])


def extend_modal(wave_id: str, closes_at: datetime, language: Language) -> Json:
    """How many days longer a round stays open."""
    _ = translator(language)
    days = [
        option(_("{count} days longer").format(count=count) if count > 1 else _("1 day longer"), str(count))
        for count in range(1, LONGEST_EXTENSION + 1)
    ]
    return modal(
        Dialog(CallbackId.EXTEND, _("Extend the round"), _("Extend"), _("Cancel"), wave_id),
        section(_("Now it closes {moment}.").format(moment=moment(closes_at, language))),
        asks(Field.DAYS, _("How much longer?"), StaticSelectElement(action_id=Field.DAYS, options=days)),
    )


def promise_modal(today: date, language: Language) -> Json:
    """Where a promise is written down."""
    _ = translator(language)
    other = other_of(language)

    def line(field: Field, limit: int = 500) -> PlainTextInputElement:
        return PlainTextInputElement(action_id=field, max_length=limit, multiline=limit > 120)

    return modal(
        Dialog(CallbackId.PROMISE, _("A promise"), _("Save"), _("Cancel")),
        asks(Field.SAID, _("What did people say?"), line(Field.SAID), optional=True, hint=_("In general, no quotes.")),
        asks(Field.TEXT, _("What do we do?"), line(Field.TEXT)),
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
            _("What people said, in Dutch") if other is Language.NL else _("What people said, in English"),
            line(Field.OTHER_SAID),
            optional=True,
        ),
        asks(
            Field.OTHER_TEXT,
            _("What we do, in Dutch") if other is Language.NL else _("What we do, in English"),
            line(Field.OTHER_TEXT),
            optional=True,
        ),
    )


def settle_modal(promises: Sequence[Promise], language: Language) -> Json:
    """Where it is said what became of a promise."""
    _ = translator(language)
    open_ones = [option(p.text.in_language(language), p.id) for p in promises[:_OPTIONS]]
    states = [
        option(_("Kept"), PromiseState.KEPT.value),
        option(_("Not kept"), PromiseState.NOT_KEPT.value),
        option(_("Still open"), PromiseState.OPEN.value),
    ]
    return modal(
        Dialog(CallbackId.SETTLE, _("Kept or not?"), _("Save"), _("Cancel")),
        asks(Field.TEXT, _("Which promise?"), StaticSelectElement(action_id=Field.TEXT, options=open_ones)),
        asks(Field.STATE, _("What became of it?"), StaticSelectElement(action_id=Field.STATE, options=states)),
        context(_("Everyone can read what became of it. A promise that was not kept is said too.")),
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


def phase_modal(nodes: Sequence[Node], today: date, language: Language) -> Json:
    """Where a team's phase is set, from a day on."""
    _ = translator(language)
    teams = [option(node.name.in_language(language), node.id) for node in nodes[:_OPTIONS]]
    phases = [option(phase_name(phase, language), phase.value) for phase in Phase]
    return modal(
        Dialog(CallbackId.PHASE, _("Phase of a team"), _("Save"), _("Cancel")),
        asks(Field.NODE, _("Which team?"), StaticSelectElement(action_id=Field.NODE, options=teams)),
        asks(Field.PHASE, _("Which phase?"), StaticSelectElement(action_id=Field.PHASE, options=phases)),
        asks(
            Field.DATE,
            _("From which day on?"),
            DatePickerElement(action_id=Field.DATE, initial_date=today.isoformat()),
            hint=_("Rounds that have opened keep the phase they had."),
        ),
    )


def correct_modal(published: Sequence[Announcement], language: Language) -> Json:
    """Which announcement is to be corrected."""
    _ = translator(language)
    offered = [option(a.draft.title.in_language(language), a.id) for a in published[-_OPTIONS:]]
    return modal(
        Dialog(CallbackId.CORRECT, _("Correct what was told"), _("Next"), _("Cancel")),
        asks(Field.TEXT, _("Which message?"), StaticSelectElement(action_id=Field.TEXT, options=offered)),
    )


def buddies(members: Sequence[str], language: Language) -> Message:
    """Who signed up as AI-buddy."""
    _ = translator(language)
    if not members:
        words = _("Nobody has signed up as AI-buddy yet. People do so with `/pulse buddy`.")
        return message(words, section(words))
    names = ", ".join(f"<@{member}>" for member in members)
    intro = _("*AI-buddies*: {count} colleagues signed up by name").format(count=len(members))
    return message(_("AI-buddies"), section(intro), *[section(piece) for piece in pieces(names, 9_000)])


def line(words: str) -> Message:
    """One line for a person."""
    return message(clipped(words, 200), section(words))


def later_day(language: Language) -> str:
    """A day that has passed was chosen."""
    _ = translator(language)
    return _("Please choose a later day.")


class Done(StrEnum):
    """What came of something that a champion did."""

    PREVIEWED = "previewed"
    APPROVED = "approved"
    APPROVED_HALF = "approved_half"
    EXTENDED = "extended"
    STOPPED = "stopped"
    PROMISED = "promised"
    PHASED = "phased"
    NOTHING_WAITS = "nothing_waits"
    NOTHING_TOLD = "nothing_told"
    NO_PROMISES = "no_promises"
    NO_ROUND = "no_round"
    FINISHED = "finished"
    NOTHING_RELEASED = "nothing_released"
    NOT_PLANNED = "not_planned"
    NOT_OPEN = "not_open"
    OPENING = "opening"
    NOT_LATER = "not_later"
    TOO_LONG = "too_long"
    NEXT_WAVE = "next_wave"
    TOO_SMALL = "too_small"
    PASSED = "passed"
    NOT_A_CHAMPION = "not_a_champion"
    CANNOT_READ = "cannot_read"
    NO_GROUPS = "no_groups"
    FROZEN = "frozen"
    ROSTER_GONE = "roster_gone"


def done(what: Done, language: Language) -> Message:
    """One line about it."""
    _ = translator(language)
    words = {
        Done.PREVIEWED: _(":eyes: The round is in your messages with this app now, for you alone."),
        Done.APPROVED: _(":white_check_mark: Approved. The round opens by itself at its time."),
        Done.APPROVED_HALF: _(":white_check_mark: Approved by you. One more champion has to approve this round."),
        Done.EXTENDED: _(":white_check_mark: The round stays open longer."),
        Done.STOPPED: _(
            ":octagonal_sign: Stopped. No further message goes out, and no more answers are taken. Answers given "
            "before count."
        ),
        Done.PROMISED: _(":white_check_mark: Written down. Everyone sees it in the Home tab and with the results."),
        Done.PHASED: _(":white_check_mark: Written down. It holds for rounds that open from that day on."),
        Done.NOTHING_WAITS: _("Nothing waits for approval."),
        Done.NOTHING_TOLD: _("Nothing has been told yet, so there is nothing to correct."),
        Done.NO_PROMISES: _("No promise is open."),
        Done.NO_ROUND: _("There is no such round any more."),
        Done.FINISHED: _("The campaign has ended. All released numbers come as a file in your messages with this app."),
        Done.NOTHING_RELEASED: _("The campaign has ended. Nothing was released, so there is no file."),
        Done.NOT_PLANNED: _("Only a planned round can be approved, and this one has begun or has ended."),
        Done.NOT_OPEN: _("This round is not open any more; a close that has come stands."),
        Done.OPENING: _("The round opens at this very moment. Please try again in a few seconds."),
        Done.NOT_LATER: _("Please choose a later time than the present close."),
        Done.TOO_LONG: _("A round is open for 14 days at most."),
        Done.NEXT_WAVE: _("By then the next round has opened, so this one cannot stay open so long."),
        Done.TOO_SMALL: _("This team is too small for a phase of its own: fewer than ten people."),
        Done.PASSED: _("A round has opened on or after that day. Rounds keep their phases; choose a later day."),
        Done.NOT_A_CHAMPION: _("Only champions of this campaign can do this."),
        Done.CANNOT_READ: _(
            "Something does not fit in the file of the campaign or the roster. The operators' log says what."
        ),
        Done.NO_GROUPS: _("This workspace has no user groups. Ask your operators for a roster file (CSV)."),
        Done.FROZEN: _("This campaign has begun and cannot be planned anew."),
        Done.ROSTER_GONE: _("The people cannot be read now: the roster is missing, or too small. Nothing was sent."),
    }[what]
    return message(clipped(words, 200), section(words))


def moment(at: datetime, language: Language) -> str:
    """A moment, in the zone that it carries."""
    return str(format_datetime(at, "EEEE d MMMM, HH:mm", tzinfo=at.tzinfo, locale=language.value))


def day(on: date, language: Language) -> str:
    """A day."""
    return str(format_date(on, "d MMMM y", locale=language.value))


def _round_words(desk: Desk) -> str:
    _ = translator(desk.language)
    roster = f"\n{desk.roster}" if desk.roster else ""
    if desk.wave is None or desk.opens_at is None or desk.closes_at is None:
        return _("*No round is planned any more.*") + roster
    number = desk.wave.number
    if desk.wave.state is WaveState.PLANNED:
        words = _("*Round {number}* opens {moment}. Approved by {given} of {needed}.")
        return words.format(
            number=number, moment=moment(desk.opens_at, desk.language), given=desk.given, needed=desk.needed
        ) + (roster)
    if desk.wave.state is WaveState.OPEN:
        return (
            _("*Round {number} is open* until {moment}.").format(
                number=number, moment=moment(desk.closes_at, desk.language)
            )
            + roster
        )
    return _("*Round {number}* opens or closes at this moment.").format(number=number) + roster


def _round_buttons(desk: Desk) -> list[Block]:
    _ = translator(desk.language)
    if desk.wave is None:
        return []
    wave = desk.wave
    stop_it = _do(
        _("Stop"),
        AdminVerb.STOP,
        wave.id,
        style="danger",
        sure=confirm(
            _("Stop this round?"),
            _("This cannot be undone. A planned round never opens; an open round closes now."),
            _("Stop it"),
            _("Cancel"),
        ),
    )
    buttons = [_do(_("Test round to me"), AdminVerb.PREVIEW, wave.id)]
    if wave.state is WaveState.PLANNED:
        buttons.append(_do(_("Dry run"), AdminVerb.DRY_RUN, wave.id))
        buttons.append(
            _do(
                _("Approve"),
                AdminVerb.APPROVE,
                wave.id,
                style="primary",
                sure=confirm(
                    _("Approve this round?"),
                    _("It opens at its time and goes to everyone in the roster."),
                    _("Approve"),
                    _("Not yet"),
                ),
            )
        )
    if wave.state is WaveState.OPEN:
        buttons.append(_do(_("Extend"), AdminVerb.EXTEND, wave.id))
    buttons += [_do(_("Which teams are visible?"), AdminVerb.VISIBILITY, wave.id), stop_it]
    return [actions(f"{BlockId.ADMIN}.round", *buttons)]


def _review_buttons(desk: Desk) -> list[Block]:
    _ = translator(desk.language)
    if not desk.review:
        return []
    return [
        section(_("*Comments of a closed round* wait for somebody who looks at them first.")),
        actions(f"{BlockId.ADMIN}.review", _do(_("Review comments"), AdminVerb.REVIEW)),
    ]


def _do(
    text: str, verb: AdminVerb, value: str = "-", *, style: str | None = None, sure: ConfirmObject | None = None
) -> ButtonElement:
    return ButtonElement(text=text, action_id=admin_action(verb), value=value, style=style, confirm=sure)
