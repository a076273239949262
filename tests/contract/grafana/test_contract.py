"""What the dashboards ask is what the API answers: for the story, where little is shown, and before any release."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from grafana.building import GENERATED
from grafana.plugin.frames import Field
from grafana.plugin.panels import config, reads
from grafana.plugin.running import Http, Response, options, targets
from services.contracts.base import ROOT_ID
from services.ingest.gateway.contents import Unit
from services.metrics.released.moments import UtcTime
from tests.contract.grafana.contract import faults
from tests.contract.grafana.organisations import ORGANISATIONS, Organisation

TIMES = {"time", "timeEnd", "opens_at", "closes_at", "first_time"}
BOARDS = {str(path.relative_to(GENERATED)): json.loads(path.read_text("utf-8")) for path in GENERATED.rglob("*.json")}


@pytest.mark.parametrize("name", ORGANISATIONS)
@pytest.mark.parametrize("board", BOARDS)
def test_every_query_answers_and_every_name_exists(
    board: str, name: str, organisations: dict[str, Organisation]
) -> None:
    assert faults(BOARDS[board], organisations[name]) == []


@dataclass(frozen=True)
class Renamed:
    """An answer in which one field has another name."""

    real: Response
    old: str

    @property
    def status_code(self) -> int:
        return self.real.status_code

    @property
    def content(self) -> bytes:
        return self.real.content

    def json(self) -> Any:
        rows = self.real.json()
        return [{f"{k}_2" if k == self.old else k: v for k, v in row.items()} for row in rows]


@dataclass(frozen=True)
class Renaming:
    """The API after somebody renamed a field."""

    real: Http
    path: str
    old: str

    def get(self, url: str, *, params: Any, headers: Any) -> Response:
        answer = self.real.get(url, params=params, headers=headers)
        return Renamed(answer, self.old) if url.endswith(self.path) else answer


def fields_used() -> list[tuple[str, str]]:
    found = {
        (query["url"], column["selector"])
        for board in BOARDS.values()
        for query in queries(board)
        for column in query["columns"]
    }
    return sorted(found)


def queries(board: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        *(target for _, target in targets(board)),
        *(variable["query"]["infinityQuery"] for variable in board["templating"]["list"]),
        *(annotation["target"] for annotation in board["annotations"]["list"]),
    ]


def rows(organisation: Organisation, path: str) -> list[object]:
    """What a path answers; where there is none, a field could be renamed unseen."""
    source = organisation.source
    answer = source.http.get(
        f"{source.url}{path}",
        params={"measure": "resistance"} if path == "/teams" else {},
        headers={"Authorization": f"Bearer {source.token}"},
    )
    found: list[object] = answer.json()
    return found


@pytest.mark.parametrize(("path", "field"), fields_used())
def test_a_renamed_field_of_the_api_fails_the_contract(
    path: str, field: str, organisations: dict[str, Organisation]
) -> None:
    boards = [board for board in BOARDS.values() if any(query["url"] == path for query in queries(board))]
    real = next(one for one in organisations.values() if rows(one, path))
    renamed = Organisation(
        real.copy,
        type(real.source)(
            Renaming(real.source.http, path, field), real.source.url, real.source.allowed, real.source.token
        ),
        real.fields,
        real.period,
    )
    assert any(field in fault for board in boards for fault in faults(board, renamed))


def test_a_field_that_the_api_does_not_describe_fails_the_contract_even_without_rows(
    organisations: dict[str, Organisation],
) -> None:
    empty = organisations["empty"]
    fields = {path: names - {"score"} for path, names in empty.fields.items()}
    described = Organisation(empty.copy, empty.source, fields, empty.period)
    board = BOARDS["en/leadership/leadership.json"]
    assert any("no field score" in fault for fault in faults(board, described))


def test_hidden_teams_have_no_name_and_no_number_in_the_table_of_teams(organisations: dict[str, Organisation]) -> None:
    hidden_rows = 0
    for name in ("story", "mostly hidden", "hidden"):
        one = organisations[name]
        shown = {
            node.name.en
            for release in one.copy.releases.values()
            for node in release.document.nodes
            if any(
                cell.node_id == node.id and cell.score is not None
                for cell in (*release.document.cells, *release.document.window_cells)
            )
        }
        (query,) = (
            target
            for panel, target in targets(BOARDS["en/leadership/teams.json"])
            if panel["title"] == "Resistance by team"
        )
        frame = one.source.run(query, {}, one.period).frame
        teams, scores = frame.named("team"), frame.named("score")
        if teams is None or scores is None:
            continue
        for team, score in zip(teams.values, scores.values, strict=True):
            assert (team is None) == (score is None)
            assert team is None or team in shown
            hidden_rows += team is None
    assert hidden_rows, "no organisation here hides a team"


def test_an_organisation_that_is_hidden_gives_no_number_anywhere(organisations: dict[str, Organisation]) -> None:
    one = organisations["hidden"]
    assert {cell.score for release in one.copy.releases.values() for cell in release.document.cells} == {None}, (
        "this organisation was to be hidden"
    )
    scores = ("/trends", "/teams", "/drivers", "/participation", "/pilots")
    board = BOARDS["en/leadership/leadership.json"]
    asked = [target for _, target in targets(board) if target["url"] in scores]
    assert asked
    for target in asked:
        frame = one.source.run(target, {}, one.period).frame
        assert frame.rows
        assert {value for field in frame.fields if field.kind == "number" for value in field.values} <= {None}


@pytest.mark.parametrize(
    ("language", "title", "question"),
    [
        ("en", "Comments", "What appeals to you in AI at work?"),
        ("nl", "Opmerkingen", "Wat spreekt je aan in AI op je werk?"),
    ],
)
def test_comments_stand_under_the_words_of_their_question(
    language: str, title: str, question: str, organisations: dict[str, Organisation]
) -> None:
    one = organisations["story"]
    (query,) = (
        target for panel, target in targets(BOARDS[f"{language}/leadership/voice.json"]) if panel["title"] == title
    )
    frame = one.source.run(query, {}, one.period).frame
    asked = frame.named(query["columns"][1]["text"])
    assert asked is not None
    assert set(asked.values) == {question}


@pytest.mark.parametrize(
    ("language", "units"),
    [
        ("en", ["seconds", "minutes", "hours", "days", "%", "in number", "per 100", "euro"]),
        ("nl", ["seconden", "minuten", "uur", "dagen", "%", "aantal", "per 100", "euro"]),
    ],
)
def test_codes_of_business_systems_read_as_words(language: str, units: list[str]) -> None:
    shown = {
        (target["url"], column["selector"]): config(panel, Field(column["text"], "string", ()))
        for panel, target in targets(BOARDS[f"{language}/leadership/successes.json"])
        for column in target["columns"]
    }
    assert reads(shown["/outcomes", "measure"], "minutes_per_file") == "minutes per file"
    for place in (("/outcomes", "unit"), ("/announcements", "figure_unit")):
        assert [reads(shown[place], unit.value) for unit in Unit] == units
        assert reads(shown[place], "hours a week_end") == "hours a week_end", "a post's own words stay as they are"


def test_shares_that_were_never_published_are_hidden_rows_like_all_others(
    organisations: dict[str, Organisation],
) -> None:
    one = organisations["old"]
    board = BOARDS["en/leadership/leadership.json"]
    (query,) = (target for panel, target in targets(board) if panel["title"] == "People who are against")
    result = one.source.run(query, {}, one.period)
    assert len(result.rows) == len(one.copy.releases)
    assert {row["status"] for row in result.rows} == {"too few answers"}


@pytest.mark.parametrize(
    "path", ["/waves", "/trends", "/teams", "/participation", "/pilots", "/announcements", "/phases", "/slopes"]
)
def test_times_are_in_utc_though_the_story_is_told_elsewhere(path: str, organisations: dict[str, Organisation]) -> None:
    one = organisations["story"]
    found = rows(one, path)
    assert found
    times = [value for row in found if isinstance(row, dict) for name, value in row.items() if name in TIMES and value]
    assert len(times) >= len(found)
    assert all(time.endswith("Z") for time in times)


def test_a_time_that_a_document_names_elsewhere_is_read_as_utc() -> None:
    read = TypeAdapter(UtcTime).validate_python("2026-03-02T17:00:00+01:00")
    assert (read.isoformat(), read.utcoffset()) == ("2026-03-02T16:00:00+00:00", timedelta(0))


def test_the_variable_of_teams_offers_the_organisation_first(organisations: dict[str, Organisation]) -> None:
    (variable,) = BOARDS["en/leadership/teams.json"]["templating"]["list"]
    one = organisations["story"]
    offered = options(variable, one.source, one.period)
    assert offered[0].value == ROOT_ID
    assert len(offered) > 5
