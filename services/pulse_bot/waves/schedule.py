"""When somebody gets a message: pure functions of times."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.contracts.campaign import Schedule

_SATURDAY = 5


def zone_of(timezone: str | None, campaign: str) -> ZoneInfo:
    """The person's zone, or the campaign's where Slack names none that is known."""
    try:
        return ZoneInfo(timezone or campaign)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(campaign)


def working_moment(after: datetime, hour: time, zone: ZoneInfo) -> datetime:
    """The first moment from ``after`` on at which it is ``hour`` in ``zone`` on a Monday to Friday; UTC.

    An hour that a change of clocks skips falls as much later as the clocks went forward; one that comes twice counts
    the first time.
    """
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, hour, zone).astimezone(UTC)
        if day.weekday() < _SATURDAY and moment >= after:
            return moment
        day += timedelta(days=1)


def invitation_due(schedule: Schedule, timezone: str | None, opens_at: datetime, closes_at: datetime) -> datetime:
    """When a person is invited: at their hour; at the opening itself where no such hour comes before the close."""
    moment = working_moment(opens_at, schedule.send_at, zone_of(timezone, schedule.timezone))
    return moment if moment < closes_at else opens_at


def reminder_due(schedule: Schedule, timezone: str | None, opens_at: datetime, closes_at: datetime) -> datetime | None:
    """When a person is reminded: at their hour after half of the wave; None where that is after the close."""
    half_way = opens_at + (closes_at - opens_at) / 2
    moment = working_moment(half_way, schedule.send_at, zone_of(timezone, schedule.timezone))
    return moment if moment < closes_at else None
