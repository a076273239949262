"""Arms: unions of classes that share a phase, or that an announcement reached; never mixed, never under twenty."""

import pytest

from services.contracts.tree import Phase
from services.contracts.units import joint_id
from services.metrics.release.arms import Announcement, announcement_arms, phase_arms
from services.metrics.release.ballots import Ballot
from services.metrics.release.compute import Beside, Heard
from services.metrics.released.documents import PublishedArm
from tests.unit.metrics.organisations import PULSE, Spec, ballots_of
from tests.unit.metrics.rounds import read, released, told, window

NOT_STARTED, PILOT = Phase.NOT_STARTED.value, Phase.PILOT.value


def test_a_class_of_people_in_different_phases_is_in_no_arm() -> None:
    spec: Spec = {"a": (8, 6), "a/p": (4, 4), "b": (14, 10), "c": (15, 11)}
    found = phase_arms(released(spec, phases={"a/p": "pilot"}).tables)
    assert set(found) == {NOT_STARTED}, "a is mixed: there is no pilot arm"
    assert (found[NOT_STARTED].sums.invited, found[NOT_STARTED].classes) == (29, 2), "b and c"


def test_a_remainder_whose_teams_share_a_phase_is_part_of_the_arm() -> None:
    spec: Spec = {"a": (12, 9), "b": (14, 10), "c": (6, 4), "d": (8, 3)}
    found = phase_arms(released(spec, phases={"a": "pilot", "c": "pilot", "d": "pilot"}).tables)
    assert (found[PILOT].sums.invited, found[PILOT].classes) == (26, 2), "a, and what is left of c and d"
    assert (found[NOT_STARTED].sums.invited, found[NOT_STARTED].classes) == (14, 1)


def test_a_team_has_the_phase_of_the_nearest_node_above_that_has_one() -> None:
    spec: Spec = {"a/p": (20, 15), "a/q": (20, 15), "b": (30, 20)}
    found = phase_arms(released(spec, phases={"a": "pilot", "a/q": "live"}).tables)
    assert {side: arm.sums.invited for side, arm in found.items()} == {"pilot": 20, "live": 20, "not_started": 30}


def test_a_merged_team_without_a_phase_may_be_of_several_and_is_in_no_arm() -> None:
    found = phase_arms(released({"a+b": (20, 15), "c": (30, 20)}).tables)
    assert found[NOT_STARTED].sums.invited == 30


PILOTS: Spec = {"a": (40, 30), "b": (20, 15), "c": (60, 45), "d": (20, 14)}
PHASES = {"a": "pilot", "d": "announced"}


def arms(found: tuple[PublishedArm, ...], measure: str = "trust") -> dict[str, PublishedArm]:
    return {arm.arm: arm for arm in found if arm.measure == measure}


def test_an_arm_is_published_with_its_band_and_number_of_classes_and_below_twenty_hidden() -> None:
    document = read(released(PILOTS, phases=PHASES))
    shown = arms(document.arms)
    assert (shown["pilot"].score, shown["pilot"].n_band, shown["pilot"].classes) == (50.0, "20-34", 1)
    assert (shown["not_started"].n_band, shown["not_started"].classes) == ("50+", 2)
    hidden = told(shown["announced"])
    assert hidden == {"arm": "announced", "wave": "zorg-w01", "measure": "trust", "status": "too few answers"}
    assert "mixed" not in {arm.arm for arm in document.arms}


def test_arms_hold_no_single_item() -> None:
    assert {arm.measure for arm in read(released(PILOTS)).arms} == {"resistance", "trust", "job_security"}


def test_the_score_of_an_arm_weighs_people_not_teams() -> None:
    def vote(spec: Spec, _: int) -> list[Ballot]:
        values = {"a": 1, "b": 5, "c": 1, "d": 1}
        return [b for t, v in values.items() for b in ballots_of({t: spec[t]}, PULSE, v)]

    found = arms(read(released(PILOTS, vote=vote, phases={"a": "pilot", "b": "pilot"})).arms)
    assert found["pilot"].score == 34.0, "30 with 0 and 15 with 100 make 33.3, in steps of two"


def test_an_arm_over_a_window_needs_two_waves_of_twenty() -> None:
    often = window([PILOTS] * 3, phases=PHASES)
    rows = [arm for arm in read(often).arms if arm.window == "zorg-window-01"]
    assert arms(tuple(rows))["pilot"].score == 50.0
    assert all(row.wave is None for row in rows)
    rarely: list[Spec] = [{**PILOTS, "a": (40, n)} for n in (30, 12, 12)]
    rows = [arm for arm in read(window(rarely, phases=PHASES)).arms if arm.window is not None]
    assert arms(tuple(rows))["pilot"].score is None


def test_an_announcement_divides_the_organisation_and_its_arms_are_told_of_earlier_waves_too() -> None:
    training = Announcement("training-1", frozenset({"c"}))
    before = released(PILOTS, number=1, value=2).tables
    after = read(released(PILOTS, number=2, value=4, beside=Beside(heard=(Heard(training, (before,)),))))
    rows = [arm for arm in after.arms if arm.announcement == "training-1" and arm.measure == "trust"]
    told = {(arm.wave, arm.arm): (arm.score, arm.classes) for arm in rows}
    assert told == {
        ("zorg-w01", "reached"): (24.0, 1),
        ("zorg-w01", "not_reached"): (25.0, 3),
        ("zorg-w02", "reached"): (76.0, 1),
        ("zorg-w02", "not_reached"): (75.0, 3),
    }


@pytest.mark.parametrize("audience", [{"organisation"}, {"elsewhere"}, {"a", "b", "c", "d"}])
def test_an_announcement_that_reached_everyone_or_no_one_has_no_arms(audience: set[str]) -> None:
    assert announcement_arms(released(PILOTS).tables, Announcement("x", frozenset(audience))) == {}


def test_a_merged_team_of_which_a_part_was_reached_is_in_neither_arm() -> None:
    tables = released({"a+b": (20, 15), "c": (30, 25), "d": (30, 25)}).tables
    found = announcement_arms(tables, Announcement("x", frozenset({"a", "c"})))
    assert {side: arm.sums.invited for side, arm in found.items()} == {"reached": 30, "not_reached": 30}
    both = announcement_arms(tables, Announcement("x", frozenset({"a", "b"})))
    assert {side: arm.sums.invited for side, arm in both.items()} == {"reached": 20, "not_reached": 60}


def test_a_merged_team_with_long_ids_is_on_the_side_of_its_parts() -> None:
    a, b, c = (f"team-{name}-{'x' * 100}" for name in "abc")
    tables = released({joint_id([a, b]): (20, 15), c: (30, 25), "d": (30, 25)}).tables
    found = announcement_arms(tables, Announcement("x", frozenset({a, c})))
    assert {side: arm.sums.invited for side, arm in found.items()} == {"reached": 30, "not_reached": 30}
    both = announcement_arms(tables, Announcement("x", frozenset({a, b})))
    assert {side: arm.sums.invited for side, arm in both.items()} == {"reached": 20, "not_reached": 60}


def test_a_merged_team_that_does_not_tell_its_parts_is_in_neither_arm() -> None:
    many = [f"team-{name}-{'x' * 100}" for name in "abcdefghijklm"]
    tables = released({joint_id(many): (20, 15), "c": (30, 25), "d": (30, 25)}).tables
    found = announcement_arms(tables, Announcement("x", frozenset({"c"})))
    assert {side: arm.sums.invited for side, arm in found.items()} == {"reached": 30, "not_reached": 30}


def test_a_merged_team_with_long_ids_is_published_as_every_other() -> None:
    unit = joint_id([f"team-{name}-{'x' * 100}" for name in "ab"])
    document = read(released({unit: (40, 30), "c": (60, 45)}))
    assert unit in {node.id for node in document.nodes}
    assert {cell.status for cell in document.cells if cell.node_id == unit and cell.measure == "trust"} == {"shown"}


def test_what_lies_below_an_audience_was_reached() -> None:
    tables = released({"a": (10, 8), "a/p": (20, 15), "b": (30, 20)}).tables
    found = announcement_arms(tables, Announcement("x", frozenset({"a"})))
    assert found["reached"].sums.invited == 30


def test_nobody_invited_is_on_no_side() -> None:
    tables = released({"a": (30, 20), "b": (30, 20), "c": (0, 0)}, phases={"c": "live"}).tables
    assert set(phase_arms(tables)) == {NOT_STARTED}
    assert "live" not in {arm.arm for arm in read(released({"a": (30, 20), "c": (0, 0)}, phases={"c": "live"})).arms}
