"""Nothing too small follows from everything that is published together; and the attacker who says so is a good one."""

from contextlib import AbstractContextManager
from typing import cast
from unittest.mock import patch

import pytest

from services.contracts.base import ROOT_ID
from services.contracts.tree import Phase
from services.metrics.release.audit import audit
from tests.attacker.attack import attack, derivable
from tests.attacker.mutations import MUTATIONS
from tests.attacker.organisations import Organisation, organisation, stressful

INSTANCES = 600
"""Ten thousand in ``python -m benchmarks.attacker``."""
COMPUTE = "services.metrics.release.compute"
FLAT = {ROOT_ID: None, "a": ROOT_ID, "b": ROOT_ID, "c": ROOT_ID}


def broken_by(name: str, instance: Organisation) -> bool:
    with cast(AbstractContextManager[None], MUTATIONS[name](instance)):
        return bool(attack(instance))


@pytest.mark.parametrize("part", range(6))
def test_no_random_organisation_is_broken(part: int) -> None:
    for seed in range(part * INSTANCES // 6, (part + 1) * INSTANCES // 6):
        assert attack(stressful(seed)) == (), f"the organisation of seed {seed}"


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_mutation_is_caught_among_the_random_organisations(name: str) -> None:
    assert any(broken_by(name, stressful(seed)) for seed in range(INSTANCES)), "the attacker saw nothing"


def one_wave(answered: dict[str, int], invited: dict[str, int]) -> Organisation:
    numbers = {node: (answered.get(node, 0),) for node in FLAT}
    return organisation(FLAT, {node: invited.get(node, 0) for node in FLAT}, [numbers])


def three_waves(answered: int, invited: int) -> Organisation:
    wave = {node: (n,) for node, n in {ROOT_ID: 0, "a": answered, "b": 30, "c": 30}.items()}
    return organisation(FLAT, {ROOT_ID: 0, "a": invited, "b": 40, "c": 40}, [wave] * 3)


PHASED = organisation(
    {ROOT_ID: None, "a": ROOT_ID, "p": "a", "b": ROOT_ID},
    {ROOT_ID: 0, "a": 20, "p": 4, "b": 30},
    [{ROOT_ID: (0,), "a": (16,), "p": (4,), "b": (20,)}],
    {"b": Phase.PILOT, "p": Phase.PILOT},
)
"""The pilot of b and p, less b, is p."""

SMALLEST: dict[str, Organisation] = {
    "threshold only": one_wave({"a": 16, "b": 4}, {"a": 20, "b": 6}),
    "remainder held to K instead of KD under D": one_wave({"a": 18, "b": 7}, {"a": 25, "b": 10}),
    "ballots counted as people over waves": three_waves(answered=4, invited=4),
    "R = 0 allowed for silent people": one_wave({"a": 18}, {"a": 25, "b": 3}),
    "arms as thresholded cells": PHASED,
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_mutation_is_caught_on_a_case_made_for_it_and_the_release_withstands_it(name: str) -> None:
    assert attack(SMALLEST[name]) == ()
    assert broken_by(name, SMALLEST[name])


@pytest.mark.parametrize("name", ["threshold only", "R = 0 allowed for silent people"])
def test_a_wrong_rule_alone_is_stopped_by_the_audit(name: str) -> None:
    """The same mutations with the audit left as it is: two pieces of code would have to be wrong in the same way."""
    with cast(AbstractContextManager[None], MUTATIONS[name](SMALLEST[name])), patch(f"{COMPUTE}.audit", audit):
        assert attack(SMALLEST[name]) == ()


def test_a_difference_that_needs_three_numbers_is_found() -> None:
    """x + y, y + z and z + x give x, y and z; two of them give neither."""
    x, y, z = ("x", 0), ("y", 0), ("z", 0)
    pairs = [frozenset({x, y}), frozenset({y, z}), frozenset({z, x})]
    assert set(derivable(pairs)) == {frozenset({x}), frozenset({y}), frozenset({z})}
    assert set(derivable(pairs[:2])) == {frozenset({x, y}), frozenset({y, z})}


def test_what_is_always_seen_together_stays_together() -> None:
    x, y, z = ("x", 0), ("y", 0), ("z", 0)
    assert set(derivable([frozenset({x, y, z}), frozenset({x, y})])) == {frozenset({x, y}), frozenset({z})}
    assert list(derivable([])) == []
