"""An announcement that reaches teams in an order drawn by lot: its effect, its test, and the words that it earns."""

import random
import statistics
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest

from sandbox.published import FIRST_OPENING, cell, document
from services.contracts.base import Text, TextLanguage
from services.contracts.events import AnnouncementKind, AnnouncementPublished, StaggeredStep
from services.metrics.released.arms import Arms
from services.metrics.released.documents import Document
from services.metrics.released.effects import EffectRow, effects
from services.metrics.released.periods import History
from services.metrics.statistics.change import PublishedScore
from services.metrics.statistics.intervals import Interval
from services.metrics.statistics.staggered import SteppedTeam, staggered_effect
from tests.unit.metrics.conftest import Compare

STEPS = ((True, True, True), (False, True, True), (False, False, True), (False, False, False))
TEAMS = dict.fromkeys((f"t{number}" for number in range(8)), "wave")


def score(value: float) -> PublishedScore:
    return PublishedScore(value, 4.0, 60, Interval(value, value), True)


def team(step: Sequence[bool | None], before: float, during: Sequence[float]) -> SteppedTeam:
    return SteppedTeam((score(before), score(before)), tuple(score(value) for value in during), tuple(step))


def difference(teams: Sequence[SteppedTeam], steps: Sequence[Sequence[bool | None]]) -> float:
    """By hand: per wave the mean change of both sides, waves weighted by n m / (n + m)."""
    total = weight = 0.0
    for wave in range(len(steps[0])):
        sides: dict[bool, list[float]] = {True: [], False: []}
        for one, step in zip(teams, steps, strict=True):
            side = step[wave]
            if side is not None:
                moved = one.during[wave].score - statistics.fmean(b.score for b in one.before)
                sides[side].append(moved)
        n, m = len(sides[True]), len(sides[False])
        if n and m:
            share = n * m / (n + m)
            total += share * (statistics.fmean(sides[True]) - statistics.fmean(sides[False]))
            weight += share
    return total / weight


def test_oracle_staggered_by_hand_over_every_order(compare: Compare) -> None:
    dice = random.Random(8)
    steps = [*STEPS, (False, None, True)]
    teams = [team(step, dice.uniform(40, 60), [dice.uniform(30, 70) for _ in step]) for step in steps]
    effect = staggered_effect(teams)
    assert effect is not None
    found = difference(teams, steps)
    every = [difference(teams, order) for order in permutations(steps)]
    compare("Staggered effect, by hand", effect.difference.value, found)
    compare("its p over 120 orders", effect.tested.p_value, sum(abs(one) >= abs(found) - 1e-9 for one in every) / 120)


def test_the_interval_adds_the_variances_of_all_scores_used() -> None:
    effect = staggered_effect([team((True,), 50, [40]), team((False,), 50, [50])])
    assert effect is not None
    assert effect.difference.value == -10
    assert effect.difference.standard_error**2 == pytest.approx(4 + 4 / 2 + 4 + 4 / 2)
    assert not effect.clear, "two teams can be dealt in two ways only"


def test_without_teams_on_both_sides_there_is_nothing_to_compare() -> None:
    assert staggered_effect([]) is None
    assert staggered_effect([team((True, None), 50, [40, 40]), team((True, False), 50, [50, 50])]) is None


def test_many_orders_are_drawn_and_give_the_same_answer_each_time() -> None:
    dice = random.Random(2)
    steps = [STEPS[number % 4] for number in range(40)]
    teams = [team(step, 50, [(30 if heard else 50) + dice.gauss(0, 3) for heard in step]) for step in steps]
    first, second = staggered_effect(teams), staggered_effect(teams)
    assert first is not None
    assert first == second
    assert first.clear
    assert first.tested.p_value == pytest.approx(1 / 2000)


def test_where_nothing_happens_one_in_twenty_tests_at_most_says_that_something_did() -> None:
    dice = random.Random(6)
    wrong = 0
    for _ in range(200):
        teams = [team(STEPS[number % 4], 50, [50 + dice.gauss(0, 5) for _ in range(3)]) for number in range(8)]
        effect = staggered_effect(teams)
        assert effect is not None
        wrong += effect.tested.p_value <= 0.05
    assert wrong <= 18


class TestThroughTheRows:
    """Eight teams, reached two by two at the opening of waves 3, 4, 5 and 6."""

    def announced(self, seed: int | None = 7) -> AnnouncementPublished:
        names = list(TEAMS)
        at = [FIRST_OPENING + timedelta(weeks=2 * number) for number in (2, 3, 4, 5)]
        steps = tuple(StaggeredStep(nodes=tuple(names[2 * n : 2 * n + 2]), at=at[n]) for n in range(4))
        return AnnouncementPublished(
            announcement_id="x",
            kind=AnnouncementKind.TRAINING,
            title=Text(nl="Training", en="Training"),
            story=Text(nl="Training", en="Training"),
            audience=tuple(names),
            published_at=at[0],
            seed=seed,
            steps=steps,
        )

    def told(self, drop: float, announcement: AnnouncementPublished) -> EffectRow:
        def wave(number: int) -> Document:
            heard = {name: number - 3 >= place // 2 for place, name in enumerate(TEAMS)}
            cells = [
                cell(name, "resistance", 60 - (drop if heard[name] else 0) + place % 3)
                for place, name in enumerate(TEAMS)
            ]
            return document(number, cells, teams=TEAMS, items={"A1": "resistance"})

        history = History([wave(number) for number in range(1, 8)])
        (row,) = effects(history, Arms(history), [announcement], TextLanguage.EN)
        return row

    def test_lots_and_a_clear_difference_earn_the_causal_words(self) -> None:
        row = self.told(20, self.announced())
        assert (row.basis, row.effect, row.clear) == ("staggered by lot", -20, True)
        assert (row.waves_before, row.waves_after, row.test) == (2, 3, "order of teams")
        assert row.text.startswith("The announcement made the score 20 points lower")

    def test_lots_without_a_difference_earn_nothing(self) -> None:
        row = self.told(0, self.announced())
        assert row.clear is False
        assert row.text.startswith("Teams that got the announcement earlier did not clearly change differently")

    def test_without_lots_nothing_is_said_of_a_cause(self) -> None:
        row = self.told(20, self.announced(seed=None))
        assert row.basis is None
        assert "made the score" not in row.text
