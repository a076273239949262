"""Distributions, shares and reliability: from classes of ten or more, in steps, with open ends."""

import random
from fractions import Fraction

import pytest

from services.metrics.release.ballots import Ballot
from services.metrics.release.shares import round_share
from services.metrics.released.documents import PublishedDistribution
from tests.unit.metrics.organisations import PULSE, Spec, ballots_of
from tests.unit.metrics.rounds import Vote, read, released, told, window


@pytest.mark.parametrize(
    ("share", "n", "label", "drawn"),
    [
        (Fraction(0), 30, "< 10 %", 5),
        (Fraction(99, 1000), 1000, "< 10 %", 5),
        (Fraction(1, 12), 12, "< 10 %", 5),
        (Fraction(1, 10), 30, "10 %", 10),
        (Fraction(1, 3), 30, "35 %", 35),
        (Fraction(1, 3), 12, "30 %", 30),
        (Fraction(87, 100), 30, "85 %", 85),
        (Fraction(9, 10), 10, "90 %", 90),
        (Fraction(11, 12), 12, "> 90 %", 95),
        (Fraction(1), 12, "> 90 %", 95),
    ],
)
def test_shares_come_in_steps_with_open_ends(share: Fraction, n: int, label: str, drawn: float) -> None:
    found = round_share(share, n)
    assert (found.label, found.share) == (label, drawn)


def spread(values: dict[str, list[int | None]]) -> Vote:
    """The answers to every item, by team."""

    def vote(spec: Spec, _: int) -> list[Ballot]:
        return [
            Ballot(f"{team}-{number:04d}", team, {i.id: value for i in PULSE})
            for team, given in values.items()
            for number, value in enumerate(given)
        ]

    return vote


def row(found: tuple[PublishedDistribution, ...], node: str, item: str = "A1") -> PublishedDistribution:
    return next(r for r in found if (r.node_id, r.item, r.window) == (node, item, None))


TEAMS: Spec = {"a": (30, 20), "b": (40, 30), "c": (20, 8)}
VALUES: dict[str, list[int | None]] = {
    "a": [1] * 4 + [2] * 4 + [3] * 12,
    "b": [4] * 15 + [5] * 15,
    "c": [3] * 8,
}


def test_a_share_is_of_those_who_answered_and_resisters_chose_one_of_the_two_points_against() -> None:
    found = read(released({"a": (30, 20), "b": (40, 30)}, vote=spread(VALUES | {"c": []}))).distributions
    team = row(found, "a")
    assert team.shares is not None
    assert [s.label for s in team.shares] == ["20 %", "20 %", "60 %", "< 10 %", "< 10 %"]
    assert team.resisters is not None
    assert (team.resisters.label, team.n_band) == ("40 %", "20-34")
    assert row(found, "a", "A2").resisters is None, "trust has no resisters"
    assert (team.resisters_low, team.resisters_high) == (None, None), "for the organisation alone"


def test_a_team_of_which_eight_answered_has_a_score_and_no_distribution() -> None:
    document = read(released(TEAMS, vote=spread(VALUES)))
    assert document.cell["c", "trust"].score is not None
    hidden = told(row(document.distributions, "c"))
    assert hidden == {"node_id": "c", "item": "A1", "status": "too few answers"}


def test_twelve_of_twelve_alike_is_more_than_ninety_per_cent_and_not_withheld() -> None:
    spec: Spec = {"a": (20, 12), "b": (40, 30)}
    found = read(released(spec, vote=spread({"a": [1] * 12, "b": [3] * 30}))).distributions
    shares = row(found, "a").shares
    assert shares is not None
    assert [s.label for s in shares] == ["> 90 %", *["< 10 %"] * 4]
    assert row(found, "a").resisters.label == "> 90 %"  # type: ignore[union-attr]


def test_five_who_are_all_strongly_against_have_a_mean_at_the_end_and_no_share() -> None:
    spec: Spec = {"a": (20, 5), "b": (60, 50)}
    document = read(released(spec, vote=spread({"a": [1] * 5, "b": [3] * 50})))
    assert document.cell["a", "resistance"].score_label == "≥ 90"
    assert row(document.distributions, "a").shares is None


def test_five_of_seven_all_strongly_against_are_the_same_over_a_window() -> None:
    spec: Spec = {"a": (7, 5), "b": (60, 50)}
    document = read(window([spec] * 3, votes=[spread({"a": [1] * 5, "b": [3] * 50})] * 3))
    told = next(c for c in document.window_cells if (c.node_id, c.measure) == ("a", "resistance"))
    assert (told.score, told.score_label, told.n_band) == (90.0, "≥ 90", "5-7")
    rows = [r for r in document.distributions if r.node_id == "a"]
    assert rows
    assert {r.shares for r in rows} == {None}


def test_rather_not_say_is_a_share_of_everyone_who_was_asked_it() -> None:
    spec: Spec = {"a": (40, 30), "b": (40, 30)}
    found = read(released(spec, vote=spread({"a": [3] * 15 + [None] * 15, "b": [3] * 30}))).distributions
    assert row(found, "a").rather_not_say.label == "50 %"  # type: ignore[union-attr]
    assert row(found, "b").rather_not_say.label == "< 10 %"  # type: ignore[union-attr]
    assert row(found, "a").n_band == "12-19", "n is without them"


def test_of_other_items_the_organisation_alone_has_a_distribution_from_fifty_answers_on() -> None:
    found = read(released(TEAMS, vote=spread(VALUES))).distributions
    assert {(r.node_id, r.item) for r in found if r.item not in ("A1", "A2")} == {
        ("organisation", item) for item in ("JS1", "JS2", "OU1")
    }
    small: Spec = {"a": (30, 20), "b": (30, 20)}
    found = read(released(small, vote=spread({"a": [3] * 20, "b": [3] * 20}))).distributions
    assert {r.item for r in found} == {"A1", "A2"}


def test_the_organisations_share_of_resisters_has_an_interval_from_fifty_on_in_steps_of_five() -> None:
    whole = row(read(released(TEAMS, vote=spread(VALUES))).distributions, "organisation")
    assert whole.resisters is not None
    assert whole.resisters.label == "15 %", "8 of 58"
    assert (whole.resisters_low, whole.resisters_high) == (5.0, 20.0)


def test_reliability_is_the_organisations_from_fifty_answers_on() -> None:
    def vote(spec: Spec, _: int) -> list[Ballot]:
        dice = random.Random(5)
        cast = []
        for ballot in ballots_of(spec, PULSE):
            mood = dice.randint(1, 5)
            answers = {i.id: min(5, max(1, mood + dice.randint(-1, 1))) for i in PULSE}
            cast.append(Ballot(ballot.ballot_id, ballot.unit, answers))
        return cast

    (found,) = read(released({"a": (200, 150)}, vote=vote)).reliability
    assert (found.measure, found.items, found.n) == ("job_security", ("JS1", "JS2"), 150)
    (pair,) = found.correlations
    assert 0.5 < pair.correlation < 1
    assert found.alpha == pytest.approx(2 * pair.correlation / (1 + pair.correlation), abs=0.02), "Spearman-Brown"
    assert read(released({"a": (60, 49)}, vote=vote)).reliability == ()
    (fifty,) = read(released({"a": (60, 50)}, vote=vote)).reliability
    assert fifty.n is None


def test_where_nobody_differs_there_is_no_reliability_to_tell() -> None:
    assert read(released({"a": (200, 150)})).reliability == ()
