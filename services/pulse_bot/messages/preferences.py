"""Preferences: the modal in which they are set, and what is said of them."""

from collections.abc import Sequence
from datetime import date, time
from typing import Final

from babel import Locale
from babel.dates import format_date, get_day_names
from slack_sdk.models.blocks import CheckboxesElement, StaticSelectElement

from services.contracts.base import Language
from services.pulse_bot.ledger.preferences import WORKING_DAYS, Preferences
from services.pulse_bot.locales import languages, translator
from services.pulse_bot.messages.ids import CallbackId, Field
from services.pulse_bot.messages.message import Json, Message, message
from services.pulse_bot.messages.parts import Dialog, asks, context, modal, one_picked, option, picked, section

HOURS: Final = tuple(time(hour, minute) for hour in range(7, 20) for minute in (0, 30))
PAUSE_WEEKS: Final = (0, 2, 4, 8, 13, 26)
AS_CAMPAIGN: Final = "campaign"


def preferences_modal(chosen: Preferences, campaign_hour: time, language: Language) -> Json:
    """Where a person sets language, hour, days off and pause."""
    _ = translator(language)
    offered = [option(language_name(known), known) for known in languages()]
    usual = _("As everyone: {hour}").format(hour=f"{campaign_hour:%H:%M}")
    hours = [option(usual, AS_CAMPAIGN), *(option(f"{hour:%H:%M}", f"{hour:%H:%M}") for hour in HOURS)]
    days = [option(day_name(day, language), str(day)) for day in WORKING_DAYS]
    pauses = [option(_pause_name(weeks, language), str(weeks)) for weeks in PAUSE_WEEKS]
    if chosen.paused_until is not None:
        until = format_date(chosen.paused_until, "d MMMM y", locale=language)
        pauses.insert(0, option(_("Until {day}, as it is now").format(day=until), "keep"))
    hour = f"{chosen.hour:%H:%M}" if chosen.hour else AS_CAMPAIGN
    return modal(
        Dialog(CallbackId.PREFERENCES, _("Preferences"), _("Save"), _("Cancel")),
        asks(
            Field.LANGUAGE,
            _("Language"),
            StaticSelectElement(
                action_id=Field.LANGUAGE,
                options=offered,
                initial_option=one_picked(offered, chosen.language or language),
            ),
        ),
        asks(
            Field.HOUR,
            _("At what time may questions come? (your own time zone)"),
            StaticSelectElement(action_id=Field.HOUR, options=hours, initial_option=one_picked(hours, hour)),
        ),
        asks(
            Field.DAYS_OFF,
            _("Days on which you do not work"),
            CheckboxesElement(
                action_id=Field.DAYS_OFF, options=days, initial_options=picked(days, *map(str, chosen.days_off))
            ),
            optional=True,
        ),
        asks(
            Field.PAUSE,
            _("Pause"),
            StaticSelectElement(action_id=Field.PAUSE, options=pauses, initial_option=pauses[0]),
        ),
        context(_("While you pause you get no questions. Nobody is told.")),
    )


def saved(chosen: Preferences, language: Language) -> Message:
    """What has been set."""
    _ = translator(language)
    return message(
        _("Your preferences are saved."),
        section("\n".join([_("*Your preferences are saved.*"), *told(chosen, language)])),
    )


def told(chosen: Preferences, language: Language, campaign_hour: time | None = None) -> Sequence[str]:
    """A person's choices as lines."""
    _ = translator(language)
    hour = chosen.hour or campaign_hour
    lines = [_("Language: {name}").format(name=language_name(chosen.language or language))]
    if hour is not None:
        lines.append(_("Questions come at {hour}").format(hour=f"{hour:%H:%M}"))
    if chosen.days_off:
        names = ", ".join(day_name(day, language) for day in chosen.days_off)
        lines.append(_("Days off: {days}").format(days=names))
    if chosen.paused_until:
        lines.append(_("Paused until {day}").format(day=format_date(chosen.paused_until, "d MMMM y", locale=language)))
    return [f"• {line}" for line in lines]


def language_set(language: Language) -> str:
    """After ``/pulse language``, in the language that was chosen."""
    _ = translator(language)
    return _("From now on I write to you in English.")


def language_unknown(language: Language) -> str:
    """After ``/pulse language`` with something else."""
    _ = translator(language)
    codes = " ".join(f"`{known}`" for known in languages())
    return _("Please name a language: {codes}. For instance `/pulse language nl`.").format(codes=codes)


def paused(until: date, language: Language) -> str:
    """After ``/pulse pause``."""
    _ = translator(language)
    day = format_date(until, "EEEE d MMMM y", locale=language)
    return _("You get no questions until {day}. Nobody is told. `/pulse pause off` ends the pause.").format(day=day)


def not_paused(language: Language) -> str:
    """After ``/pulse pause off``."""
    _ = translator(language)
    return _("The pause is over. You get the questions of the next round again.")


def pause_unknown(language: Language) -> str:
    """After ``/pulse pause`` with something else."""
    _ = translator(language)
    return _("Please name a number of weeks from 1 to 26, for instance `/pulse pause 4`, or `/pulse pause off`.")


def language_name(language: Language) -> str:
    """A language in its own words."""
    return str(Locale.parse(language).get_display_name(language)).capitalize()


def day_name(day: int, language: Language) -> str:
    """The name of an ISO weekday (Monday 1)."""
    return str(get_day_names("wide", locale=language)[day - 1])


def _pause_name(weeks: int, language: Language) -> str:
    _ = translator(language)
    return _("Pause for {weeks} weeks").format(weeks=weeks) if weeks else _("No pause")
