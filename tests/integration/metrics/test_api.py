"""The metrics API: what callers get, and what they do not."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError
from fastapi.testclient import TestClient

from sandbox.store import StoreAddress
from services.metrics.release.steps import release_wave
from services.metrics.released.archive import Archive
from services.metrics.routes.application import create_app
from services.runtime.tokens import TokenFile
from tests.integration.metrics.conftest import connected
from tests.integration.metrics.waves import StoredWave
from tests.obstacles import obstacle

OpenWave = Callable[..., StoredWave]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEADERS = {"Authorization": "Bearer reader"}


def tokens(folder: Path) -> TokenFile:
    path = folder / "tokens.yaml"
    entries = [
        {"name": name, "sha256": sha256(name.encode()).hexdigest(), "scopes": [scope]}
        for name, scope in (("reader", "metrics:read"), ("writer", "outcomes:write"))
    ]
    path.write_text(yaml.safe_dump(entries), encoding="utf-8")
    return TokenFile(path)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen within 60 s"
        time.sleep(0.02)


@pytest.fixture
def archive(store: StoreAddress) -> Archive:
    return Archive(lambda: connected(store, "metrics"), interval=0.05, obstacle=obstacle())


@pytest.fixture
def api(archive: Archive, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(archive, tokens(tmp_path)), headers=HEADERS) as client:
        until(lambda: archive.copy is not None)
        yield client


@pytest.fixture(scope="module")
def three_waves(store: StoreAddress) -> list[StoredWave]:
    """Released: two waves in the middle of the scale, then one far higher. No test changes them."""
    with connected(store, "admin") as client:
        waves = [StoredWave(client, "three", number) for number in (1, 2, 3)]
        for wave, favour in zip(waves, (3, 3, 5), strict=True):
            wave.open()
            wave.run(favour)
            release_wave(client, wave.wave_id, NOW)
    return waves


def seen(archive: Archive, wave: StoredWave) -> bool:
    return archive.copy is not None and wave.wave_id in archive.copy.releases


def test_a_trend_has_a_row_for_every_wave_with_its_change_and_verdict(
    api: TestClient, archive: Archive, three_waves: list[StoredWave]
) -> None:
    until(lambda: seen(archive, three_waves[-1]))
    answer = api.get("/v1/trends", params={"measure": "trust", "team": "organisation", "language": "en"})
    assert answer.status_code == 200
    ours = [row for row in answer.json() if row["wave"].startswith(three_waves[0].campaign)]
    assert [row["verdict"] for row in ours] == [None, "no clear change", "clearly up"]
    first, _, third = ours
    assert first["time"] == "2026-01-12T08:00:00Z"
    assert (first["n_band"], first["response_band"], first["status"]) == ("50+", "50-69 %", "shown")
    assert first["low"] < first["score"] < first["high"]
    assert third["change"] > 20
    assert third["change_low"] < third["change"] < third["change_high"]
    assert set(first) == {
        *("time", "wave", "team", "team_name", "measure", "score", "score_label", "low", "high", "n", "n_band"),
        *("response_band", "change", "change_low", "change_high", "verdict", "status"),
    }


def test_a_hidden_row_tells_nothing_but_that_it_is_hidden(
    api: TestClient, archive: Archive, three_waves: list[StoredWave]
) -> None:
    wave = three_waves[1]
    until(lambda: seen(archive, wave))
    rows = api.get("/v1/teams", params={"measure": "trust", "wave": wave.wave_id}).json()
    assert [row["team"] for row in rows] == ["north", "quiet", "south"], "and `tiny` per window only"
    hidden = [row for row in rows if row["score"] is None]
    assert [row["team"] for row in hidden] == ["quiet"]
    for row in hidden:
        assert {name for name, value in row.items() if value is not None} == {
            *("time", "wave", "team", "measure", "status")
        }
        assert row["status"] == "too few answers"
    assert rows[0]["team_name"] == "Team north"


def test_a_single_item_has_no_row_of_a_team(api: TestClient, archive: Archive, three_waves: list[StoredWave]) -> None:
    until(lambda: seen(archive, three_waves[0]))
    rows = api.get("/v1/teams", params={"measure": "usage", "wave": three_waves[0].wave_id}).json()
    assert {row["score"] for row in rows} == {None}


def test_the_bytes_of_a_release_are_served_as_they_were_stored(
    api: TestClient, archive: Archive, open_wave: OpenWave, release_role: Client
) -> None:
    wave = open_wave()
    until(lambda: wave.wave_id in [w["wave"] for w in api.get("/v1/waves").json()])
    early = api.get(f"/v1/releases/{wave.wave_id}")
    assert (early.status_code, early.json()["type"]) == (404, "urn:draagvlak:problem:not-released")
    wave.run()
    published = release_wave(release_role, wave.wave_id, NOW)
    until(lambda: seen(archive, wave))
    answer = api.get(f"/v1/releases/{wave.wave_id}")
    assert answer.content == published.content  # type: ignore[union-attr]
    assert answer.headers["ETag"].removeprefix("W/") == f'"{sha256(answer.content).hexdigest()}"'


def test_waves_tell_where_each_stands(
    api: TestClient, archive: Archive, open_wave: OpenWave, three_waves: list[StoredWave]
) -> None:
    closed, later = replace(open_wave(4), campaign="three"), replace(open_wave(5), campaign="three")
    for wave in (closed, later):
        wave.open()
    closed.close()
    until(lambda: seen(archive, three_waves[-1]) and later.wave_id in {w.wave_id for w in archive.copy.waves})  # type: ignore[union-attr]
    until(lambda: any(w["wave"] == closed.wave_id and w["time"] for w in api.get("/v1/waves").json()))
    ours = [w for w in api.get("/v1/waves").json() if w["campaign"] == closed.campaign]
    assert [(w["wave"][-3:], w["status"]) for w in ours] == [
        ("w01", "released"),
        ("w02", "released"),
        ("w03", "released"),
        ("w04", "closed"),
        ("w05", "open"),
    ]
    assert ours[0]["response_band"] == "50-69 %"
    assert ours[0]["measures"] == ["resistance", "trust", "job_security", "usage"]
    assert (ours[3]["response_band"], ours[3]["sha256"], ours[4]["time"]) == (None, None, None)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/v1/trends?measure=mood", 404, "mood"),
        ("/v1/trends?team=nowhere", 404, "nowhere"),
        ("/v1/teams?measure=trust&wave=w99", 404, "w99"),
        ("/v1/teams", 422, "measure"),
        ("/v1/trends?from=yesterday", 422, "from"),
        ("/v1/trends?from=2026-02-01&to=2026-01-01", 422, "lies after"),
        ("/v1/trends?language=fr", 422, "language"),
        ("/v1/releases/w99", 404, "w99"),
        ("/v1/nothing", 404, "Not Found"),
    ],
)
def test_wrong_questions_are_answered_with_what_was_wrong(
    api: TestClient, archive: Archive, three_waves: list[StoredWave], path: str, status: int, says: str
) -> None:
    until(lambda: seen(archive, three_waves[-1]))
    answer = api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert says in answer.json()["detail"]
    if status == 404 and "nothing" not in path:
        assert answer.json()["valid"]


def test_a_period_takes_days_and_times(api: TestClient, archive: Archive, three_waves: list[StoredWave]) -> None:
    until(lambda: seen(archive, three_waves[-1]))

    def waves(**period: str) -> set[str]:
        rows = api.get("/v1/trends", params={"measure": "trust", **period}).json()
        return {row["wave"][-3:] for row in rows if row["wave"].startswith(three_waves[0].campaign)}

    assert waves(**{"from": "2026-01-26"}) == {"w02", "w03"}
    assert waves(to="2026-01-26") == {"w01", "w02"}
    assert waves(to="2026-01-26T07:59:59Z") == {"w01"}


def test_without_a_token_or_with_the_wrong_scope_nobody_reads(api: TestClient) -> None:
    for path in ("/v1/waves", "/v1/trends", "/v1/teams?measure=trust", "/v1/releases/w1", "/v1/openapi.json"):
        nameless = api.get(path, headers={"Authorization": "Bearer nobody"})
        assert (nameless.status_code, nameless.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert api.get(path, headers={"Authorization": ""}).status_code == 401
        assert api.get(path, headers={"Authorization": "Bearer writer"}).status_code == 403
    assert api.get("/healthz/ready", headers={"Authorization": ""}).status_code == 200


def test_every_error_is_documented_as_the_problem_that_it_is(api: TestClient) -> None:
    described = api.get("/v1/openapi.json").json()
    assert {path.removeprefix("/v1/") for path in described["paths"]} == {
        *("waves", "releases/{wave}", "trends", "slopes", "teams", "drivers", "advice", "participation", "reliability"),
        *("pilots", "announcements", "effects", "outcomes", "comments", "concerns", "promises", "promises/kept"),
        *("phases", "variables/teams", "variables/waves", "variables/measures"),
    }
    for path in described["paths"].values():
        answers = path["get"]["responses"].items()
        errors = {status: answer["content"] for status, answer in answers if status not in ("200", "304")}
        assert {"401", "403", "503"} <= set(errors)
        assert all(list(content) == ["application/problem+json"] for content in errors.values())


def test_before_clickhouse_has_answered_once_callers_are_told_when_to_try_again(tmp_path: Path) -> None:
    def away() -> Client:
        raise OperationalError("connection refused")

    with TestClient(
        create_app(Archive(away, interval=0.05, obstacle=obstacle()), tokens(tmp_path)), headers=HEADERS
    ) as api:
        until(lambda: "refused" in api.get("/healthz/ready").text)
        answer = api.get("/v1/waves")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json()["type"] == "urn:draagvlak:problem:not-ready"
        assert api.get("/healthz/live").status_code == 200


def test_while_clickhouse_is_away_the_copy_is_served_and_later_refreshed(
    store: StoreAddress, tmp_path: Path, open_wave: OpenWave, release_role: Client
) -> None:
    here = True

    class Fragile:
        """A connection that breaks when ClickHouse is away."""

        def __init__(self) -> None:
            self.real = connected(store, "metrics")

        def query(self, *arguments: object, **named: object) -> object:
            if not here:
                raise OperationalError("connection refused")
            return self.real.query(*arguments, **named)  # type: ignore[arg-type]

        def close(self) -> None:
            self.real.close()

    first = open_wave(1)
    first.run()
    release_wave(release_role, first.wave_id, NOW)
    archive = Archive(Fragile, interval=0.02, obstacle=obstacle())  # type: ignore[arg-type]
    with TestClient(create_app(archive, tokens(tmp_path)), headers=HEADERS) as api:
        until(lambda: seen(archive, first))
        here = False
        until(lambda: archive.trouble() is not None)
        assert api.get(f"/v1/releases/{first.wave_id}").status_code == 200
        assert api.get("/healthz/ready").status_code == 200
        second = open_wave(2)
        second.run()
        release_wave(release_role, second.wave_id, NOW)
        here = True
        until(lambda: seen(archive, second))
        until(lambda: archive.trouble() is None)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM pulse_ballots.answers",
        "SELECT count() FROM pulse_ballots.class_people",
        "SELECT * FROM pulse_ballots.invited",
        "INSERT INTO pulse_release.releases (wave_id) VALUES ('forged')",
        "ALTER TABLE pulse_release.cells DELETE WHERE 1",
    ],
)
def test_the_role_of_the_api_reads_no_ballot_and_writes_nothing(metrics_role: Client, query: str) -> None:
    with pytest.raises(DatabaseError, match=r"(?i)not enough privileges|code: 497"):
        metrics_role.command(query)


def test_the_release_cannot_alter_facts(release_role: Client) -> None:
    with pytest.raises(ClickHouseError, match=r"(?i)not enough privileges|code: 497"):
        release_role.command("INSERT INTO pulse_facts.wave_closes (wave_id) VALUES ('forged')")


def test_json_holds_no_nan(api: TestClient, archive: Archive, three_waves: list[StoredWave]) -> None:
    until(lambda: seen(archive, three_waves[-1]))
    for path in ("/v1/trends", "/v1/teams?measure=trust", "/v1/waves"):
        json.loads(api.get(path).text, parse_constant=pytest.fail)
