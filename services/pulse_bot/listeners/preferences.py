"""Preferences that were sent from their modal."""

from dataclasses import replace
from datetime import date, time, timedelta

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from services.pulse_bot.ledger import preferences
from services.pulse_bot.ledger.preferences import Preferences
from services.pulse_bot.listeners.home import HomeListener
from services.pulse_bot.listeners.reception import Reception
from services.pulse_bot.messages import preferences as preference_messages
from services.pulse_bot.messages.ids import CallbackId, Field
from services.pulse_bot.messages.message import Json
from services.pulse_bot.messages.preferences import AS_CAMPAIGN, HOURS, PAUSE_WEEKS
from services.pulse_bot.payloads import Malformed, ViewSubmission, language_in, parse_submission


class PreferenceListener:
    """Keeps what people choose for themselves."""

    def __init__(self, reception: Reception, home: HomeListener) -> None:
        self._reception = reception
        self._home = home

    async def sent(self, ack: AsyncAck, body: Json) -> None:
        """The modal was sent: kept, confirmed in the person's DM, and App Home shows it."""
        submission = parse_submission(body)
        person = submission.person
        visitor = await self._reception.visitor(person)
        today = (await self._reception.now()).date()
        chosen = read(submission, visitor.chosen, today)
        await self._reception.ledger.write(preferences.put(person.workspace, person.member, chosen))
        await ack()
        language = chosen.language or visitor.language
        self._reception.afterwards.say(person.member, preference_messages.saved(chosen, language))
        await self._home.show(person)


def read(submission: ViewSubmission, before: Preferences, today: date) -> Preferences:
    """The choices in a sent modal. Raises Malformed for what the modal does not offer."""
    hour, pause = submission.choice(Field.HOUR), submission.choice(Field.PAUSE)
    if hour != AS_CAMPAIGN and hour not in {f"{offered:%H:%M}" for offered in HOURS}:
        raise Malformed("view.hour")
    if pause != "keep" and pause not in {str(weeks) for weeks in PAUSE_WEEKS}:
        raise Malformed("view.pause")
    try:
        days_off = tuple(sorted({int(day) for day in submission.choices(Field.DAYS_OFF)}))
    except ValueError:
        raise Malformed("view.days_off") from None
    until = before.paused_until if pause == "keep" else paused_until(int(pause), today)
    return replace(
        before,
        language=language_in(submission),
        hour=None if hour == AS_CAMPAIGN else time.fromisoformat(hour),
        days_off=days_off,
        paused_until=until,
    )


def paused_until(weeks: int, today: date) -> date | None:
    """The day on which a pause of so many weeks from ``today`` ends; None for none."""
    return today + timedelta(weeks=weeks) if weeks else None


def register(app: AsyncApp, listener: PreferenceListener) -> None:
    """Listen to the modal."""
    app.view(CallbackId.PREFERENCES.value)(listener.sent)
