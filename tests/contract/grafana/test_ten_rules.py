"""The ten rules that every dashboard keeps, and the linter's rules for every panel."""

import json
import re
from typing import Any

import pytest

from grafana.building import GENERATED
from grafana.names import INFINITY, METRICS_UID, PROMETHEUS, PROMETHEUS_UID, RESISTANCE, TRUST
from services.contracts.base import TextLanguage

PATHS = sorted(GENERATED.rglob("*.json"))
BOARDS = {str(path.relative_to(GENERATED)): json.loads(path.read_text("utf-8")) for path in PATHS}
EVERY_BOARD = pytest.mark.parametrize("board", BOARDS)
LARGEST_FILE = 200_000
MOST_PANELS = 12
TOO_FEW = {"en": "Too few answers to show", "nl": "Te weinig antwoorden om te tonen"}


def panels(board: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = BOARDS[board]["panels"]
    return found


def data_panels(board: str) -> list[dict[str, Any]]:
    return [panel for panel in panels(board) if panel["type"] != "text"]


def all_settings(panel: dict[str, Any]) -> list[dict[str, Any]]:
    """The settings of a panel and of each of its overrides."""
    overrides = ({one["id"]: one.get("value") for one in o["properties"]} for o in panel["fieldConfig"]["overrides"])
    return [panel["fieldConfig"]["defaults"], *overrides]


def test_there_are_five_in_every_language() -> None:
    for language in TextLanguage:
        assert sum(name.startswith(f"{language.value}/") for name in BOARDS) == 5


@EVERY_BOARD
def test_it_opens_with_its_one_question_floor_direction_and_n(board: str) -> None:
    first, *others = panels(board)
    assert first["type"] == "text"
    assert first["title"].endswith("?")
    assert [panel["title"] for panel in others if panel["type"] == "text"] == []
    text = first["options"]["content"]
    assert re.search(r"\bn\b", text), "says where n is"
    assert re.search(r"\*\*(0|5|10)", text), "says the floor, or where the scale begins"
    assert re.search(r"(?i)high|hoog|hoge|plus", text), "says which direction is which"


@EVERY_BOARD
def test_headlines_come_first_then_trends_then_tables(board: str) -> None:
    order = {"text": 0, "stat": 1}
    kinds = [order.get(panel["type"], 2) for panel in panels(board)]
    assert kinds == sorted(kinds)


@EVERY_BOARD
def test_every_panel_has_a_title_and_says_how_it_is_made(board: str) -> None:
    for panel in panels(board):
        assert panel["title"]
        assert len(panel["description"]) > 40, panel["title"]


@EVERY_BOARD
def test_every_number_has_a_unit_decimals_and_a_range(board: str) -> None:
    for panel in data_panels(board):
        settings = panel["fieldConfig"]["defaults"]
        assert settings["unit"], panel["title"]
        assert "decimals" in settings
        assert settings["min"] == 0
        if panel["datasource"]["type"] == INFINITY:
            assert settings["max"] == 100


@EVERY_BOARD
def test_scores_over_time_show_their_interval_and_no_line_joins_what_is_missing(board: str) -> None:
    for panel in data_panels(board):
        if panel["type"] != "timeseries" or panel["datasource"]["type"] != INFINITY:
            continue
        custom = panel["fieldConfig"]["defaults"]["custom"]
        assert custom["spanNulls"] is False
        assert custom["insertNulls"] >= 14 * 86_400_000
        query = panel["targets"][0]
        share = any(p["value"].startswith("rather_not_say") for p in query["url_options"]["params"])
        if query["url"] == "/trends" and not share:
            bands = [s["custom.fillBelowTo"] for s in all_settings(panel) if "custom.fillBelowTo" in s]
            assert len(bands) == 1, panel["title"]


@EVERY_BOARD
def test_tables_of_scores_show_low_and_high(board: str) -> None:
    for panel in data_panels(board):
        for query in panel["targets"]:
            selectors = {column["selector"] for column in query.get("columns", ())}
            if panel["type"] == "table" and "score" in selectors:
                assert {"low", "high"} <= selectors, panel["title"]


@EVERY_BOARD
def test_resistance_and_trust_have_their_colours_everywhere_and_no_other_is_red_or_green(board: str) -> None:
    for panel in data_panels(board):
        text = json.dumps(panel)
        assert not re.search(
            r'"(semi-dark-|dark-|light-)?(red|green)"|continuous-(GrYlRd|RdYlGr)|palette-classic', text
        ), panel["title"]
        params = [p["value"] for q in panel["targets"] for p in q.get("url_options", {"params": []})["params"]]
        colours = set(re.findall(r'"fixedColor": "(#\w+)"', text))
        for measure, colour in (("resistance", RESISTANCE), ("resister_share", RESISTANCE), ("trust", TRUST)):
            if measure in params and panel["type"] != "table":
                assert colours == {colour}, panel["title"]


@EVERY_BOARD
def test_a_verdict_is_told_by_a_mark_and_by_words_beside_any_colour(board: str) -> None:
    for panel in data_panels(board):
        for mapping in panel["fieldConfig"]["defaults"].get("mappings", ()):
            for value in ("clearly up", "clearly down"):
                shown = mapping["options"].get(value)
                if shown:
                    assert re.match(r"[▲▼] \w", shown["text"])
                    assert "color" not in shown


@EVERY_BOARD
def test_no_threshold_without_a_target(board: str) -> None:
    for panel in data_panels(board):
        assert all("thresholds" not in settings for settings in all_settings(panel)), panel["title"]


@EVERY_BOARD
def test_what_is_missing_is_said_and_never_a_zero(board: str) -> None:
    for panel in data_panels(board):
        for settings in all_settings(panel):
            assert settings.get("noValue", "–") not in ("", "0")
        settings = panel["fieldConfig"]["defaults"]
        assert settings["noValue"]
        urls = {query.get("url") for query in panel["targets"]}
        if urls & {"/trends", "/teams", "/drivers", "/participation", "/pilots"}:
            assert settings["noValue"] == TOO_FEW[board[:2]]
        if panel["type"] == "stat":
            assert panel["options"]["reduceOptions"]["calcs"] == ["last"], (
                "an older round never stands in for a hidden one"
            )


@EVERY_BOARD
def test_links_carry_the_time_and_the_team(board: str) -> None:
    (link,) = BOARDS[board]["links"]
    assert link["keepTime"]
    assert link["includeVars"]
    assert board[:2] in link["tags"]


@EVERY_BOARD
def test_it_cannot_be_edited_and_refreshes_no_sooner_than_a_quarter_of_an_hour(board: str) -> None:
    content = BOARDS[board]
    assert content["editable"] is False
    assert content["refresh"] == "15m"
    assert content["graphTooltip"] == 1, "one crosshair for all panels"
    assert len(content["panels"]) <= MOST_PANELS
    assert all(annotation["enable"] and not annotation["hide"] for annotation in content["annotations"]["list"])
    assert content["schemaVersion"] == 42


@EVERY_BOARD
def test_panels_have_numbers_and_sources_by_uid(board: str) -> None:
    assert [panel["id"] for panel in panels(board)] == list(range(1, len(panels(board)) + 1))
    sources = {(INFINITY, METRICS_UID), (PROMETHEUS, PROMETHEUS_UID)}
    for panel in data_panels(board):
        assert panel["targets"]
        for source in (panel["datasource"], *(query["datasource"] for query in panel["targets"])):
            assert (source["type"], source["uid"]) in sources
        assert len({query["refId"] for query in panel["targets"]}) == len(panel["targets"])
    assert "id" not in BOARDS[board], "a number of a dashboard means nothing in another Grafana"


@EVERY_BOARD
def test_panels_lie_beside_each_other_and_not_over(board: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels(board):
        grid = panel["gridPos"]
        assert grid["x"] + grid["w"] <= 24
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_the_file_is_small(path: Any) -> None:
    assert path.stat().st_size < LARGEST_FILE


def test_uids_differ() -> None:
    uids = [content["uid"] for content in BOARDS.values()]
    assert len(set(uids)) == len(uids) == 10
    assert all(len(uid) <= 40 for uid in uids), "the longest that Grafana takes"
