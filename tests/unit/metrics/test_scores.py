"""Scores: direction, scale and the mean of item means."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.release.rounding import round_score
from services.metrics.statistics.scores import Measure, ScaleError, ScoredItem, ScoreSums, pooled_within_variance

POINTS = st.integers(2, 11)


@given(POINTS, st.data())
def test_turning_the_polarity_turns_the_score(points: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(1, points))
    agree, disagree = ScoredItem("i", points, reverse=False), ScoredItem("i", points, reverse=True)
    assert agree.score(value) + disagree.score(value) == 100
    assert disagree.score(value) == agree.score(points + 1 - value)


@given(POINTS, st.booleans(), st.data())
def test_sums_of_a_histogram_are_sums_of_its_scores(points: int, reverse: bool, data: st.DataObject) -> None:
    histogram = data.draw(st.lists(st.integers(0, 9), min_size=points, max_size=points))
    item = ScoredItem("i", points, reverse)
    scores = [item.score(x) for x, number in enumerate(histogram, start=1) for _ in range(number)]
    sums = ScoreSums.of_histogram(item, histogram)
    assert (sums.count, sums.total, sums.squares) == (len(scores), sum(scores), sum(s * s for s in scores))


@given(POINTS)
def test_every_scale_runs_from_0_to_100_in_equal_steps(points: int) -> None:
    item = ScoredItem("i", points, reverse=False)
    scores = [item.score(value) for value in range(1, points + 1)]
    assert (scores[0], scores[-1]) == (0, 100)
    assert {b - a for a, b in itertools.pairwise(scores)} == {Fraction(100, points - 1)}


@given(POINTS, st.data())
def test_a_published_score_turns_round_with_its_scale(points: int, data: st.DataObject) -> None:
    histogram = data.draw(st.lists(st.integers(0, 30), min_size=points, max_size=points).filter(lambda h: sum(h) >= 5))
    up = ScoreSums.of_histogram(ScoredItem("i", points, reverse=False), histogram).mean
    down = ScoreSums.of_histogram(ScoredItem("i", points, reverse=True), histogram).mean
    for organisation in (True, False):
        one = round_score(up, sum(histogram), organisation=organisation)
        other = round_score(down, sum(histogram), organisation=organisation)
        assert one.score == pytest.approx(100 - other.score)
        assert one.span.low == pytest.approx(100 - other.span.high)


@pytest.mark.parametrize("value", [0, 6, -1])
def test_an_answer_outside_the_scale_is_refused_with_its_range(value: int) -> None:
    with pytest.raises(ScaleError, match=rf"A1: answer {value} lies outside its scale, 1 to 5"):
        ScoredItem("A1", 5, reverse=False).score(value)


@pytest.mark.parametrize("points", [1, 12])
def test_a_scale_has_two_to_eleven_points(points: int) -> None:
    with pytest.raises(ScaleError, match="2 to 11"):
        ScoredItem("A1", points, reverse=False)


def test_only_headlines_and_means_of_several_items_go_below_the_organisation() -> None:
    item = ScoredItem("A1", 5, reverse=True)
    assert Measure("resistance", (item,), headline=True).allowed_below_organisation
    assert not Measure("usage", (item,)).allowed_below_organisation
    assert Measure("job_security", (item, item)).allowed_below_organisation


def test_the_pooled_variance_leaves_differences_between_groups_out() -> None:
    item = ScoredItem("A1", 3, reverse=False)
    low, high = ScoreSums.of_histogram(item, (3, 3, 0)), ScoreSums.of_histogram(item, (0, 3, 3))
    assert pooled_within_variance([low, high]) == pytest.approx(750.0)
    assert pooled_within_variance([ScoreSums.of_histogram(item, (1, 0, 0))]) is None
