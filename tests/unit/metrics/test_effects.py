"""What is said of an announcement: against those not reached, before and after, or nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.published import FIRST_OPENING, arm, cell, document, released, wave_id
from services.contracts.base import ROOT_ID, Text, TextLanguage
from services.contracts.events import AnnouncementKind, AnnouncementPublished
from services.metrics.released.arms import Arms
from services.metrics.released.copies import Copy
from services.metrics.released.documents import Document
from services.metrics.released.effects import EffectRow, effects
from services.metrics.released.facts import Announced, Facts
from services.metrics.released.periods import History

REACHED, OTHERS = ("p1", "p2", "p3", "p4"), ("n1", "n2", "n3", "n4")
TEAMS = dict.fromkeys((*REACHED, *OTHERS), "wave")


def announced(number: int = 3, audience: tuple[str, ...] = REACHED, days: int = 0) -> AnnouncementPublished:
    """Published `days` after the opening of wave `number`; by default at the very moment."""
    return AnnouncementPublished(
        announcement_id="x",
        kind=AnnouncementKind.TRAINING,
        title=Text(nl="Training", en="Training"),
        story=Text(nl="Er is een training.", en="There is a training."),
        audience=audience,
        published_at=FIRST_OPENING + timedelta(weeks=2 * (number - 1), days=days),
    )


def wave(
    number: int,
    reached: float | None,
    others: float | None,
    teams: Mapping[str, float] | None = None,
    organisation: float | None = 50,
) -> Document:
    """A wave with both arms (None is hidden) and, where given, teams by themselves."""
    cells = [cell(ROOT_ID, "resistance", organisation)]
    cells += [cell(team, "resistance", score) for team, score in (teams or {}).items()]
    arms = [
        arm("x", "reached", wave_id(number), "resistance", reached),
        arm("x", "not_reached", wave_id(number), "resistance", others),
    ]
    return document(number, cells, teams=TEAMS, items={"A1": "resistance"}, arms=arms)


def told(documents: list[Document], announcement: AnnouncementPublished | None = None) -> EffectRow:
    history = History(documents)
    (row,) = effects(history, Arms(history), [announcement or announced()], TextLanguage.EN)
    return row


def teams(reached: float, others: float) -> dict[str, float]:
    """Four teams on each side, a point apart."""
    return {team: reached + i for i, team in enumerate(REACHED)} | {team: others + i for i, team in enumerate(OTHERS)}


def test_teams_that_were_reached_are_held_against_those_that_were_not() -> None:
    row = told([wave(n, 60, 50, teams(60, 50)) for n in (1, 2)] + [wave(n, 40, 48, teams(40, 48)) for n in (3, 4)])
    assert (row.basis, row.waves_before, row.waves_after) == ("difference in differences", 2, 2)
    assert (row.before, row.after, row.change) == (60, 40, -20)
    assert (row.others_before, row.others_after, row.effect) == (50, 48, -18)
    assert row.effect_high is not None
    assert row.effect_high < 0
    assert (row.test, row.clear) == ("permutation over teams", True)
    assert row.p_value == pytest.approx(2 / 70, abs=1e-4)
    assert "18 points lower than the other teams would lead one to expect" in row.text


def test_what_all_teams_went_through_is_no_effect() -> None:
    row = told([wave(n, 60, 50, teams(60, 50)) for n in (1, 2)] + [wave(n, 40, 30, teams(40, 30)) for n in (3, 4)])
    assert (row.change, row.effect, row.clear) == (-20, 0, False)
    assert "did not clearly change differently" in row.text


def test_without_teams_by_themselves_a_large_difference_is_not_called_clear() -> None:
    row = told([wave(1, 60, 50), wave(2, 60, 50), wave(3, 40, 48), wave(4, 40, 48)])
    assert (row.effect, row.test, row.clear) == (-18, None, False)


@pytest.mark.parametrize("hidden", [1, 2, 3, 4])
def test_a_wave_in_which_an_arm_is_hidden_does_not_count(hidden: int) -> None:
    scores = {1: (60, 50), 2: (60, 50), 3: (40, 48), 4: (40, 48)}
    row = told([wave(n, r, None if n == hidden else o) for n, (r, o) in scores.items()])
    assert (row.basis, row.effect, row.clear) == ("before and after", None, None)
    assert "Whether the announcement caused this cannot be told from it" in row.text
    assert row.change == -20


def test_a_wave_that_was_open_at_the_announcement_is_neither_before_nor_after() -> None:
    row = told([wave(1, 60, 50), wave(2, 60, 50), wave(3, 10, 90), wave(4, 40, 48), wave(5, 40, 48)], announced(days=3))
    assert (row.waves_before, row.waves_after, row.effect) == (2, 2, -18)


def test_an_announcement_to_everyone_is_told_before_and_after() -> None:
    cells = {n: [cell(ROOT_ID, "resistance", 60 if n < 3 else 50)] for n in range(1, 6)}
    documents = [document(n, cells[n], items={"A1": "resistance"}) for n in cells]  # no arms: everyone is on one side
    row = told(documents, announced(audience=(ROOT_ID,)))
    assert (row.basis, row.change, row.waves_before, row.waves_after) == ("before and after", -10, 2, 2)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "There was no round before this announcement to compare with."),
        (9, "Too early to say: no round has opened and been published since."),
    ],
)
def test_without_a_wave_on_both_sides_that_alone_is_said(number: int, words: str) -> None:
    row = told([wave(1, 60, 50), wave(2, 60, 50)], announced(number))
    assert {name for name, value in row if value is not None} == {
        *("time", "announcement", "title", "measure", "text", "status")
    }
    assert (row.status, row.text) == ("too few answers", words)


def test_where_those_reached_are_hidden_it_is_too_few_answers() -> None:
    waves = [
        wave(1, 60, 50),
        wave(2, 60, 50),
        *(document(n, [], teams=TEAMS, items={"A1": "resistance"}) for n in (3, 4)),
    ]
    row = told(waves)
    assert (row.status, row.text) == ("too few answers", "Too few answers to say anything about this.")


def test_groups_that_moved_apart_before_come_with_a_warning() -> None:
    row = told([wave(1, 70, 40), wave(2, 60, 50), wave(3, 40, 48), wave(4, 40, 48)])
    assert row.pre_trend == -20
    assert "moved apart before" in (row.warning or "")
    assert row.clear is False


def test_a_group_that_stood_out_comes_with_a_warning() -> None:
    def uncertain(number: int, reached: float, others: float) -> Document:
        cells = [cell(team, "resistance", score, 9.0) for team, score in teams(reached, others).items()]
        arms = [
            arm("x", name, wave_id(number), "resistance", score, 9.0)
            for name, score in (("reached", reached), ("not_reached", others))
        ]
        return document(number, cells, teams=TEAMS, items={"A1": "resistance"}, arms=arms)

    row = told([uncertain(1, 66, 50), uncertain(2, 66, 50), uncertain(3, 55, 50), uncertain(4, 55, 50)])
    assert "fall of about" in (row.warning or "")
    low = told([uncertain(1, 34, 50), uncertain(2, 34, 50), uncertain(3, 45, 50), uncertain(4, 45, 50)])
    assert low.warning is None, "a group chosen for little resistance is expected to rise: nothing to flatter"


def test_only_the_nearest_waves_are_compared() -> None:
    documents = [wave(n, 90 if n < 4 else 60, 50) for n in range(1, 11)] + [wave(n, 40, 50) for n in range(11, 19)]
    row = told(documents, announced(11))
    assert (row.waves_before, row.waves_after, row.before) == (6, 6, 60)
    assert (row.test, row.clear) == ("permutation over rounds", True)


def test_it_is_worked_out_once_until_something_is_released() -> None:
    documents = [wave(number, 50 + number, 50) for number in range(1, 6)]
    first = Copy(releases=released(documents[:4]))
    announcement = announced()
    said = replace(first, facts=Facts((Announced(announcement),)), earlier=first.history)
    said.prepare()
    assert said.history is first.history, "only facts have changed"
    once, again = (effects(said.history, said.arms, [announcement], TextLanguage.EN) for _ in range(2))
    assert again[0] is once[0]
    after = replace(said, releases=dict(first.releases) | released(documents[4:]), earlier=said.history)
    (row,) = effects(after.history, after.arms, [announcement], TextLanguage.EN)
    assert (once[0].waves_after, row.waves_after) == (2, 3)
