"""The page of results draws what was released and no more, readable without colour, in both languages."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.results import texts
from sandbox.results.chart import COLOURS, TEAM, WHOLE, Frame, trend
from sandbox.results.documentation import documentation_page
from sandbox.results.model import Node, Point, Results, Wave, unfinished
from sandbox.results.page import results_page
from services.contracts.base import ROOT_ID, Text, TextLanguage

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
MARKS = {"resistance": "circle", "trust": "rect"}


def wave(number: int, status: str = "released") -> Wave:
    opens = START + timedelta(weeks=2 * (number - 1))
    title = Text(nl=f"Ronde {number}", en=f"Round {number}")
    return Wave(
        wave=f"w{number}", title=title, opens_at=opens, closes_at=opens + timedelta(days=7), status=status,
        response_band="70+ %" if status == "released" else None,
    )  # fmt: skip


def point(number: int, measure: str, score: float | None, team: str = ROOT_ID, **more: Any) -> Point:
    ends: dict[str, Any] = {"low": None, "high": None} if score is None else {"low": score - 3, "high": score + 3}
    label = None if score is None else f"{score:g}"
    return Point(
        time=wave(number).closes_at,
        wave=f"w{number}",
        team=team,
        measure=measure,
        score=score,
        score_label=label,
        **ends | more,
    )


def results(scores: dict[int, float | None], *, teams: tuple[Node, ...] = (), more: tuple[Point, ...] = ()) -> Results:
    """An organisation with these scores of both measures (trust a bit higher) by wave; wave 6 is open."""
    points = [point(n, "resistance", score) for n, score in scores.items()]
    points += [point(n, "trust", score and score + 20) for n, score in scores.items()]
    waves = (*(wave(n) for n in range(1, 6)), wave(6, "open"))
    root = Node(id=ROOT_ID, parent=None, name=Text(nl="De Linde", en="De Linde"))
    return Results(waves=waves, nodes=(root, *teams), points=(*points, *more))


def drawn(
    of: Results, language: TextLanguage = TextLanguage.NL, frame: Frame = WHOLE, team: Node | None = None
) -> ET.Element:
    return ET.fromstring(trend(of.places(team), of.series(team), frame, "Een titel", language))


def classes(picture: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in picture.iter() if name in each.get("class", "").split()]


def said(picture: ET.Element) -> list[str]:
    return [each.text or "" for each in picture.iter("text")]


def test_lines_join_only_rounds_that_follow_each_other() -> None:
    whole = drawn(results({1: 40, 2: 38, 3: 36, 4: 34, 5: 32}))
    assert len(classes(whole, "segment")) == 2 * 4
    gap = drawn(results({1: 40, 2: 38, 4: 34, 5: 32}))
    assert len(classes(gap, "segment")) == 2 * 2, "round 3 did not ask: nothing is drawn through it"
    hidden = drawn(results({1: 40, 2: 38, 3: None, 4: 34, 5: 32}))
    assert len(classes(hidden, "segment")) == 2 * 2
    assert "te weinig antwoorden" in said(hidden)


def test_every_mark_has_its_interval_and_its_own_shape_and_name() -> None:
    picture = drawn(results({1: 40, 2: 38, 3: 36, 4: 34, 5: 32}))
    for measure, shape in MARKS.items():
        marks = classes(picture, measure)
        assert [mark.tag for mark in marks] == [shape] * 5
        assert {mark.get("fill") for mark in marks} == {COLOURS[measure]}
    assert COLOURS == {"resistance": "#E69F00", "trust": "#0072B2"}
    assert len(classes(picture, "interval")) == 10
    assert [name.text for name in classes(picture, "name")] == ["weerstand", "vertrouwen"]
    segments = classes(picture, "segment")
    assert {bool(each.get("stroke-dasharray")) for each in segments} == {True, False}


def test_a_number_without_interval_is_drawn_without_one() -> None:
    of = results({1: 40}, more=(point(2, "resistance", 38, low=None, high=None),))
    assert len(classes(drawn(of), "interval")) == 2


@pytest.mark.parametrize("frame", [WHOLE, TEAM], ids=["organisation", "team"])
@pytest.mark.parametrize("scores", [{5: 0.0}, {5: 100.0}, {1: 50.0, 5: 90.0}], ids=["floor", "ceiling", "both"])
def test_names_stand_apart_and_inside_the_picture(frame: Frame, scores: dict[int, float]) -> None:
    of = results({}, more=tuple(point(n, m, s) for n, s in scores.items() for m in MARKS))
    heights = sorted(float(name.get("y", "nan")) for name in classes(drawn(of, frame=frame), "name"))
    assert heights[1] - heights[0] >= 30
    assert heights[0] >= 0
    assert heights[1] + 15 <= frame.height


def test_teams_that_are_hidden_say_so_and_give_no_number() -> None:
    teams = tuple(
        Node(id=name, parent=ROOT_ID, name=Text(nl=f"Team {name}", en=f"Team {name}"), cadence=cadence)
        for name, cadence in (("a", "wave"), ("b", "wave"), ("c", "window"))
    )
    more = (point(5, "resistance", 25, "a"), point(5, "resistance", None, "b"), point(5, "trust", None, "b"))
    page = results_page(results({5: 30}, teams=teams, more=more), TextLanguage.EN)
    cards = re.findall(r"<article><h3>(.*?)</h3>(.*?)</article>", page)
    assert [name for name, _ in cards] == ["Team a", "Team b", "Team c"]
    assert "<svg" in cards[0][1]
    assert cards[1][1] == '<p class="too-few">Too few answers to show.</p>'
    assert cards[2][1] == '<p class="too-few">This team is small. It is shown once three rounds are done.</p>'
    assert "Teams under 20 people" in page


def test_a_small_team_is_drawn_by_windows_of_rounds() -> None:
    small = Node(id="c", parent=ROOT_ID, name=Text(nl="Klein", en="Small"), cadence="window")

    def window(last: int, measure: str, score: float | None) -> Point:
        return point(last, measure, score, "c").model_copy(update={"wave": f"w{last - 1}-w{last}"})

    more = tuple(window(last, measure, 40.0 - last) for last in (2, 4) for measure in MARKS)
    of = results(dict.fromkeys(range(1, 6), 40), teams=(small,), more=more)
    picture = drawn(of, frame=TEAM, team=small)
    assert [each.text for each in classes(picture, "round")] == ["1–2", "3–4"]
    assert len(classes(picture, "segment")) == 2, "a line from window to window, for each measure"
    assert len(classes(picture, "resistance")) == 2
    assert "Klein" in results_page(of, TextLanguage.NL)
    hidden = results({1: 40}, teams=(small,), more=(window(2, "trust", None),))
    assert '<p class="too-few">Te weinig antwoorden om te laten zien.</p>' in results_page(hidden, TextLanguage.NL)


def test_an_open_round_shows_nothing_but_that_it_is_open() -> None:
    of = results({1: 40})
    assert said(drawn(of, TextLanguage.EN)).count("still open") == 1
    page = results_page(of, TextLanguage.EN)
    assert "Round 6: still open." in page
    nothing = Results(waves=(wave(1, "open"),))
    assert "<svg" not in results_page(nothing, TextLanguage.NL)
    assert "nog geen ronde afgerond" in results_page(nothing, TextLanguage.NL)


def test_numbers_are_said_in_the_language_of_the_reader() -> None:
    of = results({1: 36.9})
    assert "36,9 (marge 33,9–39,9)" in results_page(of, TextLanguage.NL).replace("</td>", "")
    assert "36.9 (margin 33.9–39.9)" in results_page(of, TextLanguage.EN)
    assert 'lang="nl"' in results_page(of, TextLanguage.NL)
    assert texts.empty_texts() == []
    assert "Grafana" in results_page(of, TextLanguage.NL)
    assert "Grafana" in results_page(of, TextLanguage.EN)


def test_names_cannot_become_markup() -> None:
    hostile = Node(id="x", parent=ROOT_ID, name=Text(nl="<script>1</script>", en='"><b>'))
    for language in TextLanguage:
        page = results_page(results({1: 40}, teams=(hostile,), more=(point(1, "trust", 50, "x"),)), language)
        assert "<script>" not in page
        assert "<b>" not in page


def test_the_round_to_close_is_the_one_that_is_not_finished() -> None:
    assert unfinished(()) is None
    assert unfinished((wave(1), wave(2, "open"))) == wave(2, "open")
    assert unfinished((wave(1), wave(2))) == wave(2)


def test_the_documents_give_a_line_for_a_terminal_and_never_the_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("the-secret-itself")
    parameters = [{"name": "measure", "in": "query", "required": True, "description": "one measure"}]
    openapi = {
        "paths": {
            "/v1/teams": {"get": {"description": "One row for every node.", "parameters": parameters}},
            "/v1/releases/{wave}": {"get": {"summary": "Release"}},
            "/healthz": {"get": {}},
        }
    }
    page = documentation_page(
        openapi, url="http://127.0.0.1:1", token_file=token, last_wave="zorg-w07", language=TextLanguage.EN
    )
    assert 'href="/metrics-api/teams?measure=resistance"' in page
    assert 'href="/metrics-api/releases/zorg-w07"' in page
    assert f"$(cat '{token}')" in page.replace("&#x27;", "'")
    assert "healthz" not in page
    assert "the-secret-itself" not in page
    before = documentation_page(openapi, url="u", token_file=token, last_wave=None, language=TextLanguage.NL)
    assert 'href="/metrics-api/releases' not in before
