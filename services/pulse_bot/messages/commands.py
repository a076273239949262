"""What ``/pulse`` answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from babel.dates import format_datetime

from services.contracts.base import Language
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.home import MyRound, RoundState
from services.pulse_bot.messages.message import escaped
from services.pulse_bot.messages.parts import clipped

COMMAND: Final = "/pulse"


@dataclass(frozen=True)
class Status:
    """Where a person stands: the open round, the next one, and a pause."""

    my_round: MyRound | None = None
    next_opens_at: datetime | None = None
    paused: str | None = None
    forgotten: bool = False


def help_text(language: Language, *, champion: bool) -> str:
    """All that can be typed."""
    _ = translator(language)
    lines = [
        _(
            "I send you a few short questions about AI in your work every now and then. You answer them in "
            "your messages with this app. Its Home tab explains how your answers are kept."
        ),
        "",
        _("`/pulse status` – is a round open, and did you answer?"),
        _("`/pulse language nl` – write to me in another language"),
        _("`/pulse pause 4` – no questions for four weeks; `/pulse pause off` ends it"),
        _("`/pulse results` – all results; `/pulse results teams` and `/pulse results comments` for more"),
        _("`/pulse concern` – share a concern without your name; an answer is for everyone to read"),
        _("`/pulse success` – tell what worked"),
        _("`/pulse buddy` – help colleagues with AI, by name"),
    ]
    if champion:
        lines.append(_("`/pulse admin` – for champions: preview, approve, extend, stop and more"))
    return "\n".join(lines)


def unknown(word: str, language: Language) -> str:
    """Something that is no subcommand."""
    _ = translator(language)
    return _("I do not know `{word}`. `/pulse help` shows what you can type.").format(
        word=escaped(clipped(word.replace("`", "'"), 60))
    )


def no_such_team(name: str, language: Language) -> str:
    """Results of something that is no team of the last round."""
    _ = translator(language)
    return _(
        "I do not know a team `{name}` in the last round. `/pulse results teams` shows them all; the others are "
        "`/pulse results` and `/pulse results comments`."
    ).format(name=escaped(clipped(name.replace("`", "'"), 60)))


def status(told: Status, language: Language) -> str:
    """Where a person stands, in a few lines."""
    _ = translator(language)
    lines = []
    if told.forgotten:
        lines.append(
            _(
                "You asked to be forgotten, so you get no questions. In the Home tab of this app you can take "
                "part again."
            )
        )
    if told.my_round is None:
        lines.append(_("No round is open now."))
    else:
        words = {
            RoundState.WAITING: _("A round is open until {until}. Your questions wait in your messages with this app."),
            RoundState.ANSWERED: _("A round is open until {until}. You have answered: thank you!"),
            RoundState.NOT_INVITED: _(
                "A round is open until {until}. You do not take part in it; late joiners are invited to the next one."
            ),
            RoundState.AWAY: _("No round is open for you now."),
        }
        lines.append(words[told.my_round.state].format(until=_moment(told.my_round.closes_at, language)))
    if told.next_opens_at is not None:
        lines.append(_("The next round opens {moment}.").format(moment=_moment(told.next_opens_at, language)))
    if told.paused:
        lines.append(_("You get no questions until {day}.").format(day=told.paused))
    return "\n".join(lines)


def buddy(language: Language, *, signed_up: bool) -> str:
    """After signing up as AI buddy, or off."""
    _ = translator(language)
    if signed_up:
        return _(
            "Thank you for wanting to help! Champions now see your name on the list of AI buddies. This is "
            "kept apart from your answers. `/pulse buddy off` takes your name off the list."
        )
    return _("Your name is off the list of AI buddies. Thank you for having helped.")


def not_known(language: Language) -> str:
    """No campaign has been planned yet."""
    _ = translator(language)
    return _("Nothing has been planned yet. A champion begins with `/pulse admin`.")


def champions_only(language: Language) -> str:
    """``/pulse admin`` by someone else."""
    _ = translator(language)
    return _("`/pulse admin` is for champions. Who they are is decided by the people who run this programme.")


def _moment(at: datetime, language: Language) -> str:
    return str(format_datetime(at, "EEEE d MMMM, HH:mm", tzinfo=at.tzinfo, locale=language))
