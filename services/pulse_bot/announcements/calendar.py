"""When the bot posts by itself: at the campaign's hour on a working day, by the same calendar as its messages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.contracts.campaign import Campaign
from services.pulse_bot.waves.schedule import Calendar


def next_working_day(campaign: Campaign, after: datetime) -> datetime:
    """The hour of posts on the first working day after the local day of ``after``; UTC."""
    return _post_at(campaign, after.astimezone(_zone(campaign)).date() + timedelta(days=1))


def post_day(campaign: Campaign, day: date) -> datetime:
    """The hour of posts on ``day``, or on the first working day after it; UTC."""
    return _post_at(campaign, day)


def digest_day(campaign: Campaign, now: datetime) -> date | None:
    """The day of the newest digest that is due, every ``digest_weeks`` weeks on a Thursday.

    None before the first, or where the campaign wants none.
    """
    weeks = campaign.channels.digest_weeks
    if weeks == 0:
        return None
    first = _first_digest(campaign)
    passed = (now.astimezone(_zone(campaign)).date() - first).days
    if passed < 0:
        return None
    return first + timedelta(weeks=weeks * (passed // (7 * weeks)))


def digest_since(campaign: Campaign, day: date) -> date:
    """The first day that a digest of ``day`` tells of: the day of the one before, or for the first all that was."""
    return date.min if day <= _first_digest(campaign) else day - timedelta(weeks=campaign.channels.digest_weeks)


def _first_digest(campaign: Campaign) -> date:
    return campaign.schedule.starts_on + timedelta(weeks=campaign.channels.digest_weeks, days=3)


def _post_at(campaign: Campaign, day: date) -> datetime:
    calendar = Calendar.of(campaign.schedule)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, campaign.channels.posts_at, _zone(campaign)).astimezone(UTC)


def _zone(campaign: Campaign) -> ZoneInfo:
    return ZoneInfo(campaign.schedule.timezone)
