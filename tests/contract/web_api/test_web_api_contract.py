"""The contract, held against the product's emulated workspace and against npm's ``emulate``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from sandbox.slack.web_api.dispatch import METHODS
from tests.contract.web_api.cases import CASES, outcome_of
from tests.contract.web_api.differences import EMULATE, OURS, Difference
from tests.contract.web_api.subjects import Subject, emulate, ours
from tests.contract.web_api.table import placed

DOCUMENT: Final = Path(__file__).resolve().parents[3] / "docs" / "workspace.md"


async def surprises(subject: Subject, known: Mapping[str, Difference]) -> list[str]:
    """Outcomes that are neither as Slack documents nor as recorded."""
    found = []
    for case in CASES:
        expected = known[case.id].gives if case.id in known else case.says
        given = outcome_of(await case.steps(subject), case)
        if given != expected:
            found.append(f"{case.id}: {given}, not {expected}")
    return found


async def test_ours_answers_as_slack_documents_but_for_what_is_recorded(tmp_path: Path) -> None:
    async with ours(tmp_path) as subject:
        assert await surprises(subject, OURS) == []


@pytest.mark.needs("node")
async def test_another_emulator_agrees_but_for_what_is_recorded() -> None:
    async with emulate() as subject:
        assert await surprises(subject, EMULATE) == []


def test_every_method_has_a_case_and_every_difference_a_case() -> None:
    judged = {case.method for case in CASES}
    assert set(METHODS) - judged == set(), "a method without a case is not judged"
    names = [case.id for case in CASES]
    assert len(names) == len(set(names))
    assert {*OURS, *EMULATE} - set(names) == set()
    assert all(difference.why for difference in (*OURS.values(), *EMULATE.values()))


def test_the_record_in_the_documents_is_the_one_that_was_tested() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    now = placed(text)
    if os.environ.get("DRAAGVLAK_WRITE_DOCS"):
        DOCUMENT.write_text(now, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == now, "write it anew with DRAAGVLAK_WRITE_DOCS=1"
