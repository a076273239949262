"""The champion's menu."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from slack_sdk.models.blocks import (
    Block,
    DividerBlock,
)

from services.contracts.base import Language
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.admin.moments import moment
from services.pulse_bot.messages.admin.verbs import verb_button
from services.pulse_bot.messages.ids import AdminVerb, BlockId
from services.pulse_bot.messages.message import Message, message
from services.pulse_bot.messages.parts import (
    actions,
    clipped,
    confirm,
    header,
    isolated,
    section,
)

_OTHERS: Final = 10


@dataclass(frozen=True)
class Desk:
    """What the menu knows. ``wave``: the open round, else the next one; times in the zone to show them in.

    ``review``: comments of a closed round wait for a champion. ``others``: titles and ids of their other campaigns.
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
    campaign_id: str = "-"
    others: Sequence[tuple[str, str]] = ()


def menu(desk: Desk) -> Message:
    """The champion's menu."""
    _ = translator(desk.language)
    roster = f"\n{desk.roster}" if desk.roster else ""
    return message(
        _("For champions"),
        header(clipped(desk.title, 150)),
        section(_round_words(desk) + roster),
        *_round_buttons(desk),
        DividerBlock(),
        *_telling(desk),
        *_promising(desk),
        *_review_buttons(desk),
        DividerBlock(),
        _ending(desk),
        *_others(desk),
    )


def line(words: str) -> Message:
    """One line for a person."""
    return message(clipped(words, 200), section(words))


def _round_words(desk: Desk) -> str:
    _ = translator(desk.language)
    if desk.wave is None or desk.opens_at is None or desk.closes_at is None:
        return _("*No round is planned any more.*")
    number = desk.wave.number
    if desk.wave.state is WaveState.PLANNED:
        opens = moment(desk.opens_at, desk.language)
        words = _("*Round {number}* opens {moment}. Approved by {given} of {needed}.")
        return words.format(number=number, moment=opens, given=desk.given, needed=desk.needed)
    if desk.wave.state is WaveState.OPEN:
        closes = moment(desk.closes_at, desk.language)
        return _("*Round {number} is open* until {moment}.").format(number=number, moment=closes)
    return _("*Round {number}* opens or closes at this moment.").format(number=number)


def _round_buttons(desk: Desk) -> list[Block]:
    _ = translator(desk.language)
    if desk.wave is None:
        return []
    wave = desk.wave
    stop_it = verb_button(
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
    buttons = [verb_button(_("Test round to me"), AdminVerb.PREVIEW, wave.id)]
    if wave.state is WaveState.PLANNED:
        buttons.append(verb_button(_("Dry run"), AdminVerb.DRY_RUN, wave.id))
        buttons.append(
            verb_button(
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
        buttons.append(verb_button(_("Extend"), AdminVerb.EXTEND, wave.id))
    buttons += [verb_button(_("Which teams are visible?"), AdminVerb.VISIBILITY, wave.id), stop_it]
    return [actions(f"{BlockId.ADMIN}.round", *buttons)]


def _review_buttons(desk: Desk) -> list[Block]:
    _ = translator(desk.language)
    if not desk.review:
        return []
    return [
        section(_("*Comments of a closed round* wait for somebody who looks at them first.")),
        actions(f"{BlockId.ADMIN}.review", verb_button(_("Review comments"), AdminVerb.REVIEW, desk.campaign_id)),
    ]


def _telling(desk: Desk) -> list[Block]:
    _ = translator(desk.language)
    return [
        section(_("*Tell what happened*")),
        actions(
            f"{BlockId.ADMIN}.tell",
            verb_button(_("Success or news"), AdminVerb.ANNOUNCE, desk.campaign_id),
            verb_button(_("Log a training"), AdminVerb.TRAINING, desk.campaign_id),
            verb_button(_("Drafts that wait: {count}").format(count=desk.drafts), AdminVerb.DRAFTS, desk.campaign_id),
            verb_button(_("Correct what was told"), AdminVerb.CORRECT, desk.campaign_id),
        ),
    ]


def _promising(desk: Desk) -> list[Block]:
    _ = translator(desk.language)
    return [
        section(_("*Promise and keep*")),
        actions(
            f"{BlockId.ADMIN}.promise",
            verb_button(_("Log a promise"), AdminVerb.PROMISE, desk.campaign_id),
            verb_button(_("Kept or not?"), AdminVerb.SETTLE, desk.campaign_id),
            verb_button(_("Phase of a team"), AdminVerb.PHASE, desk.campaign_id),
            verb_button(_("AI buddies"), AdminVerb.BUDDIES, desk.campaign_id),
        ),
    ]


def _ending(desk: Desk) -> Block:
    _ = translator(desk.language)
    sure = confirm(
        _("End the campaign?"),
        _("No further round opens, an open round closes now, and you get all released numbers as a file."),
        _("End it"),
        _("Cancel"),
    )
    end = verb_button(_("End the campaign"), AdminVerb.FINISH, desk.campaign_id, style="danger", sure=sure)
    return actions(f"{BlockId.ADMIN}.end", end)


def _others(desk: Desk) -> list[Block]:
    _ = translator(desk.language)
    words = _("*{title}* is yours too: `/pulse admin {campaign}`")
    return [
        section(words.format(title=isolated(clipped(title, 150)), campaign=campaign))
        for title, campaign in desk.others[:_OTHERS]
    ]
