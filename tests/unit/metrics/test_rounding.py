"""Every published number: steps, ends, bands."""

from fractions import Fraction

import pytest

from services.metrics.release.rounding import answer_band, response_band, round_score


@pytest.mark.parametrize(
    ("mean", "n", "organisation", "score", "label"),
    [
        (41.9, 19, False, 40, "40"),
        (42.6, 5, True, 45, "45"),
        (41.1, 20, False, 42, "42"),
        (41.1, 49, True, 42, "42"),
        (41.4, 50, False, 41, "41"),
        (41.44, 50, True, 41.4, "41.4"),
        (8, 19, False, 10, "≤ 10"),
        (100, 19, False, 90, "≥ 90"),
        (13, 19, False, 15, "15"),
        (2, 20, False, 5, "≤ 5"),
        (95.2, 49, False, 95, "≥ 95"),
        (94, 49, False, 94, "94"),
        (0, 400, True, 5, "≤ 5"),
    ],
)
def test_a_mean_is_as_exact_as_its_number_of_answers_allows(
    mean: float, n: int, organisation: bool, score: float, label: str
) -> None:
    rounded = round_score(Fraction(mean), n, organisation=organisation)
    assert (rounded.score, rounded.label) == (score, label)


@pytest.mark.parametrize(
    ("n", "label", "lower"),
    [
        (5, "5-7", 5),
        (7, "5-7", 5),
        (8, "8-11", 8),
        (12, "12-19", 12),
        (20, "20-34", 20),
        (35, "35-49", 35),
        (50, "50+", 50),
        (5000, "50+", 50),
    ],
)
def test_bands_of_answers(n: int, label: str, lower: int) -> None:
    assert (answer_band(n).label, answer_band(n).lower) == (label, lower)


def test_fewer_than_five_answers_have_no_band() -> None:
    with pytest.raises(ValueError, match="4 answers"):
        answer_band(4)


@pytest.mark.parametrize(
    ("answered", "invited", "label"),
    [
        (20, 20, "70+ %"),
        (14, 20, "70+ %"),
        (69, 100, "50-69 %"),
        (50, 100, "50-69 %"),
        (49, 100, "30-49 %"),
        (29, 100, "< 30 %"),
        (299, 1000, "< 30 %"),
        (19, 19, None),
    ],
)
def test_bands_of_response_never_say_everyone(answered: int, invited: int, label: str | None) -> None:
    band = response_band(answered, invited)
    assert (band.label if band else None) == label
