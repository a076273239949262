"""What people chose for themselves, as the ledger keeps it."""

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest

from services.contracts.base import Language
from services.pulse_bot.ledger import preferences
from services.pulse_bot.ledger.preferences import NONE, Preferences
from services.pulse_bot.ledger.store import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    opened.close()


def test_choices_come_back_as_they_went_and_are_gone_when_none_is_left(ledger: Ledger) -> None:
    chosen = Preferences(Language.EN, time(8, 30), (3, 5), date(2026, 3, 2))
    ledger.write_now(preferences.put("T1", "U1", chosen))
    assert ledger.read_now(lambda c: preferences.of(c, "T1", "U1")) == chosen
    assert ledger.read_now(lambda c: preferences.everybody(c, "T1")) == {"U1": chosen}
    assert ledger.read_now(lambda c: preferences.everybody(c, "T2")) == {}
    ledger.write_now(preferences.put("T1", "U1", NONE))
    assert ledger.read_now(lambda c: preferences.everybody(c, "T1")) == {}


def test_a_pause_ends_in_the_morning_of_its_last_day() -> None:
    paused = Preferences(paused_until=date(2026, 3, 2))
    assert paused.paused_on(date(2026, 3, 1))
    assert not paused.paused_on(date(2026, 3, 2))
    assert not NONE.paused_on(date(2026, 3, 1))


def test_days_off_are_working_days_each_once_in_their_order() -> None:
    assert preferences.days_text([5, 3, 3, 6, 7]) == "35"
