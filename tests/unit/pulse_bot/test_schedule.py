"""When people get a message: their own hour, on a working day of theirs, through changes of clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.contracts.campaign import Schedule
from services.pulse_bot.ledger.preferences import Preferences
from services.pulse_bot.waves.schedule import (
    Calendar,
    Leave,
    NoMoment,
    Rhythm,
    first_moment,
    half_of,
    invitation_due,
    is_time,
    reminder_due,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SCHEDULE = Schedule(starts_on=date(2026, 1, 5), waves=3)
CALENDAR = Calendar.of(SCHEDULE)
OPENS, CLOSES = SCHEDULE.opens_at(1), SCHEDULE.closes_at(1)  # Monday 5 to Monday 12 January, nine o'clock
ZONES = ("Europe/Amsterdam", "Asia/Kolkata", "America/St_Johns")


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type]


def utc(zone: ZoneInfo, *numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]


def week(rhythm: Rhythm, opens: datetime, calendar: Calendar = CALENDAR) -> datetime | NoMoment:
    return first_moment(rhythm, calendar, opens, opens + timedelta(days=7))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Amsterdam", at(2026, 1, 5, 9, 0)),
        ("Asia/Kolkata", at(2026, 1, 6, 4, 30)),  # 10:00 on Monday has passed there
        ("America/St_Johns", at(2026, 1, 5, 13, 30)),
    ],
)
def test_an_invitation_comes_at_ten_oclock_of_the_persons_own_zone(zone: str, expected: datetime) -> None:
    assert invitation_due(Rhythm(zone), CALENDAR, OPENS, CLOSES) == expected


def test_the_person_may_choose_another_hour() -> None:
    early = Rhythm("Europe/Amsterdam", Preferences(hour=time(8, 30)))
    assert invitation_due(early, CALENDAR, OPENS, CLOSES) == at(2026, 1, 6, 7, 30)  # 8:30 on Monday is before nine


@pytest.mark.parametrize("unknown", [None, "", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_a_zone_falls_back_on_the_campaigns_then_the_organisations_then_utc(unknown: str | None) -> None:
    named = Calendar(time(10), ("Asia/Tokyo", "Europe/Paris"), None)
    assert named.zone(unknown).key == "Asia/Tokyo"
    assert Calendar(time(10), ("Nowhere/At_All", "Europe/Paris"), None).zone(unknown).key == "Europe/Paris"
    assert Calendar(time(10), (), None).zone(unknown).key == "UTC"
    assert Calendar.of(SCHEDULE, "Europe/Paris").zones == ("Europe/Amsterdam", "Europe/Paris")


def test_nobody_is_written_to_on_a_weekend() -> None:
    assert week(Rhythm(), utc(AMSTERDAM, 2026, 1, 10, 0, 0)) == at(2026, 1, 12, 9, 0)


def test_dst_nights_ten_oclock_stays_ten_oclock_in_every_zone() -> None:
    for zone_name, spring, autumn in (
        # Sunday 29 March and 25 October 2026 in Europe; 8 March and 1 November in Newfoundland; never in India
        ("Europe/Amsterdam", (2026, 3, 27), (2026, 10, 23)),
        ("America/St_Johns", (2026, 3, 6), (2026, 10, 30)),
        ("Asia/Kolkata", (2026, 3, 27), (2026, 10, 23)),
    ):
        zone = ZoneInfo(zone_name)
        for friday in (date(*spring), date(*autumn)):
            before = datetime.combine(friday, time(10, 1), zone).astimezone(UTC)  # ten has passed on Friday
            moment = week(Rhythm(zone_name), before)
            assert isinstance(moment, datetime)
            local = moment.astimezone(zone)
            assert (local.date(), local.time()) == (friday + timedelta(days=3), time(10)), zone_name
            elapsed = moment - datetime.combine(friday, time(10), zone).astimezone(UTC)
            change = {"Asia/Kolkata": 0}.get(zone_name, -1 if friday.month == 3 else 1)
            assert elapsed == timedelta(days=3, hours=change), zone_name


def test_dst_nights_a_wave_over_the_change_lasts_its_days_on_the_clock_and_halves_in_elapsed_time() -> None:
    march = Schedule(starts_on=date(2026, 3, 23), waves=1)
    opens, closes = march.opens_at(1), march.closes_at(1)
    assert closes.astimezone(UTC) - opens.astimezone(UTC) == timedelta(days=7, hours=-1)
    assert half_of(opens, closes) - opens.astimezone(UTC) == timedelta(days=3, hours=11, minutes=30)
    october = Schedule(starts_on=date(2026, 10, 19), waves=1)
    assert october.closes_at(1).astimezone(UTC) - october.opens_at(1).astimezone(UTC) == timedelta(days=7, hours=1)


def test_dst_nights_an_hour_that_does_not_exist_or_exists_twice_is_one_moment() -> None:
    cairo = ZoneInfo("Africa/Cairo")  # clocks go forward at midnight from Thursday to Friday
    late = Calendar(time(0, 30), ("Africa/Cairo",), None)
    skipped = week(Rhythm(), utc(cairo, 2026, 4, 23, 12, 0), late)
    assert skipped == utc(cairo, 2026, 4, 24, 1, 30)
    twice = week(Rhythm(), utc(cairo, 2026, 10, 29, 12, 0), Calendar(time(23, 30), ("Africa/Cairo",), None))
    assert twice == at(2026, 10, 29, 20, 30)


def test_nobody_is_written_to_on_a_public_holiday() -> None:
    easter = utc(AMSTERDAM, 2026, 4, 3, 10, 1)  # ten on Good Friday has passed; 6 April is Easter Monday
    assert week(Rhythm(), easter) == at(2026, 4, 7, 8, 0)
    assert week(Rhythm(), easter, Calendar.of(SCHEDULE.model_copy(update={"holidays": None}))) == at(2026, 4, 6, 8, 0)
    bavaria = Calendar.of(SCHEDULE.model_copy(update={"holidays": "DE-BY"}))
    assert week(Rhythm(), utc(AMSTERDAM, 2026, 1, 5, 11, 0), bavaria) == at(2026, 1, 7, 9, 0)  # Epiphany in Bavaria


def test_a_calendar_of_holidays_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="'XX' is no calendar of public holidays"):
        Schedule(starts_on=date(2026, 1, 5), waves=1, holidays="XX")


def test_nobody_is_written_to_on_days_off_while_paused_or_on_leave() -> None:
    off = Rhythm(None, Preferences(days_off=(1, 2)))
    assert invitation_due(off, CALENDAR, OPENS, CLOSES) == at(2026, 1, 7, 9, 0)
    paused = Rhythm(None, Preferences(paused_until=date(2026, 1, 8)))
    assert invitation_due(paused, CALENDAR, OPENS, CLOSES) == at(2026, 1, 8, 9, 0)
    away = Rhythm(None, leave=Leave(date(2026, 1, 1), date(2026, 1, 6)))
    assert invitation_due(away, CALENDAR, OPENS, CLOSES) == at(2026, 1, 7, 9, 0)


@pytest.mark.parametrize(
    ("rhythm", "reason"),
    [
        (Rhythm(None, Preferences(paused_until=date(9999, 1, 1))), NoMoment.PAUSED),
        (Rhythm(None, leave=Leave(date(2025, 12, 1), None)), NoMoment.ON_LEAVE),
        (Rhythm(None, leave=Leave(None, date(2026, 1, 12))), NoMoment.ON_LEAVE),
        (Rhythm(None, Preferences(days_off=(1, 2, 3, 4, 5))), NoMoment.NO_WORKING_DAY),
    ],
)
def test_who_is_away_for_the_whole_wave_gets_nothing_and_it_is_said_why(rhythm: Rhythm, reason: NoMoment) -> None:
    assert invitation_due(rhythm, CALENDAR, OPENS, CLOSES) is reason
    assert reminder_due(rhythm, CALENDAR, OPENS, CLOSES) is reason


def test_a_wave_too_short_for_anyones_hour_invites_at_its_opening_and_reminds_nobody() -> None:
    opens, closes = utc(AMSTERDAM, 2026, 1, 9, 11, 0), utc(AMSTERDAM, 2026, 1, 10, 11, 0)  # Friday until Saturday
    assert invitation_due(Rhythm(), CALENDAR, opens, closes) == opens
    assert reminder_due(Rhythm(), CALENDAR, opens, closes) is NoMoment.NO_WORKING_DAY
    assert invitation_due(Rhythm(None, Preferences(days_off=(5,))), CALENDAR, opens, closes) is NoMoment.NO_WORKING_DAY


def test_the_reminder_comes_half_way_at_the_persons_hour_and_never_on_the_heels_of_the_invitation() -> None:
    assert reminder_due(Rhythm(), CALENDAR, OPENS, CLOSES) == at(2026, 1, 9, 9, 0)
    back_on_thursday = Rhythm(None, leave=Leave(None, date(2026, 1, 8)))
    assert invitation_due(back_on_thursday, CALENDAR, OPENS, CLOSES) == at(2026, 1, 9, 9, 0)
    assert reminder_due(back_on_thursday, CALENDAR, OPENS, CLOSES) is NoMoment.NO_WORKING_DAY


@pytest.mark.parametrize(
    ("zone", "invited_on", "reminded"),
    [
        (None, date(2026, 1, 5), at(2026, 1, 9, 9, 0)),  # as planned: half-way
        (None, date(2026, 1, 8), at(2026, 1, 9, 9, 0)),
        (None, date(2026, 1, 9), NoMoment.NO_WORKING_DAY),  # invited on Friday; the wave closes on Monday at nine
        ("Pacific/Honolulu", date(2026, 1, 8), at(2026, 1, 9, 20, 0)),
        ("Pacific/Auckland", date(2026, 1, 7), at(2026, 1, 8, 21, 0)),
    ],
)
def test_the_reminder_waits_for_the_day_after_the_invitation_really_went(
    zone: str | None, invited_on: date, reminded: datetime | NoMoment
) -> None:
    assert reminder_due(Rhythm(zone), CALENDAR, OPENS, CLOSES, invited_on) == reminded


FRIDAY = at(2026, 1, 9, 9, 0)  # ten o'clock in Amsterdam


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        (at(2026, 1, 9, 8, 59), False),
        (at(2026, 1, 9, 9, 0), True),
        (at(2026, 1, 9, 16, 59), True),
        (at(2026, 1, 9, 17, 0), False),
        (at(2026, 1, 10, 9, 0), False),
        (at(2026, 1, 11, 12, 0), False),
        (at(2026, 1, 12, 8, 59), False),
        (at(2026, 1, 12, 9, 0), True),
    ],
)
def test_what_was_missed_on_friday_comes_on_monday_at_the_persons_hour(now: datetime, goes: bool) -> None:
    assert is_time(Rhythm(), CALENDAR, FRIDAY, now) is goes


@pytest.mark.parametrize(
    ("rhythm", "day"),
    [
        (Rhythm(chosen=Preferences(days_off=frozenset({1}))), 13),
        (Rhythm(chosen=Preferences(hour=time(12))), 12),
        (Rhythm(leave=Leave(date(2026, 1, 12), date(2026, 1, 13))), 14),
    ],
    ids=["a day off", "an hour of their own", "leave"],
)
def test_what_was_missed_waits_for_a_day_and_an_hour_that_suit(rhythm: Rhythm, day: int) -> None:
    hours = [at(2026, 1, 10) + timedelta(hours=hour) for hour in range(24 * 5)]
    hour = (rhythm.chosen.hour or time(10)).hour - 1  # Amsterdam in winter
    assert next(now for now in hours if is_time(rhythm, CALENDAR, FRIDAY, now)) == at(2026, 1, day, hour)


def test_what_is_late_stays_within_the_day() -> None:
    evening = Rhythm(chosen=Preferences(hour=time(19, 30)))
    due = at(2026, 1, 8, 18, 30)
    assert is_time(evening, CALENDAR, due, at(2026, 1, 8, 22, 59))
    assert not is_time(evening, CALENDAR, due, at(2026, 1, 8, 23, 0))  # midnight in Amsterdam


def test_an_invitation_at_the_opening_itself_goes_at_the_opening() -> None:
    opens = at(2026, 1, 5, 13, 0)
    due = invitation_due(Rhythm(), CALENDAR, opens, opens + timedelta(hours=6))
    assert due == opens
    assert is_time(Rhythm(), CALENDAR, opens, opens)
