"""What a round would do, what of it will be visible, and how long it stays open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from slack_sdk.models.blocks import (
    StaticSelectElement,
)

from services.contracts.base import Language
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.admin.moments import moment
from services.pulse_bot.messages.ids import CallbackId, Field
from services.pulse_bot.messages.message import Json, Message, message
from services.pulse_bot.messages.parts import (
    Dialog,
    asks,
    isolated,
    modal,
    option,
    pieces,
    section,
)

LONGEST_EXTENSION: Final = 7
"""Days by which one modal extends a round at most."""


class Shown(StrEnum):
    """How often a team can be shown."""

    WAVE = "wave"
    WINDOW = "window"
    NEVER = "never"


@dataclass(frozen=True)
class DryRun:
    """What would happen in a round: how many get it and when, and how many get nothing, and why.

    ``in_another``: how many are in a round that is not over; this one waits for it.
    """

    invited: int
    first: datetime | None
    done_by: datetime | None
    silences: Mapping[str, int]
    proposals: Sequence[str]
    in_another: int = 0


def dry_run(told: DryRun, language: Language) -> Message:
    """What the round would do."""
    _ = translator(language)
    lines = [_("*Nothing has been sent. This is what the round would do:*")]
    lines.append(_("• invitations: {count}").format(count=told.invited))
    if told.in_another:
        lines.append(
            _("• in another round now: {count}. This one opens when that one has closed").format(count=told.in_another)
        )
    if told.first is not None and told.done_by is not None:
        lines.append(
            _("• the first {first}, the last {last}").format(
                first=moment(told.first, language), last=moment(told.done_by, language)
            )
        )
    for reason, count in told.silences.items():
        lines.append(_("• no message ({reason}): {count}").format(count=count, reason=silence(reason, language)))
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
        "paused": _("has paused"),
        "on_leave": _("on leave"),
        "no_working_day": _("no working day in this round"),
        "in_two_teams": _("is in two teams"),
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


def extended(closes_at: datetime, language: Language) -> Message:
    """A round was extended; ``closes_at`` in the zone to show it in."""
    _ = translator(language)
    words = _(":white_check_mark: The round stays open until {moment}.").format(moment=moment(closes_at, language))
    return message(words, section(words))


def extend_modal(wave_id: str, closes_at: datetime, language: Language) -> Json:
    """How many days longer a round stays open."""
    _ = translator(language)
    days = [
        option(_("{count} days longer").format(count=count) if count > 1 else _("1 day longer"), str(count))
        for count in range(1, LONGEST_EXTENSION + 1)
    ]
    return modal(
        Dialog(CallbackId.EXTEND, _("Extend the round"), _("Extend"), _("Cancel"), wave_id),
        section(_("It now closes on {moment}.").format(moment=moment(closes_at, language))),
        asks(Field.DAYS, _("How much longer?"), StaticSelectElement(action_id=Field.DAYS, options=days)),
    )
