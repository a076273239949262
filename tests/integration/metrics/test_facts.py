"""What the API reads from the store besides scores: facts soon after they are stored, comments once released."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import orjson
import pytest
from clickhouse_connect.driver.client import Client
from fastapi.testclient import TestClient

from services.contracts.base import ROOT_ID
from services.metrics.release.steps import release_wave
from services.metrics.released.archive import Archive
from tests.integration.metrics.test_api import NOW, OpenWave, api, archive, seen, until

__all__ = ["api", "archive"]  # fixtures

AT = datetime(2026, 1, 20, 9, tzinfo=UTC)
Said = Callable[..., None]


@pytest.fixture
def said(admin: Client) -> Said:
    """Store an event of the announcements topic, as ingest does."""

    def store(identifier: str, event_type: str, at: datetime, **fields: object) -> None:
        event = {"version": 1, "event_id": str(uuid4()), "type": event_type} | fields
        admin.insert(
            "announcements",
            [[identifier, event_type, at, orjson.dumps(event).decode()]],
            column_names=["announcement_id", "event_type", "at", "payload"],
            database="pulse_facts",
        )

    return store


def published(identifier: str, title: str, audience: list[str], **more: object) -> dict[str, object]:
    text = {"nl": title, "en": title}
    known = {"announcement_id": identifier, "kind": "success", "title": text, "story": text, "audience": audience}
    return known | {"published_at": AT.isoformat()} | more


def rows(api: TestClient, path: str, key: str, value: str) -> list[dict[str, object]]:
    return [row for row in api.get(f"/v1/{path}").json() if row[key] == value]


def test_an_announcement_and_its_correction_are_told_and_a_draft_is_not(
    api: TestClient, said: Said, campaign: str
) -> None:
    first, draft = f"{campaign}-a", f"{campaign}-d"
    said(first, "announcement.published", AT, **published(first, "First", [ROOT_ID]))
    said(draft, "announcement.drafted", AT, **published(draft, "Draft", [ROOT_ID]))
    until(lambda: len(rows(api, "announcements", "announcement", first)) == 1)
    later = AT + timedelta(days=1)
    said(
        first, "announcement.corrected", later, **published(first, "Second", [ROOT_ID], corrected_at=later.isoformat())
    )
    until(lambda: rows(api, "announcements", "announcement", first)[0]["title"] == "Second")
    (row,) = rows(api, "announcements", "announcement", first)
    assert (row["time"], row["timeEnd"], row["tags"]) == ("2026-01-20T09:00:00Z", "2026-01-20T09:00:00Z", ["success"])
    assert rows(api, "announcements", "announcement", draft) == []
    assert api.get("/v1/effects", params={"announcement": draft}).status_code == 404


def test_promises_concerns_and_outcomes_are_told(api: TestClient, said: Said, admin: Client, campaign: str) -> None:
    promise, concern, outcome = f"{campaign}-p", f"{campaign}-c", f"{campaign}-o"
    text = {"nl": "Een training", "en": "A training"}
    for state, days in (("open", 0), ("kept", 2)):
        when = AT + timedelta(days=days)
        fields = {"promise_id": promise, "text": text, "owner": "HR", "due": "2026-02-01", "state": state}
        said(promise, "promise.recorded", when, **fields, recorded_at=when.isoformat())
    answered = {"concern_id": concern, "question": "Why?", "answer": "Because.", "answered_at": AT.isoformat()}
    said(concern, "concern.answered", AT, **answered)
    admin.insert(
        "outcomes",
        [[outcome, "north", "minutes", 12.5, "min", date(2026, 1, 1), date(2026, 1, 14)]],
        column_names=["outcome_id", "node_id", "measure", "value", "unit", "period_start", "period_end"],
        database="pulse_facts",
    )
    wanted = [("outcomes", "outcome", outcome), ("promises", "promise", promise), ("concerns", "concern", concern)]
    until(lambda: all(rows(api, *one) for one in wanted))
    until(lambda: rows(api, "promises", "promise", promise)[0]["status"] == "kept")
    assert rows(api, "promises", "promise", promise)[0]["time"] == "2026-01-20T09:00:00Z"
    assert rows(api, "concerns", "concern", concern)[0]["answer"] == "Because."
    assert rows(api, "outcomes", "outcome", outcome)[0]["value"] == 12.5
    assert api.get("/v1/promises/kept").json()[-1]["kept"] >= 1


def test_comments_are_served_once_they_are_released(
    api: TestClient, archive: Archive, admin: Client, open_wave: OpenWave, release_role: Client
) -> None:
    wave = open_wave(1)
    wave.run()
    release_wave(release_role, wave.wave_id, NOW)
    until(lambda: seen(archive, wave))
    assert rows(api, "comments", "wave", wave.wave_id) == []
    document = {
        "format": 1,
        "wave": wave.wave_id,
        "campaign": wave.campaign,
        "closed_at": wave.wave.closed_at.isoformat(),
        "comments": [{"question": "OPEN1", "text": f"said {n}"} for n in range(10)],
    }
    admin.insert(
        "comment_releases",
        [[wave.wave_id, wave.wave.closed_at, NOW, "0" * 64, orjson.dumps(document).decode()]],
        column_names=["wave_id", "closed_at", "released_at", "sha256", "document"],
        database="pulse_release",
    )
    until(lambda: len(rows(api, "comments", "wave", wave.wave_id)) == 10)
    assert len(api.get("/v1/comments", params={"wave": wave.wave_id}).json()) == 10


def test_phases_of_teams_are_told_for_released_waves(
    api: TestClient, archive: Archive, admin: Client, open_wave: OpenWave, release_role: Client
) -> None:
    wave = open_wave(1)
    admin.command(
        "INSERT INTO pulse_facts.nodes SELECT wave_id, node_id, position, parent, name_nl, name_en, 'pilot', cadence "
        "FROM pulse_facts.nodes FINAL WHERE wave_id = {wave:String} AND node_id = 'north'",
        parameters={"wave": wave.wave_id},
    )
    wave.run()
    assert rows(api, "phases", "wave", wave.wave_id) == [], "not before the release"
    release_wave(release_role, wave.wave_id, NOW)
    until(lambda: seen(archive, wave))

    def told() -> dict[object, tuple[object, object]]:
        found = rows(api, "phases?language=en", "wave", wave.wave_id)
        return {row["team"]: (row["phase"], row["phase_name"]) for row in found}

    until(lambda: told().get("north") == ("pilot", "Pilot"))
    assert told()["south"] == (None, None)
