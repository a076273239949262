"""Rows over waves and windows: teams beside each other, drivers, slopes, shares, taking part, advice."""

import pytest

from sandbox.published import arm, cell, distribution, document, wave_id, window, window_cell
from services.contracts.base import ROOT_ID, TextLanguage
from services.metrics.released import rows
from services.metrics.released.arms import Arms, pilots
from services.metrics.released.documents import Document
from services.metrics.released.lines import advice_rows, slopes
from services.metrics.released.people import participation, reliability
from services.metrics.released.periods import History
from services.metrics.released.rows import drivers, measures_of, teams, trend

KEY = {"time", "wave", "team", "measure", "status"}
EN = TextLanguage.EN


def trust(number: int, scores: dict[str, float | None], error: float = 4.0, **parts: object) -> Document:
    """A wave of trust alone, with a cell for each node."""
    below = {node: "wave" for node in scores if node != ROOT_ID}
    cells = [cell(node, "trust", score, error) for node, score in scores.items()]
    return document(number, cells, teams=below, items={"A2": "trust"}, **parts)  # type: ignore[arg-type]


class TestWindows:
    """A node that is shown per window: its rows are those of the windows alone."""

    @pytest.fixture
    def history(self) -> History:
        cadence = {"large": "wave", "small": "window"}

        def wave(number: int, **parts: object) -> Document:
            cells = [cell(ROOT_ID, "trust", 50), cell("large", "trust", 50 + number)]
            return document(number, cells, teams=cadence, items={"A2": "trust"}, **parts)  # type: ignore[arg-type]

        def closing(number: int, last: int, score: float | None) -> Document:
            name = f"zorg-v{number:02d}"
            return wave(
                last,
                windows=[window(number, [last - 2, last - 1, last])],
                window_cells=[
                    window_cell(name, ROOT_ID, "trust", 50),
                    window_cell(name, "large", "trust", 55),
                    window_cell(name, "small", "trust", score),
                ],
            )

        return History([closing(2, 6, 70), wave(5), wave(4), closing(1, 3, 30), wave(2), wave(1)])

    def test_a_small_team_has_a_row_per_window_and_a_large_one_per_wave(self, history: History) -> None:
        rows = trend(history, ["trust"], ["small", "large"], EN)
        small = [one for one in rows if one.team == "small"]
        assert [(one.wave, one.score, one.verdict) for one in small] == [
            ("zorg-v01", 30, None),
            ("zorg-v02", 70, "clearly up"),
        ]
        assert [one.wave for one in rows if one.team == "large"] == [wave_id(number) for number in range(1, 7)]
        assert [one.time for one in rows] == sorted(one.time for one in rows)

    def test_a_comparison_shows_every_team_once(self, history: History) -> None:
        assert [(one.team, one.wave) for one in teams(history, "trust", None, EN)] == [
            ("large", "zorg-w06"),
            ("small", "zorg-v02"),
        ]
        assert [one.team for one in teams(history, "trust", "zorg-w03", EN)] == ["large", "small"]
        assert [one.team for one in teams(history, "trust", "zorg-w05", EN)] == ["large"]

    def test_in_a_window_large_teams_stand_beside_small_ones(self, history: History) -> None:
        rows = teams(history, "trust", "zorg-v01", EN)
        assert [(one.team, one.score) for one in rows] == [("large", 55), ("small", 30)]
        assert {one.wave for one in rows} == {"zorg-v01"}


class TestManyTeams:
    def test_a_change_that_is_clear_alone_is_not_clear_among_many(self) -> None:
        names = [f"t{number:02d}" for number in range(20)]
        first, second = dict.fromkeys(names, 50.0), dict.fromkeys(names, 50.0) | {"t00": 63.0}
        history = History([trust(1, first), trust(2, second)])
        alone = trend(history, ["trust"], ["t00"], EN)[-1]
        among = teams(history, "trust", None, EN)[0]
        assert (alone.verdict, among.verdict) == ("clearly up", "no clear change")
        assert (alone.change, among.change) == (13.0, 13.0)

    def test_scores_to_compare_by_are_drawn_together_and_the_published_ones_stay(self) -> None:
        history = History([trust(1, {ROOT_ID: 50, "a": 20, "b": 50, "c": 80, "d": None}, error=10)])
        rows = {one.team: one for one in teams(history, "trust", None, EN)}
        assert rows["a"].score == 20
        assert rows["a"].shrunken is not None
        assert 20 < rows["a"].shrunken < 50
        assert rows["d"].shrunken is None

    def test_two_teams_are_not_drawn_together(self) -> None:
        history = History([trust(1, {"a": 20, "b": 80})])
        assert [one.shrunken for one in teams(history, "trust", None, EN)] == [None, None]

    def test_below_thirty_per_cent_response_no_teams_are_compared(self) -> None:
        history = History([trust(1, {"a": 20, "b": 80}, response={ROOT_ID: "< 30 %"})])
        for one in teams(history, "trust", None, EN):
            assert {name for name, value in vars(one).items() if value is not None} == KEY
            assert one.status == "too few answers"
        assert trend(history, ["trust"], ["a"], EN)[0].score == 20

    def test_before_any_release_there_is_nothing_to_compare(self) -> None:
        assert teams(History([]), "trust", None, EN) == []


class TestDrivers:
    @pytest.fixture
    def history(self) -> History:
        def wave(number: int, driver: str, score: float | None) -> Document:
            items = {"A2": "trust", "X1": driver, "X2": driver}
            return document(number, [cell(ROOT_ID, "trust", 50), cell(ROOT_ID, driver, score)], items=items)

        return History([wave(1, "job_security", 70), wave(2, "autonomy", 40), wave(3, "job_security", 55)])

    def test_each_driver_stands_beside_the_last_time_it_was_asked(self, history: History) -> None:
        rows = drivers(history, ROOT_ID, None, EN)
        assert [(one.measure, one.wave, one.score, one.earlier_wave, one.earlier_score) for one in rows] == [
            ("autonomy", "zorg-w02", 40, None, None),
            ("job_security", "zorg-w03", 55, "zorg-w01", 70),
        ]
        assert rows[1].verdict == "clearly down"

    def test_a_wave_has_the_drivers_that_it_asked(self, history: History) -> None:
        assert [one.measure for one in drivers(history, ROOT_ID, "zorg-w02", EN)] == ["autonomy"]
        assert drivers(history, "nobody", None, EN) == []

    def test_a_hidden_driver_tells_nothing(self) -> None:
        items = {"X1": "autonomy", "X2": "autonomy"}
        shown = document(1, [cell("a", "autonomy", 40)], items=items)
        hidden = document(2, [cell("a", "autonomy", None)], items=items)
        (one,) = drivers(History([shown, hidden]), "a", None, EN)
        assert {name for name, value in vars(one).items() if value is not None} == KEY

    def test_advice_fits_the_last_answers(self, history: History) -> None:
        (one,) = advice_rows(history, ROOT_ID, TextLanguage.NL)
        assert (one.measure, one.score, one.step, one.strength) == ("job_security", 55, 1, "possible")
        assert "team" in (one.practice or "")

    def test_advice_on_a_hidden_driver_is_a_hidden_row(self) -> None:
        hidden = document(1, [cell("a", "autonomy", None)], items={"X1": "autonomy", "X2": "autonomy"})
        (one,) = advice_rows(History([hidden]), "a", EN)
        assert {name for name, value in vars(one).items() if value is not None} == KEY


class TestSlopes:
    def test_a_slope_is_per_four_weeks_and_tells_when_it_is_too_early(self) -> None:
        history = History([trust(number, {ROOT_ID: 40 + 2 * number, "a": None}) for number in range(1, 8)])
        (one,) = slopes(history, ["trust"], [ROOT_ID], EN)
        assert (one.points, one.slope, one.verdict, one.wave) == (7, 4.0, "clearly up", "zorg-w07")
        early = History(history.documents[:5])
        (one,) = slopes(early, ["trust"], [ROOT_ID], EN)
        assert (one.points, one.slope, one.p_value, one.verdict) == (5, None, None, "too early")

    def test_a_team_that_was_never_shown_has_a_hidden_row(self) -> None:
        history = History([trust(number, {ROOT_ID: 50, "a": None}) for number in (1, 2)])
        (one,) = slopes(history, ["trust"], ["a"], EN)
        assert {name for name, value in vars(one).items() if value is not None} == KEY


class TestShares:
    @pytest.fixture
    def history(self) -> History:
        def wave(number: int, resisters: int, band: str) -> Document:
            return document(
                number,
                [cell(ROOT_ID, "resistance", 40), cell(ROOT_ID, "trust", 50)],
                items={"A1": "resistance", "A2": "trust"},
                response={ROOT_ID: band},
                distributions=[distribution(ROOT_ID, "A1", resisters, 5), distribution(ROOT_ID, "A2", None, 15)],
            )

        return History([wave(1, 50, "70+ %"), wave(2, 5, "30-49 %"), wave(3, 10, "< 30 %")])

    def test_shares_are_measures_of_a_trend(self, history: History) -> None:
        assert measures_of(history) == [
            *("resistance", "trust", "resister_share"),
            *("rather_not_say_resistance", "rather_not_say_trust"),
        ]
        rows = trend(history, ["resister_share"], [ROOT_ID], EN)
        assert [(one.score, one.score_label, one.verdict) for one in rows] == [
            (50, "50 %", None),
            (5, "< 10 %", "clearly down"),
            (10, "10 %", "no clear change"),
        ]
        assert (rows[0].low, rows[0].high) == (40, 60)
        not_said = trend(history, ["rather_not_say_trust"], [ROOT_ID], EN)
        assert [one.score_label for one in not_said] == ["15 %"] * 3

    def test_shares_of_a_format_without_distributions_are_hidden_rows(self) -> None:
        history = History([trust(1, {"a": 50})])
        assert measures_of(history) == ["trust", "rather_not_say_trust"]
        (row,) = trend(history, ["rather_not_say_trust"], ["a"], EN)
        assert (row.status, row.score, row.team_name) == ("too few answers", None, None)

    def test_few_answers_come_with_a_warning_and_the_worst_case(self, history: History) -> None:
        first, second, third = participation(history, [ROOT_ID], EN)
        assert (first.response_band, first.response_from, first.warning) == ("70+ %", 70, None)
        # 50 % of 70 %, rounded to 5: from 47.5 % of those who answered and none of the silent, to the contrary.
        assert (first.resister_share_lowest, first.resister_share_highest) == (33.2, 66.8)
        assert "Fewer than half" in (second.warning or "")
        assert (second.resister_share_lowest, second.resister_share_highest) == (0.0, 73.8)
        assert "Do not compare teams" in (third.warning or "")
        assert (third.resister_share_lowest, third.resister_share_highest) == (0.0, 100.0)

    def test_a_team_without_a_band_has_a_hidden_row(self, history: History) -> None:
        for one in participation(history, ["a"], EN):
            assert {name for name, value in vars(one).items() if value is not None} == KEY - {"measure"}


class TestReliability:
    def test_alpha_comes_with_its_interval(self) -> None:
        pair = {"first": "JS1", "second": "JS2", "correlation": 0.5}
        found = {"measure": "job_security", "items": ["JS1", "JS2"], "alpha": 0.7, "n": None, "correlations": [pair]}
        (one,) = reliability(History([document(1, [], reliability=[found])]))
        assert (one.alpha, one.n, one.items, one.pairs) == (0.7, None, "JS1, JS2", "JS1-JS2 0.50")
        assert (one.alpha_low, one.alpha_high) == (0.47, 0.83)


class TestPilots:
    def test_phases_have_a_row_each_with_their_change(self) -> None:
        documents = [
            document(
                1, [], arms=[arm(None, "pilot", wave_id(1), "trust", 40), arm(None, "live", wave_id(1), "trust", None)]
            ),
            document(2, [], arms=[arm(None, "pilot", wave_id(2), "trust", 60)]),
        ]
        history = History(documents)
        rows = pilots(Arms(history), ["trust"], EN)
        assert [(one.wave, one.team, one.score, one.verdict) for one in rows] == [
            ("zorg-w01", "pilot", 40, None),
            ("zorg-w01", "live", None, None),
            ("zorg-w02", "pilot", 60, "clearly up"),
        ]
        assert (rows[0].low, rows[0].high, rows[0].team_name, rows[0].classes) == (33, 47, "Pilot", 4)
        assert {name for name, value in vars(rows[1]).items() if value is not None} == KEY


def test_names_that_no_release_knows_take_no_memory() -> None:
    history = History([])
    arms = Arms(history)
    for number in range(3):
        assert trend(history, [f"measure-{number}"], [ROOT_ID], EN) == []
        assert pilots(arms, [f"measure-{number}"], EN) == []
    assert not rows._KEPT.get(history)
    assert not arms._rows
