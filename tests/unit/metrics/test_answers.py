"""The API on a copy in memory: every endpoint, in JSON and in CSV, with ETags and compression; and wrong questions."""

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from sandbox.published import StillArchive
from services.metrics.released.copies import Copy
from services.metrics.routes.answers import AnswerCache, Body, Media, preferred, takes_gzip
from services.metrics.routes.application import create_app
from services.runtime.problems import Problem
from services.runtime.tokens import TokenFile
from tests.unit.metrics.published_copy import ANNOUNCEMENT, whole_copy

HEADERS = {"Authorization": "Bearer reader"}
ROWS = (
    *("waves", "trends", "slopes", "teams?measure=trust", "drivers", "advice", "participation", "reliability"),
    *("pilots", "announcements", "effects", f"effects?announcement={ANNOUNCEMENT}", "outcomes", "comments", "concerns"),
    *("promises", "promises/kept", "phases", "variables/teams", "variables/waves", "variables/measures"),
)
"""Every endpoint that answers with rows."""
API_PAGE = Path(__file__).resolve().parents[3] / "docs" / "api.md"
SCORE_FIELDS = (
    *("time", "wave", "team", "team_name", "measure", "score", "score_label", "low", "high", "n", "n_band"),
    *("response_band", "change", "change_low", "change_high", "verdict", "status"),
)


def tokens(folder: Path) -> TokenFile:
    path = folder / "tokens.yaml"
    entry = {"name": "reader", "sha256": sha256(b"reader").hexdigest(), "scopes": ["metrics:read"]}
    path.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    return TokenFile(path)


@pytest.fixture(scope="module")
def copy() -> Copy:
    return whole_copy()


@pytest.fixture
def archive(copy: Copy) -> StillArchive:
    return StillArchive(copy)


@pytest.fixture
def api(archive: StillArchive, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(archive, tokens(tmp_path)), headers=HEADERS) as client:
        yield client


@pytest.mark.parametrize("path", ROWS)
def test_every_endpoint_has_rows_in_the_order_of_time(api: TestClient, path: str) -> None:
    answer = api.get(f"/v1/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    rows = json.loads(answer.text, parse_constant=pytest.fail)
    assert rows, "the copy has something for each"
    if "time" in rows[0] and path != "waves":
        times = [row["time"] for row in rows]
        assert times == sorted(times)
        assert all(time.endswith("Z") for time in times)


@pytest.mark.parametrize("path", ROWS)
def test_every_endpoint_has_the_same_rows_as_csv(api: TestClient, path: str) -> None:
    rows = api.get(f"/v1/{path}").json()
    answer = api.get(f"/v1/{path}", headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    told = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [set(row) for row in told] == [set(row) for row in rows]
    for name in ("time", "wave", "team", "status"):
        assert [row.get(name) or None for row in told] == [row.get(name) for row in rows]


@pytest.mark.parametrize("path", ["trends", "teams?measure=trust", "drivers", "pilots?measure=trust"])
def test_rows_of_scores_have_the_promised_fields_first(api: TestClient, path: str) -> None:
    for row in api.get(f"/v1/{path}").json():
        assert tuple(row)[: len(SCORE_FIELDS)] == SCORE_FIELDS


@pytest.mark.parametrize(
    "path", ["trends?team=h", "teams?measure=trust", "drivers?team=h", "pilots", "participation?team=h"]
)
def test_a_hidden_row_is_null_in_everything_but_its_key_and_status(api: TestClient, path: str) -> None:
    rows = api.get(f"/v1/{path}").json()
    hidden = [row for row in rows if row["status"] != "shown"]
    assert hidden, "the copy has a hidden row of each"
    for row in hidden:
        assert row["status"] == "too few answers"
        told = {name for name, value in row.items() if value is not None}
        assert told == {"time", "wave", "team", "measure", "status"} & set(row)


def test_what_has_not_changed_is_not_sent_again(api: TestClient) -> None:
    first = api.get("/v1/trends")
    again = api.get("/v1/trends", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert first.headers["Cache-Control"] == "private, no-cache"
    other = api.get("/v1/trends", headers={"If-None-Match": '"another", W/"stranger"'})
    assert other.status_code == 200
    csv_tag = api.get("/v1/trends", headers={"Accept": "text/csv"}).headers["ETag"]
    assert csv_tag != first.headers["ETag"], "another representation has another tag"


def test_a_long_answer_is_compressed_for_those_who_take_it(api: TestClient) -> None:
    plain = api.get("/v1/trends", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with api.stream("GET", "/v1/trends", headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"
        assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 4
    assert "content-encoding" not in api.get("/v1/variables/measures").headers, "too short to gain anything"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", Media.JSON),
        ("", None),
        ("application/json", Media.JSON),
        ("text/csv", Media.CSV),
        ("text/*;q=0.9, application/json;q=0.1", Media.CSV),
        ("text/csv;q=0, */*", Media.JSON),
        ("text/html", None),
        ("application/json;q=nonsense", None),
        ("text/csv, application/json", Media.JSON),
    ],
)
def test_json_or_csv_is_chosen_by_what_the_caller_likes(accept: str, media: Media | None) -> None:
    if media is None:
        with pytest.raises(Problem) as refused:
            preferred(accept)
        assert refused.value.details.status == 406
        assert refused.value.details.valid == ["application/json", "text/csv"]
    else:
        assert preferred(accept) is media


def test_gzip_is_taken_only_when_it_is_asked_for() -> None:
    assert takes_gzip("deflate, gzip;q=0.5")
    assert takes_gzip("*")
    assert not takes_gzip("gzip;q=0, *")
    assert not takes_gzip("")


def test_text_in_csv_is_never_a_formula(api: TestClient) -> None:
    answer = api.get("/v1/concerns", headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert row["question"] == '\'=HYPERLINK("x")'
    assert api.get("/v1/concerns").json()[0]["question"] == '=HYPERLINK("x")'


def test_answers_are_kept_until_something_new_is_released(api: TestClient, archive: StillArchive, copy: Copy) -> None:
    assert len(api.get("/v1/variables/waves").json()) == 8
    first = next(iter(copy.releases))
    archive._copy = replace(copy, releases={first: copy.releases[first]})
    assert len(api.get("/v1/variables/waves").json()) == 1


def test_another_question_gets_another_answer(api: TestClient) -> None:
    asked = [{"team": "a"}, {"team": "organisation"}, {"team": "a", "language": "en"}, {"team": "a"}]
    answers = [api.get("/v1/trends", params={"measure": "trust", **question}).json() for question in asked]
    assert [{row["team"] for row in rows} for rows in answers] == [{"a"}, {"organisation"}, {"a"}, {"a"}]
    assert answers[0] == answers[3]


def test_kept_answers_never_take_more_than_their_share() -> None:
    cache, copy = AnswerCache(largest=2_500), Copy()
    made: list[str] = []

    def ask(name: str) -> bytes:
        def make() -> Body:
            made.append(name)
            return Body.of(name.encode() * 10, "text/plain")

        return cache.body(copy, (name,), make).content

    for name in ("a", "b", "a", "c", "b", "a"):
        assert ask(name) == name.encode() * 10
    assert made == ["a", "b", "c", "b", "a"], "a was asked for again, so b went first"


@pytest.mark.parametrize("length", [20, 1_000, 50_000])
def test_questions_that_nobody_knows_never_fill_the_memory(length: int) -> None:
    largest = 200_000
    cache, copy = AnswerCache(largest), Copy()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(1_000):
        cache.body(copy, ("/v1/promises", f"{number}{'x' * length}", "json"), lambda: Body.of(b"[]", "json"))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < largest


def test_a_question_that_is_too_long_to_keep_is_answered_all_the_same(api: TestClient) -> None:
    usual = api.get("/v1/promises").json()
    assert [api.get("/v1/promises", params={"x": "x" * 5_000}).json() for _ in range(2)] == [usual, usual]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("trends?measure=mood", 404, "mood"),
        ("trends?team=nowhere", 404, "nowhere"),
        ("slopes?measure=mood", 404, "mood"),
        ("teams?measure=mood", 404, "mood"),
        ("teams?measure=trust&wave=w99", 404, "w99"),
        ("teams?measure=job_security&wave=zorg-w01", 404, "job_security"),
        ("drivers?team=nowhere", 404, "nowhere"),
        ("drivers?wave=w99", 404, "w99"),
        ("advice?team=nowhere", 404, "nowhere"),
        ("participation?team=nowhere", 404, "nowhere"),
        ("pilots?measure=mood", 404, "mood"),
        ("effects?announcement=none", 404, "none"),
        ("outcomes?team=nowhere", 404, "nowhere"),
        ("comments?wave=w99", 404, "w99"),
        ("phases?team=nowhere", 404, "nowhere"),
        ("releases/w99", 404, "w99"),
        ("teams", 422, "measure"),
        ("trends?from=yesterday", 422, "from"),
        ("trends?from=2026-02-01&to=2026-01-01", 422, "lies after"),
        ("announcements?from=2026-02-01T10:00:00", 422, "from"),
        ("trends?language=fr", 422, "language"),
    ],
)
def test_wrong_questions_are_answered_with_what_could_be_asked(
    api: TestClient, path: str, status: int, says: str
) -> None:
    answer = api.get(f"/v1/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    told = answer.json()
    assert says in told["detail"]
    assert (status != 404) or told["valid"]


def test_an_empty_answer_has_a_body_all_the_same(api: TestClient) -> None:
    nothing = api.get("/v1/trends?to=1999-01-01")
    assert (nothing.status_code, nothing.content) == (200, b"[]")
    lines = api.get("/v1/trends?to=1999-01-01", headers={"Accept": "text/csv"}).text.splitlines()
    assert len(lines) == 1, "the header line stays"


def test_before_the_first_release_every_question_has_an_empty_answer(tmp_path: Path) -> None:
    with TestClient(create_app(StillArchive(Copy()), tokens(tmp_path)), headers=HEADERS) as api:
        for path in ROWS:
            if "announcement=" not in path:
                answer = api.get(f"/v1/{path}")
                assert (answer.status_code, answer.content) == (200, b"[]"), path


def test_every_endpoint_answers_503_until_there_is_a_copy(tmp_path: Path) -> None:
    with TestClient(create_app(StillArchive(None), tokens(tmp_path)), headers=HEADERS) as api:
        for path in (*ROWS, "releases/zorg-w01"):
            answer = api.get(f"/v1/{path}")
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), path


def test_prometheus_is_told_of_routes_and_never_of_what_was_asked(api: TestClient) -> None:
    from prometheus_client import REGISTRY, generate_latest  # noqa: PLC0415

    api.get("/v1/trends?team=h&measure=trust")
    api.get("/v1/releases/zorg-w01")
    api.get("/v1/nowhere-at-all")
    told = generate_latest(REGISTRY).decode()
    assert 'draagvlak_metrics_request_seconds_count{route="/trends",status="200"}' in told
    assert 'route="/releases/{wave}"' in told
    assert "nowhere-at-all" not in told
    assert "zorg-w01" not in told
    assert "draagvlak_metrics_answer_bytes_total" in told


def test_the_page_of_the_api_names_every_path_parameter_and_field_of_a_score(api: TestClient) -> None:
    page = API_PAGE.read_text(encoding="utf-8")
    described = api.get("/v1/openapi.json").json()
    for path, methods in described["paths"].items():
        assert f"`{path.removeprefix('/v1/')}`" in page
        for parameter in methods["get"].get("parameters", ()):
            assert parameter["name"] in page
    assert all(f"`{field}`" in page for field in SCORE_FIELDS)
