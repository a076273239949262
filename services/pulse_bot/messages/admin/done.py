"""What came of something that a champion did, in one line."""

from enum import StrEnum

from services.contracts.base import Language
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.message import Message, message
from services.pulse_bot.messages.parts import (
    clipped,
    section,
)


class Done(StrEnum):
    """What came of something that a champion did."""

    PREVIEWED = "previewed"
    APPROVED = "approved"
    APPROVED_HALF = "approved_half"
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
    OVERLAPS = "overlaps"
    ROSTER_GONE = "roster_gone"


def done(what: Done, language: Language) -> Message:
    """One line about it."""
    _ = translator(language)
    words = {
        Done.PREVIEWED: _(":eyes: The round is in your messages with this app now, for you alone."),
        Done.APPROVED: _(":white_check_mark: Approved. The round opens by itself at its time."),
        Done.APPROVED_HALF: _(":white_check_mark: Approved by you. One more champion has to approve this round."),
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
        Done.NOT_OPEN: _("This round is not open any more; once closed, it stays closed."),
        Done.OPENING: _("The round opens at this very moment. Please try again in a few seconds."),
        Done.NOT_LATER: _("Please choose a later time than the present close."),
        Done.TOO_LONG: _("A round is open for 14 days at most."),
        Done.NEXT_WAVE: _("By then the next round has opened, so this one cannot stay open so long."),
        Done.TOO_SMALL: _("This team is too small for a phase of its own: fewer than ten people."),
        Done.PASSED: _("A round has opened on or after that day. Rounds keep their phases; choose a later day."),
        Done.NOT_A_CHAMPION: _("Only champions of this campaign can do this."),
        Done.CANNOT_READ: _("Something is wrong in the campaign file or the roster. The operators' log says what."),
        Done.NO_GROUPS: _("This workspace has no user groups. Ask your operators for a roster file (CSV)."),
        Done.FROZEN: _("This campaign has begun and cannot be planned again."),
        Done.OVERLAPS: _(
            "Another campaign has rounds in those weeks, and nobody takes part in two. Choose other weeks."
        ),
        Done.ROSTER_GONE: _("The people cannot be read now: the roster is missing, or too small. Nothing was sent."),
    }[what]
    return message(clipped(words, 200), section(words))
