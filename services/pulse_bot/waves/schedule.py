"""When somebody gets a message, or why they get none: pure functions of times and preferences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from holidays import country_holidays

from services.contracts.campaign import Schedule
from services.pulse_bot.ledger.preferences import NONE, Preferences

_SATURDAY: Final = 5
_AFTER_INVITATION: Final = timedelta(days=1)
"""Least time between the moment of an invitation and that of its reminder."""

_LATE: Final = timedelta(hours=8)
"""How long after somebody's hour a message still goes out; never on the day after."""


class NoMoment(StrEnum):
    """Why a wave has no moment at which a person gets a message."""

    PAUSED = "paused"
    ON_LEAVE = "on_leave"
    NO_WORKING_DAY = "no_working_day"


@dataclass(frozen=True)
class Leave:
    """Days on which a person is away, as the roster says; both included, None: without end."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the person is away on ``day``."""
        if self.first is None and self.last is None:
            return False
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


NOT_AWAY: Final = Leave()


@dataclass(frozen=True)
class Rhythm:
    """When a person can be written to. ``timezone``: an IANA name as Slack gives it, never an offset, or None."""

    timezone: str | None = None
    chosen: Preferences = NONE
    leave: Leave = NOT_AWAY

    def away(self, day: date) -> NoMoment | None:
        """Why the person gets nothing on ``day``; None on an ordinary day."""
        if self.chosen.paused_on(day):
            return NoMoment.PAUSED
        return NoMoment.ON_LEAVE if self.leave.holds(day) else None


@dataclass(frozen=True)
class Calendar:
    """What holds for everybody: the hour, the zones to fall back on, and the public holidays."""

    hour: time
    zones: tuple[str, ...]
    holidays: str | None

    @classmethod
    def of(cls, schedule: Schedule, organisation: str | None = None) -> "Calendar":
        """The calendar of a campaign; ``organisation`` is the zone of the whole installation."""
        return cls(schedule.send_at, tuple(z for z in (schedule.timezone, organisation) if z), schedule.holidays)

    def zone(self, timezone: str | None) -> ZoneInfo:
        """The person's zone; else the campaign's, the organisation's, UTC: the first that is known."""
        for name in (timezone, *self.zones):
            if name:
                try:
                    return ZoneInfo(name)
                except (ZoneInfoNotFoundError, ValueError, OSError):
                    continue
        return ZoneInfo("UTC")

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday, and no public holiday."""
        return day.weekday() < _SATURDAY and not (self.holidays and is_holiday(self.holidays, day))


@lru_cache(maxsize=4096)
def is_holiday(calendar: str, day: date) -> bool:
    """Whether ``day`` is a public holiday of ``NL``, ``DE-BY`` and the like."""
    country, _, subdivision = calendar.partition("-")
    return day in country_holidays(country, subdiv=subdivision or None, years=day.year)


def moment_on(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The moment at which it is ``hour`` on ``day`` in ``zone``; UTC.

    An hour that a change of clocks skips falls as much later as the clocks went forward; one that comes twice counts
    the first time.
    """
    return datetime.combine(day, hour, zone).astimezone(UTC)


@lru_cache(maxsize=65_536)
def first_moment(rhythm: Rhythm, calendar: Calendar, after: datetime, closes_at: datetime) -> datetime | NoMoment:
    """The first moment from ``after`` on, before ``closes_at``, at the person's hour on a day that suits them; UTC."""
    zone, hour = calendar.zone(rhythm.timezone), rhythm.chosen.hour or calendar.hour
    reason = NoMoment.NO_WORKING_DAY
    for day in _days(after, closes_at, zone):
        moment = moment_on(day, hour, zone)
        if not after <= moment < closes_at or not calendar.is_working_day(day):
            continue
        away = rhythm.away(day)
        if away is not None:
            reason = away
        elif day.isoweekday() not in rhythm.chosen.days_off:
            return moment
    return reason


@lru_cache(maxsize=65_536)
def invitation_due(rhythm: Rhythm, calendar: Calendar, opens_at: datetime, closes_at: datetime) -> datetime | NoMoment:
    """When a person is invited: at their hour, on a working day of theirs, before the close.

    In a wave too short for anyone's hour: at the opening itself, where that is on such a day.
    """
    found = first_moment(rhythm, calendar, opens_at, closes_at)
    if found is not NoMoment.NO_WORKING_DAY:
        return found
    zone, hour = calendar.zone(rhythm.timezone), rhythm.chosen.hour or calendar.hour
    if any(
        calendar.is_working_day(day) and opens_at <= moment_on(day, hour, zone) < closes_at
        for day in _days(opens_at, closes_at, zone)
    ):
        return found
    today = opens_at.astimezone(zone).date()
    if not calendar.is_working_day(today) or today.isoweekday() in rhythm.chosen.days_off:
        return found
    return rhythm.away(today) or opens_at.astimezone(UTC)


def reminder_due(
    rhythm: Rhythm, calendar: Calendar, opens_at: datetime, closes_at: datetime, invited_on: date | None = None
) -> datetime | NoMoment:
    """When a person is reminded: at their hour after half of the wave, at the earliest on the day after they were
    invited.

    ``invited_on`` is the campaign's day on which the invitation went; None where it has not: then as it is due.
    """
    if invited_on is not None:
        earliest = moment_on(invited_on + timedelta(days=1), time.min, calendar.zone(None))
    else:
        invited = invitation_due(rhythm, calendar, opens_at, closes_at)
        if isinstance(invited, NoMoment):
            return invited
        earliest = invited + _AFTER_INVITATION
    return first_moment(rhythm, calendar, max(half_of(opens_at, closes_at), earliest), closes_at)


def is_time(rhythm: Rhythm, calendar: Calendar, due: datetime, now: datetime) -> bool:
    """Whether a message that was due at ``due`` goes out ``now``: at its moment or some hours later.

    One that was missed, since no bot was running or Slack was away, waits for the person's hour on the next day that
    suits them: what was due on Friday comes on Monday, and nobody is written to at night.
    """
    zone, hour = calendar.zone(rhythm.timezone), rhythm.chosen.hour or calendar.hour
    today = now.astimezone(zone).date()
    if due.astimezone(zone).date() == today:
        return due <= now < due + _LATE
    suits = calendar.is_working_day(today) and today.isoweekday() not in rhythm.chosen.days_off
    begins = moment_on(today, hour, zone)
    return due <= now and suits and rhythm.away(today) is None and begins <= now < begins + _LATE


def half_of(opens_at: datetime, closes_at: datetime) -> datetime:
    """The middle of a wave in elapsed time, whatever the clocks do meanwhile; UTC."""
    opens, closes = opens_at.astimezone(UTC), closes_at.astimezone(UTC)
    return opens + (closes - opens) / 2


def _days(after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[date]:
    """The local days from the one before ``after`` (an hour skipped there may fall on the next) to that of the end."""
    day, last = after.astimezone(zone).date() - timedelta(days=1), until.astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
