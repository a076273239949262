"""Cells and the published document, from ballots."""

import json
import random
from dataclasses import asdict
from hashlib import sha256

import pytest

from services.contracts.base import ROOT_ID
from services.metrics.release.audit import audit
from services.metrics.release.ballots import Ballot, count
from services.metrics.release.cells import Cell
from services.metrics.release.compute import Release, compute
from tests.unit.metrics.organisations import PULSE, Spec, ballots_of, closed_wave, nodes_of

TEAMS: Spec = {"a": (40, 30), "b": (40, 36), "c": (12, 9), "d": (30, 2)}


def answers(spec: Spec, seed: int = 1) -> list[Ballot]:
    dice = random.Random(seed)
    return [
        Ballot(b.ballot_id, b.unit, {i.id: dice.randint(1, i.points) for i in PULSE}) for b in ballots_of(spec, PULSE)
    ]


def release(spec: Spec = TEAMS) -> Release:
    nodes = nodes_of(spec)
    return compute(closed_wave(nodes, PULSE), count(nodes, PULSE, answers(spec)))


def cell(found: Release, node: str, measure: str) -> Cell:
    return next(c for c in found.cells if (c.node_id, c.measure) == (node, measure))


def test_every_node_shown_per_wave_and_every_measure_has_a_row_and_a_hidden_one_says_nothing_else() -> None:
    found = release()
    assert {(c.node_id, c.measure) for c in found.cells} == {
        (n, m) for n in (ROOT_ID, "a", "b", "d") for m in ("resistance", "trust", "job_security", "usage")
    }
    hidden = cell(found, "d", "trust")
    assert {name for name, value in asdict(hidden).items() if value is not None} == {"node_id", "measure", "status"}
    assert hidden.status == "too few answers"


def test_a_single_item_is_shown_for_the_organisation_alone() -> None:
    found = release()
    assert cell(found, ROOT_ID, "usage").score is not None
    assert cell(found, "a", "usage").score is None
    assert cell(found, "a", "job_security").score is not None
    small = release({"a": (25, 20), "b": (25, 20)})
    assert cell(small, ROOT_ID, "usage").score is None


def test_below_the_organisation_no_exact_number_of_people_appears() -> None:
    document = json.loads(release().published.content)
    for published in document["cells"]:
        assert published["n"] is None
    assert not any("invited" in node or "phase" in node for node in document["nodes"])
    assert cell(release({"a": (80, 70), "b": (80, 70)}), ROOT_ID, "trust").n == 140


def test_the_interval_of_a_team_does_not_follow_its_own_spread() -> None:
    """Team a all alike or far apart: the same interval around, since only the organisation's spread counts."""
    nodes = nodes_of({"a": (40, 30), "b": (400, 300)})
    wave = closed_wave(nodes, PULSE)
    rest = answers({"b": (400, 300)})

    def half_width(values: tuple[int, int]) -> float:
        own = [Ballot(f"a{n:02d}", "a", dict.fromkeys((i.id for i in PULSE), values[n % 2])) for n in range(30)]
        team = next(
            c for c in compute(wave, count(nodes, PULSE, own + rest)).cells if (c.node_id, c.measure) == ("a", "trust")
        )
        assert team.low is not None
        assert team.high is not None
        return team.high - team.low

    assert half_width((3, 3)) == pytest.approx(half_width((1, 5)), abs=3)


def test_everyone_alike_in_every_team_does_not_show_in_an_interval() -> None:
    nodes = nodes_of({"a": (40, 30), "b": (40, 30)})
    wave = closed_wave(nodes, PULSE)
    found = compute(wave, count(nodes, PULSE, ballots_of({"a": (40, 30), "b": (40, 30)}, PULSE)))
    team = cell(found, "a", "trust")
    assert team.low is not None
    assert team.high is not None
    assert team.high - team.low > 4  # which rounding alone would give


def test_an_interval_too_wide_to_mean_anything_is_not_shown() -> None:
    wide = cell(release({"a": (20, 6), "b": (40, 20)}), "a", "trust")
    assert wide.score is not None
    assert (wide.low, wide.high) == (None, None)


def test_the_hash_is_that_of_the_bytes_and_the_bytes_are_those_of_the_numbers() -> None:
    first, second = release().published, release().published
    assert first == second
    assert first.sha256 == sha256(first.content).hexdigest()
    assert b"NaN" not in first.content


def test_where_the_root_cannot_be_shown_nothing_is() -> None:
    found = release({"a": (5, 4)})
    assert found.tables.scores_of == frozenset()
    assert not found.tables.sums
    assert all(c.score is None for c in found.cells)


def test_the_audit_finds_a_remainder_that_a_threshold_alone_would_publish() -> None:
    parents = {ROOT_ID: None, "a": ROOT_ID, "b": ROOT_ID}
    invited = {ROOT_ID: 0, "a": 15, "b": 6}
    counted = {ROOT_ID: (0,), "a": (10,), "b": (4,)}
    (breach,) = audit({ROOT_ID, "a"}, parents, invited, counted, 5)
    assert (breach.units, breach.invited, breach.fewest_answers) == (("b", ROOT_ID), 6, 4)
    assert audit({ROOT_ID}, parents, invited, counted, 5) == ()


def test_when_the_audit_objects_only_the_organisation_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """`publish` broken into a bare threshold: the audit, being other code, still stands in the way."""
    monkeypatch.setattr(
        "services.metrics.release.compute.publish",
        lambda k, tree, units, allowed: frozenset({ROOT_ID, "a"}),
    )
    found = release({"a": (40, 30), "b": (40, 3)})
    assert found.tables.scores_of == {ROOT_ID}
    assert found.breaches
