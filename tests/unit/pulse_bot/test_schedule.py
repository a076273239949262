"""When people get a message: their own hour, on a working day, through changes of clocks."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from services.contracts.campaign import Schedule
from services.pulse_bot.waves.schedule import invitation_due, reminder_due, working_moment, zone_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TEN = time(10, 0)
SCHEDULE = Schedule(starts_on=date(2026, 1, 5), waves=3)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Amsterdam", datetime(2026, 1, 5, 9, 0, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 1, 6, 4, 30, tzinfo=UTC)),  # 10:00 on Monday has passed there
        ("America/St_Johns", datetime(2026, 1, 5, 13, 30, tzinfo=UTC)),
    ],
)
def test_an_invitation_comes_at_the_persons_own_hour(zone: str, expected: datetime) -> None:
    opens, closes = SCHEDULE.opens_at(1), SCHEDULE.closes_at(1)
    assert invitation_due(SCHEDULE, zone, opens, closes) == expected


@pytest.mark.parametrize("unknown", [None, "", "Mars/Olympus", "../etc/passwd"])
def test_without_a_known_zone_the_campaigns_counts(unknown: str | None) -> None:
    assert zone_of(unknown, "Europe/Amsterdam") == AMSTERDAM


def test_nobody_is_written_to_on_a_weekend() -> None:
    saturday = datetime(2026, 1, 10, 0, 0, tzinfo=AMSTERDAM)
    assert working_moment(saturday, TEN, AMSTERDAM) == datetime(2026, 1, 12, 9, 0, tzinfo=UTC)


def test_ten_oclock_stays_ten_oclock_over_both_changes_of_clocks() -> None:
    before_spring = datetime(2026, 3, 28, 12, 0, tzinfo=AMSTERDAM)  # Saturday; clocks go forward on Sunday
    assert working_moment(before_spring, TEN, AMSTERDAM) == datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
    before_autumn = datetime(2026, 10, 24, 12, 0, tzinfo=AMSTERDAM)
    assert working_moment(before_autumn, TEN, AMSTERDAM) == datetime(2026, 10, 26, 9, 0, tzinfo=UTC)


def test_an_hour_that_does_not_exist_or_exists_twice_is_one_moment() -> None:
    cairo = ZoneInfo("Africa/Cairo")  # clocks go forward at midnight from Thursday to Friday
    skipped = working_moment(datetime(2026, 4, 23, 12, 0, tzinfo=cairo), time(0, 30), cairo)
    assert skipped.astimezone(cairo) == datetime(2026, 4, 24, 1, 30, tzinfo=cairo)
    twice = working_moment(datetime(2026, 10, 29, 12, 0, tzinfo=cairo), time(23, 30), cairo)
    assert twice.astimezone(cairo).replace(tzinfo=None) == datetime(2026, 10, 29, 23, 30)  # noqa: DTZ001 - local words
    assert twice == datetime(2026, 10, 29, 20, 30, tzinfo=UTC)


def test_a_wave_too_short_for_anyones_hour_invites_at_its_opening_and_reminds_nobody() -> None:
    opens = datetime(2026, 1, 9, 11, 0, tzinfo=AMSTERDAM)  # Friday after ten, until Saturday
    closes = datetime(2026, 1, 10, 11, 0, tzinfo=AMSTERDAM)
    assert invitation_due(SCHEDULE, None, opens, closes) == opens
    assert reminder_due(SCHEDULE, None, opens, closes) is None


def test_the_reminder_comes_half_way_at_the_persons_hour() -> None:
    assert reminder_due(SCHEDULE, None, SCHEDULE.opens_at(1), SCHEDULE.closes_at(1)) == datetime(
        2026, 1, 9, 9, 0, tzinfo=UTC
    )
