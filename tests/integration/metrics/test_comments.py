"""The review of comments over HTTP, on the release's own role."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError
from fastapi import FastAPI
from fastapi.testclient import TestClient

from sandbox.store import StoreAddress
from services.metrics.release import review_routes
from services.metrics.release.steps import release_wave
from services.metrics.released.documents import ReleasedComments
from services.runtime import problems
from services.runtime.tokens import TokenFile
from tests.integration.metrics.conftest import connected
from tests.integration.metrics.waves import StoredWave

NOW = datetime(2026, 2, 1, tzinfo=UTC)
OpenWave = Callable[..., StoredWave]


class CampaignTime:
    def now(self) -> datetime:
        return NOW


def application(connect: Callable[[], Client], folder: Path) -> FastAPI:
    (folder / "tokens.yaml").write_text(
        f"- {{name: bot, sha256: {sha256(b'champion').hexdigest()}, scopes: ['comments:review']}}\n"
        f"- {{name: grafana, sha256: {sha256(b'reader').hexdigest()}, scopes: ['metrics:read']}}\n",
        encoding="utf-8",
    )
    app = FastAPI()
    problems.register(app)
    app.include_router(review_routes.router(connect, CampaignTime(), TokenFile(folder / "tokens.yaml")))
    return app


@pytest.fixture
def champion(store: StoreAddress, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(application(lambda: connected(store, "release"), tmp_path)) as client:
        client.headers["Authorization"] = "Bearer champion"
        yield client


@pytest.fixture
def commented(open_wave: OpenWave, admin: Client) -> Callable[[int, int], StoredWave]:
    """A closed wave with so many comments; not yet released."""

    def made(number: int, comments: int) -> StoredWave:
        wave = open_wave(number)
        rows = [(wave.wave_id, comment_id(wave, n), "what_appeals", f"opinion {n}") for n in range(comments)]
        if rows:
            admin.insert("comments", rows, database="pulse_ballots")
            admin.insert("comments", rows[:3], database="pulse_ballots")  # a replay
        wave.run()
        return wave

    return made


def comment_id(wave: StoredWave, number: int) -> str:
    return sha256(f"{wave.wave_id} comment {number}".encode()).hexdigest()[:32]


def test_ten_comments_are_reviewed_and_released_once(
    champion: TestClient, commented: Callable[[int, int], StoredWave], release_role: Client, metrics_role: Client
) -> None:
    wave = commented(1, 11)
    address = f"/v1/comments/{wave.wave_id}"
    waiting = champion.get(f"{address}/review").json()
    assert (waiting["status"], waiting["comments"]) == ("waiting for the release of the wave", [])
    release_wave(release_role, wave.wave_id, NOW)

    listed = champion.get(f"{address}/review").json()
    assert (listed["status"], listed["floor"], len(listed["comments"])) == ("to review", 10, 11)
    assert {comment["decision"] for comment in listed["comments"]} == {None}
    ids = [comment["id"] for comment in listed["comments"]]
    assert ids == sorted(ids), "the order of random ids, not of arrival"
    early = champion.post(f"{address}/release")
    assert early.status_code == 409
    assert "11 of 11 comments have not been decided about" in early.json()["detail"]

    withheld = comment_id(wave, 4)
    first = champion.put(f"{address}/review", json={"decisions": dict.fromkeys(ids, "publish")}).json()
    assert {comment["decision"] for comment in first["comments"]} == {"publish"}
    second = champion.put(f"{address}/review", json={"decisions": {withheld: "withhold"}}).json()
    assert {c["id"] for c in second["comments"] if c["decision"] == "withhold"} == {withheld}, "the last one stands"

    released = champion.post(f"{address}/release").json()
    assert (released["status"], released["comments"]) == ("released", [])
    assert champion.post(f"{address}/release").json() == released, "asked again, it says the same"
    late = champion.put(f"{address}/review", json={"decisions": {withheld: "publish"}})
    assert late.status_code == 409

    ((content, digest),) = metrics_role.query(
        "SELECT document, toString(sha256) FROM pulse_release.comment_releases FINAL WHERE wave_id = {wave:String}",
        parameters={"wave": wave.wave_id},
    ).result_rows
    assert digest == released["sha256"] == sha256(content.encode()).hexdigest()
    texts = {comment.text for comment in ReleasedComments.of(content.encode(), digest).document.comments}
    assert texts == {f"opinion {n}" for n in range(11)} - {"opinion 4"}


def test_nine_comments_are_shown_to_nobody(
    champion: TestClient, commented: Callable[[int, int], StoredWave], release_role: Client
) -> None:
    wave = commented(1, 9)
    release_wave(release_role, wave.wave_id, NOW)
    address = f"/v1/comments/{wave.wave_id}"
    answer = champion.get(f"{address}/review")
    assert (answer.json()["status"], answer.json()["comments"]) == ("too few comments", [])
    assert "opinion" not in answer.text
    assert champion.post(f"{address}/release").status_code == 409
    decided = champion.put(f"{address}/review", json={"decisions": {comment_id(wave, 1): "publish"}})
    assert decided.status_code == 409


def test_a_champion_sees_where_every_wave_stands_without_a_text(
    champion: TestClient, commented: Callable[[int, int], StoredWave], release_role: Client
) -> None:
    waves = [commented(1, 10), commented(2, 9), commented(3, 10)]
    for wave in waves[:2]:
        release_wave(release_role, wave.wave_id, NOW)
    answer = champion.get("/v1/comments")
    ours = {one["wave"]: one["status"] for one in answer.json() if one["wave"] in {w.wave_id for w in waves}}
    assert ours == {waves[0].wave_id: "to review", waves[1].wave_id: "too few comments"}
    assert "opinion" not in answer.text


def test_a_decision_about_a_stranger_keeps_nothing(
    champion: TestClient, commented: Callable[[int, int], StoredWave], release_role: Client
) -> None:
    wave = commented(1, 10)
    release_wave(release_role, wave.wave_id, NOW)
    address = f"/v1/comments/{wave.wave_id}/review"
    refused = champion.put(address, json={"decisions": {comment_id(wave, 0): "publish", "f" * 32: "publish"}})
    assert refused.status_code == 404
    assert "ffff" in refused.json()["detail"]
    assert {comment["decision"] for comment in champion.get(address).json()["comments"]} == {None}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/comments/nothing/review", None, 404),
        ("POST", "/v1/comments/nothing/release", None, 404),
        ("GET", "/v1/comments/No%20wave/review", None, 422),
        ("PUT", "/v1/comments/nothing/review", {"decisions": {"x": "publish"}}, 422),
        ("PUT", "/v1/comments/nothing/review", {"decisions": {"f" * 32: "perhaps"}}, 422),
        ("PUT", "/v1/comments/nothing/review", {}, 422),
    ],
)
def test_wrong_questions_get_a_problem_that_says_so(
    champion: TestClient, method: str, path: str, body: object, status: int
) -> None:
    answer = champion.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_without_a_token_or_with_the_scope_of_readers_nobody_reviews(champion: TestClient) -> None:
    for path in ("/v1/comments", "/v1/comments/zorg-w01/review"):
        assert champion.get(path, headers={"Authorization": ""}).status_code == 401
        assert champion.get(path, headers={"Authorization": "Bearer reader"}).status_code == 403


def test_while_the_store_is_away_the_champion_is_told_when_to_try_again(tmp_path: Path) -> None:
    def away() -> Client:
        raise OperationalError("connection refused")

    with TestClient(application(away, tmp_path)) as client:
        answer = client.get("/v1/comments", headers={"Authorization": "Bearer champion"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "refused" not in answer.text


def test_two_champions_at_once_release_the_same_bytes(
    champion: TestClient, commented: Callable[[int, int], StoredWave], release_role: Client, admin: Client
) -> None:
    wave = commented(1, 10)
    release_wave(release_role, wave.wave_id, NOW)
    address = f"/v1/comments/{wave.wave_id}"
    decisions = {comment_id(wave, n): "publish" for n in range(10)}
    champion.put(f"{address}/review", json={"decisions": decisions})
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: champion.post(f"{address}/release").json(), range(4)))
    assert len({answer["sha256"] for answer in answers}) == 1
    rows = admin.query(
        "SELECT count() FROM pulse_release.comment_releases WHERE wave_id = {wave:String}",
        parameters={"wave": wave.wave_id},
    ).result_rows
    assert rows[0][0] == 1


def test_no_log_line_of_a_review_has_a_comment(
    champion: TestClient, commented: Callable[[int, int], StoredWave], release_role: Client
) -> None:
    wave = commented(1, 10)
    release_wave(release_role, wave.wave_id, NOW)
    decisions = {comment_id(wave, n): "publish" for n in range(10)}
    with structlog.testing.capture_logs() as logged:
        champion.put(f"/v1/comments/{wave.wave_id}/review", json={"decisions": decisions})
        champion.post(f"/v1/comments/{wave.wave_id}/release")
    assert [line["event"] for line in logged] == ["comments reviewed", "comments released"]
    assert "opinion" not in str(logged)
    assert not any(comment in str(logged) for comment in decisions)


@pytest.mark.parametrize("table", ["comments", "comment_reviews", "class_histograms", "distribution_units"])
def test_the_role_of_the_api_reads_none_of_it(metrics_role: Client, table: str) -> None:
    with pytest.raises(DatabaseError, match="Not enough privileges"):
        metrics_role.query(f"SELECT * FROM pulse_ballots.{table}")
