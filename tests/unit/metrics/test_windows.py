"""Windows: small nodes are shown per three waves, and never by the wave."""

import pytest

from services.contracts.survey import Measure
from services.metrics.release.compute import Beside, Release, UnfinishedWindow
from services.metrics.release.windows import Window
from services.metrics.released.documents import PublishedWindowCell
from tests.unit.metrics.organisations import PULSE, Spec, ballots_of, item
from tests.unit.metrics.rounds import Vote, read, released, told, window

TEAMS: Spec = {"a": (12, 9), "b": (60, 45), "c": (14, 12)}


def cell(found: Release, node: str, measure: str = "trust") -> PublishedWindowCell:
    cells = read(found).window_cells
    return next(c for c in cells if (c.node_id, c.measure) == (node, measure))


def answering(value: int) -> Vote:
    return lambda spec, _: ballots_of(spec, PULSE, value)


def test_a_small_team_is_shown_in_the_document_that_ends_the_window_and_in_no_other() -> None:
    first = read(released(TEAMS))
    assert (first.windows, first.window_cells) == ((), ())
    assert "a" not in {c.node_id for c in first.cells}
    last = window([TEAMS] * 3)
    (known,) = read(last).windows
    assert known.waves == ("zorg-w01", "zorg-w02", "zorg-w03")
    assert (known.id, known.closed_at) == ("zorg-window-01", read(last).closed_at)
    assert (cell(last, "a").score, cell(last, "a").n_band, cell(last, "a").status) == (50.0, "8-11", "shown")
    assert "a" not in {c.node_id for c in read(last).cells}
    assert {c.node_id for c in read(last).window_cells} == {"organisation", "a", "b", "c"}


def test_the_number_is_the_mean_of_the_waves_in_which_the_team_may_be_shown() -> None:
    found = window([TEAMS] * 3, votes=[answering(1), answering(3), answering(3)])
    assert cell(found, "b").score == 34.0, "(0 + 50 + 50) / 3, in steps of two"


@pytest.mark.parametrize(
    ("answered", "shown"),
    [((9, 9, 9), True), ((9, 4, 9), True), ((9, 9, 0), True), ((9, 4, 4), False), ((4, 4, 9), False)],
)
def test_a_team_must_be_releasable_in_two_of_the_three_waves(answered: tuple[int, ...], shown: bool) -> None:
    found = window([{**TEAMS, "a": (12, n)} for n in answered])
    assert (cell(found, "a").score is not None) is shown
    if not shown:
        hidden = told(cell(found, "a"))
        assert set(hidden) == {"window", "node_id", "measure", "status"}


def test_a_wave_in_which_the_team_could_not_be_shown_does_not_count() -> None:
    specs: list[Spec] = [{**TEAMS, "a": (12, n)} for n in (9, 4, 9)]
    found = window(specs, votes=[answering(5), answering(1), answering(5)])
    assert cell(found, "a").score_label == "≥ 90"


def test_a_team_of_four_over_six_waves_with_all_answering_is_in_no_window() -> None:
    spec: Spec = {"a": (4, 4), "b": (30, 25), "c": (30, 25)}
    for numbers in (1, 4):
        found = window([spec] * 3)
        assert cell(found, "a").score is None, numbers
        for row in (*read(found).cells, *read(found).window_cells):
            assert row.node_id != "a" or row.score is None


def test_people_are_counted_not_ballots() -> None:
    """Three times six answers are six people: the band and the steps are those of six."""
    found = cell(window([{"a": (7, 6), "b": (60, 45)}] * 3), "a")
    assert found.n_band == "5-7"
    assert found.score is not None
    assert found.score % 5 == 0


def test_more_waves_make_no_number_more_certain() -> None:
    over_window, of_wave = window([TEAMS] * 3), released(TEAMS)
    per_wave = next(c for c in read(of_wave).cells if (c.node_id, c.measure) == ("b", "trust"))
    assert cell(over_window, "b").standard_error == per_wave.standard_error


def test_a_driver_counts_in_the_waves_that_asked_the_same_items() -> None:
    other = (*PULSE[:2], item("CO1", Measure.RESISTANCE, "competence"), item("CO2", Measure.RESISTANCE, "competence"))
    names = {m.name for m in read(window([TEAMS] * 3)).windows[0].measures}
    assert names == {"resistance", "trust", "job_security", "usage"}
    first = released(TEAMS, items=other, vote=lambda spec, _: ballots_of(spec, other)).tables
    second = released(TEAMS, number=2).tables
    mixed = released(TEAMS, number=3, beside=Beside(UnfinishedWindow("w", (first, second), ())))
    assert {m.name for m in read(mixed).windows[0].measures} == {"resistance", "trust", "job_security", "usage"}
    assert "competence" not in {m.name for m in read(mixed).windows[0].measures}, "asked in one wave of three"


def test_single_items_stay_with_the_organisation() -> None:
    found = window([TEAMS] * 3)
    assert cell(found, "a", "usage").score is None
    assert cell(found, "b", "usage").score is None
    assert cell(found, "organisation", "usage").score == 50.0


def test_the_order_in_which_waves_were_released_changes_no_number() -> None:
    tables = [released(TEAMS, number=n, value=n + 1).tables for n in (1, 2, 3)]
    last = released(TEAMS, number=3, value=4, beside=Beside(UnfinishedWindow("w", tuple(tables[:2]), ())))
    middle = released(TEAMS, number=2, value=3, beside=Beside(UnfinishedWindow("w", (tables[0],), (tables[2],))))
    assert read(last).window_cells == read(middle).window_cells
    assert read(last).windows == read(middle).windows


def test_a_window_has_three_waves() -> None:
    with pytest.raises(ValueError, match="has 1 waves instead of 3"):
        Window("w", (released(TEAMS).tables,))


def test_distributions_of_small_teams_come_per_window_from_waves_with_ten_answers() -> None:
    spec: Spec = {"a": (16, 12), "b": (60, 45)}
    rows = read(window([spec] * 3)).distributions
    small = [row for row in rows if row.node_id == "a"]
    assert {(row.window, row.item) for row in small} == {("zorg-window-01", "A1"), ("zorg-window-01", "A2")}
    assert all(row.status == "shown" for row in small)
    once = [{**spec, "a": (16, n)} for n in (12, 9, 9)]
    assert all(row.status == "too few answers" for row in read(window(once)).distributions if row.node_id == "a")
