"""What is due is decided by the release, the days and the campaign's time; and nothing counts as gone unread."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.ingest.retention.erasing import Ballots, NotErased
from services.ingest.retention.planning import Days, Erasure, Kind, ReleasedWave, due
from services.ingest.settings import RetentionSettings
from services.runtime.settings import SettingsFault, load

RELEASED = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
WAVES = (ReleasedWave("w1", RELEASED), ReleasedWave("w2", RELEASED + timedelta(days=14)))
DAYS = Days(ballots=7, comments=90)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(days=7) - timedelta(seconds=1), []),
        (timedelta(days=7), [Erasure("w1", Kind.BALLOTS)]),
        (timedelta(days=21), [Erasure("w1", Kind.BALLOTS), Erasure("w2", Kind.BALLOTS)]),
        (timedelta(days=90), [Erasure("w1", Kind.BALLOTS), Erasure("w1", Kind.COMMENTS), Erasure("w2", Kind.BALLOTS)]),
    ],
)
def test_ballots_go_after_seven_days_and_comments_after_ninety(after: timedelta, expected: list[Erasure]) -> None:
    assert list(due(WAVES, RELEASED + after, DAYS)) == expected


@pytest.mark.parametrize(
    ("name", "value"), [("BALLOTS", "0"), ("BALLOTS", "31"), ("COMMENTS", "0"), ("COMMENTS", "91")]
)
def test_nobody_can_keep_them_longer_by_a_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"DRAAGVLAK_RETENTION_{name}_DAYS", value)
    with pytest.raises(SettingsFault, match=f"DRAAGVLAK_RETENTION_{name}_DAYS"):
        load(RetentionSettings)


class Stubborn:
    """A ClickHouse that says done to every statement and keeps its rows."""

    def query(self, _statement: str, parameters: dict[str, Any]) -> Any:
        return type("Result", (), {"result_rows": [(3, 1)]})

    def command(self, _statement: str, parameters: dict[str, Any]) -> None:
        return None


def test_what_is_still_there_after_it_was_erased_is_said_by_table_and_wave() -> None:
    stubborn: Any = Stubborn()
    with pytest.raises(NotErased, match="answers: 3 rows in 3 parts of w1 are still there"):
        Ballots(stubborn).erase(Erasure("w1", Kind.BALLOTS))
