"""What the statistics promise beyond their formulas: limits, words, and what they refuse to tell."""

import math
import random
import statistics
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.base import Text
from services.contracts.events import PromiseState
from services.metrics.statistics.advice import MIDDLE, Reason, Strength, Trouble, advice, guide
from services.metrics.statistics.change import PublishedScore, Verdict, change
from services.metrics.statistics.drivers import driver_estimate, pair_sums
from services.metrics.statistics.effect import (
    ArmSeries,
    Difference,
    EffectTest,
    before_and_after,
    difference_in_differences,
    pre_trend,
    regression_to_the_mean,
)
from services.metrics.statistics.intervals import Interval, share_interval, worst_case_bounds
from services.metrics.statistics.multiplicity import discoveries
from services.metrics.statistics.promises import PromiseStatus, promise_status, promises_kept
from services.metrics.statistics.reliability import alpha_interval
from services.metrics.statistics.scores import Measure, ScoredItem
from services.metrics.statistics.shrinkage import between_variance, shrunken_scores
from services.metrics.statistics.trend import TrendVerdict, kendall_test, trend
from services.metrics.statistics.wording import (
    causal_sentence,
    change_sentence,
    comparison_sentence,
    drawn_sentence,
    moving_apart,
    regression_warning,
)


def score(value: float, variance: float = 4.0, span: Interval | None = None) -> PublishedScore:
    return PublishedScore(value, variance, 60, span or Interval(value, value), True)


def series(*scores: float, before: int) -> ArmSeries:
    rows = tuple(score(value) for value in scores)
    return ArmSeries(rows[:before], rows[before:])


def test_a_share_of_everybody_is_certain_and_of_most_is_nearly_so() -> None:
    assert share_interval(8, 12, 12).half_width == 0
    assert share_interval(8, 11, 12).half_width < share_interval(8, 11).half_width / 2
    with pytest.raises(ValueError, match="does not exist"):
        share_interval(3, 2)


def test_missing_answers_leave_the_variance_that_a_simulation_finds() -> None:
    """Three correlated items, one of which a third of the people skip."""
    dice = random.Random(7)
    measure = Measure("d", tuple(ScoredItem(name, 5, reverse=name == "c") for name in "abc"))
    means, claimed = [], []
    for _ in range(1500):
        ballots = []
        for _ in range(40):
            mood = dice.gauss(3, 1)
            answers: dict[str, int | None] = {}
            for name in "abc":
                value = min(5, max(1, round(mood + dice.gauss(0, 0.7))))
                answers[name] = 6 - value if name == "c" else value
            if dice.random() < 1 / 3:
                answers["b"] = None
            ballots.append(answers)
        estimate = driver_estimate(measure, pair_sums(list("abc"), ballots))
        assert estimate is not None
        means.append(estimate.mean)
        claimed.append(estimate.variance)
    assert statistics.fmean(claimed) == pytest.approx(statistics.variance(means), rel=0.1)


@pytest.mark.parametrize(
    ("share", "response", "low", "high"), [(0.2, 0.6, 0.12, 0.52), (0.2, 1, 0.2, 0.2), (1, 0, 0, 1)]
)
def test_worst_case_bounds_take_the_silent_for_all_or_none(
    share: float, response: float, low: float, high: float
) -> None:
    bounds = worst_case_bounds(share, response)
    assert (bounds.low, bounds.high) == pytest.approx((low, high))
    with pytest.raises(ValueError, match="between 0 and 1"):
        worst_case_bounds(1.2, 0.5)


def test_an_interval_of_alpha_takes_two_items() -> None:
    assert alpha_interval(0.8, 100, 3).low < 0.8 < alpha_interval(0.8, 100, 3).high
    with pytest.raises(ValueError, match="two items"):
        alpha_interval(0.8, 100, 1)


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0.5, 400), st.floats(0.5, 400))
def test_a_verdict_is_clear_exactly_where_its_p_value_is_below_five_per_cent(
    first: float, second: float, v1: float, v2: float
) -> None:
    found = change(score(first, v1), score(second, v2))
    assert found.p_value is not None
    if abs(found.p_value - 0.05) > 1e-9:
        assert (found.verdict is not Verdict.NO_CLEAR_CHANGE) == (found.p_value < 0.05)


def test_a_cut_off_score_counts_with_the_smallest_change_that_it_allows() -> None:
    cut = change(score(70), score(90, span=Interval(90, 100)))
    plain = change(score(70), score(90))
    assert cut.p_value == plain.p_value
    assert change(score(90, span=Interval(90, 100)), score(95)).p_value == 1


def test_of_many_teams_only_what_stands_out_among_all_counts() -> None:
    assert discoveries([0.04] + [0.5] * 19) == [False] * 20
    assert discoveries([0.001] + [0.5] * 19) == [True] + [False] * 19
    assert discoveries([]) == []


class TestShrinkage:
    def test_teams_that_differ_by_chance_alone_are_all_drawn_to_the_middle(self) -> None:
        found = shrunken_scores([49, 50, 51], [25, 25, 25])
        assert found is not None
        assert [one.score for one in found] == pytest.approx([50, 50, 50])
        assert {one.weight for one in found} == {0}

    def test_a_less_certain_score_is_drawn_further(self) -> None:
        found = shrunken_scores([20, 80, 50, 80], [4, 4, 4, 100])
        assert found is not None
        assert found[3].score < found[1].score < 80
        assert all(one.interval.low <= one.score <= one.interval.high for one in found)

    def test_two_teams_are_left_alone_and_a_variance_of_nothing_is_refused(self) -> None:
        assert shrunken_scores([20, 80], [4, 4]) is None
        with pytest.raises(ValueError, match="above 0"):
            between_variance([20, 80], [4, 0])

    @pytest.mark.parametrize("wrong", [math.nan, math.inf])
    def test_what_is_not_finite_is_refused(self, wrong: float) -> None:
        for scores, variances in (([20, 80, 50], [4, wrong, 4]), ([20, wrong, 50], [4, 4, 4])):
            with pytest.raises(ValueError, match="finite"):
                shrunken_scores(scores, variances)

    def test_a_spread_that_is_not_found_ends_with_an_error(self) -> None:
        assert between_variance([20, 80, 50], [1e-9, 1e-9, 1e-9]) == pytest.approx(900)
        with pytest.raises(ArithmeticError, match="100 steps"):
            between_variance([20, 80, 50], [1e-60, 1e-60, 1e-60])

    @given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.5, 500)), min_size=3, max_size=30))
    def test_no_score_leaves_the_range_of_all(self, teams: list[tuple[float, float]]) -> None:
        scores, variances = [t[0] for t in teams], [t[1] for t in teams]
        found = shrunken_scores(scores, variances)
        assert found is not None
        assert all(min(scores) - 1e-6 <= one.score <= max(scores) + 1e-6 for one in found)


class TestTrend:
    def test_below_six_points_it_is_too_early(self) -> None:
        found = trend(range(5), [10, 20, 30, 40, 50])
        assert (found.verdict, found.slope, found.p_value, found.points) == (TrendVerdict.TOO_EARLY, None, None, 5)

    @pytest.mark.parametrize(
        ("scores", "verdict"),
        [
            ([10, 20, 30, 40, 50, 60], TrendVerdict.CLEARLY_UP),
            ([60, 50, 40, 30, 20, 10], TrendVerdict.CLEARLY_DOWN),
            ([50, 52, 50, 52, 50, 52], TrendVerdict.NO_CLEAR_CHANGE),
            ([50] * 8, TrendVerdict.NO_CLEAR_CHANGE),
        ],
    )
    def test_a_trend_is_told_in_four_words(self, scores: list[float], verdict: TrendVerdict) -> None:
        assert trend(range(len(scores)), scores).verdict is verdict

    def test_a_slope_is_per_unit_of_time_and_waves_may_be_missing(self) -> None:
        found = trend([0, 2, 4, 10, 12, 14], [0, 2, 4, 10, 12, 14])
        assert found.slope == pytest.approx(1)

    def test_from_exact_to_approximate_p_there_is_no_jump(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dice = random.Random(1)
        values = [round(dice.gauss(50 + i / 8, 10) / 5) * 5 for i in range(60)]
        _, exact = kendall_test(values)
        monkeypatch.setattr("services.metrics.statistics.trend._MOST_EXACT_POINTS", 10)
        _, approximate = kendall_test(values)
        assert exact != approximate
        assert exact == pytest.approx(approximate, abs=0.001)

    @given(st.lists(st.integers(0, 4), min_size=6, max_size=12))
    def test_turning_the_scale_round_turns_s_round_and_keeps_p(self, values: list[int]) -> None:
        s, p = kendall_test(values)
        turned_s, turned_p = kendall_test([-value for value in values])
        assert (turned_s, turned_p) == (-s, pytest.approx(p))
        assert 0 <= p <= 1


class TestEffect:
    def test_both_arms_moving_alike_is_no_effect(self) -> None:
        effect = difference_in_differences(series(50, 50, 40, 40, before=2), series(60, 60, 50, 50, before=2))
        assert effect is not None
        assert effect.difference.value == 0
        assert not effect.clear

    def test_without_enough_teams_or_rounds_to_deal_nothing_is_clear(self) -> None:
        reached, others = series(50, 50, 20, 20, before=2), series(50, 50, 50, 50, before=2)
        effect = difference_in_differences(reached, others)
        assert effect is not None
        assert effect.difference.interval.high < 0
        assert (effect.tested, effect.clear) == (None, False)

    def test_teams_that_all_moved_make_it_clear(self) -> None:
        reached, others = series(50, 50, 20, 20, before=2), series(50, 50, 50, 50, before=2)
        teams = ([-30.0, -28.0, -31.0, -29.0], [0.0, 1.0, -1.0, 2.0, 0.5])
        effect = difference_in_differences(reached, others, teams)
        assert effect is not None
        assert effect.tested is not None
        assert (effect.tested.test, effect.clear) == (EffectTest.PERMUTATION_OVER_TEAMS, True)
        mixed = difference_in_differences(reached, others, ([-30.0, 1.0, -1.0, 0.0], teams[1]))
        assert mixed is not None
        assert not mixed.clear

    def test_many_teams_are_compared_by_welchs_t(self) -> None:
        reached, others = series(50, 50, 20, 20, before=2), series(50, 50, 50, 50, before=2)
        dice = random.Random(4)
        moved, still = [dice.gauss(-30, 5) for _ in range(10)], [dice.gauss(0, 5) for _ in range(12)]
        effect = difference_in_differences(reached, others, (moved, still))
        assert effect is not None
        assert effect.tested is not None
        assert (effect.tested.test, effect.clear) == (EffectTest.WELCH_OVER_TEAMS, True)
        same = difference_in_differences(reached, others, ([0.0] * 10, [0.0] * 12))
        assert same is not None
        assert not same.clear

    def test_many_rounds_stand_in_for_teams(self) -> None:
        reached = series(50, 51, 50, 49, 30, 31, 29, 30, before=4)
        others = series(50, 50, 51, 49, 50, 51, 50, 50, before=4)
        effect = difference_in_differences(reached, others)
        assert effect is not None
        assert effect.tested is not None
        assert (effect.tested.test, effect.clear) == (EffectTest.PERMUTATION_OVER_ROUNDS, True)

    def test_arms_that_moved_apart_before_are_never_clear(self) -> None:
        reached = series(50, 45, 40, 35, 10, 9, 8, 7, before=4)
        others = series(50, 50, 50, 50, 50, 50, 50, 50, before=4)
        effect = difference_in_differences(reached, others)
        assert effect is not None
        assert effect.pre_trend is not None
        assert effect.pre_trend.value == pytest.approx(-5)
        assert not effect.clear

    def test_one_wave_on_a_side_is_not_enough(self) -> None:
        assert difference_in_differences(series(50, 40, 40, before=1), series(50, 50, 50, before=1)) is None
        assert pre_trend([score(1)], [score(2)]) is None

    def test_scores_cut_off_at_an_end_widen_the_interval(self) -> None:
        cut = score(90, span=Interval(90, 100))
        found = before_and_after(ArmSeries((cut, cut), (score(80), score(80))))
        plain = before_and_after(series(90, 90, 80, 80, before=2))
        assert found.interval.low == pytest.approx(plain.interval.low - 10)
        assert found.interval.high == pytest.approx(plain.interval.high)

    def test_a_group_chosen_for_a_high_score_is_expected_to_fall(self) -> None:
        everyone = [score(value, 100) for value in (40, 45, 50, 55, 75)]
        assert 0 < regression_to_the_mean(everyone[-1], everyone) < 75 - 53
        assert regression_to_the_mean(everyone[0], everyone) < 0
        certain = [score(value, 0.01) for value in (40, 45, 50, 55, 75)]
        assert regression_to_the_mean(certain[-1], certain) == pytest.approx(0, abs=0.01)
        assert regression_to_the_mean(score(75), [score(75), score(40)]) == 0

    def test_regression_to_the_mean_is_what_a_simulation_finds(self) -> None:
        """Twenty groups without any change; the highest is measured again."""
        dice = random.Random(3)
        told, seen = [], []
        for _ in range(3000):
            truth = [dice.gauss(50, 5) for _ in range(20)]
            first = [score(dice.gauss(value, 5), 25) for value in truth]
            chosen = max(range(20), key=lambda place: first[place].score)
            told.append(regression_to_the_mean(first[chosen], first))
            seen.append(first[chosen].score - dice.gauss(truth[chosen], 5))
        assert statistics.fmean(told) == pytest.approx(statistics.fmean(seen), rel=0.1)


class TestWords:
    DOWN = before_and_after(series(60, 60, 47.5, 47.5, before=2))

    def test_a_before_and_after_never_speaks_of_a_cause(self) -> None:
        told = change_sentence(self.DOWN)
        assert told.en == (
            "After the announcement the score was 12.5 points lower (95 % interval −16.4 to −8.6). "
            "Whether the announcement caused this cannot be told from it."
        )
        assert "12,5 punten lager (95 %-interval −16,4 tot −8,6)" in told.nl

    @pytest.mark.parametrize("clear", [True, False])
    def test_a_comparison_without_lots_names_no_cause(self, clear: bool) -> None:
        told = comparison_sentence(self.DOWN, clear=clear)
        assert not any(word in told.en for word in ("caused", "made", "because"))
        assert ("may play a part" in told.en) == clear
        assert ("rule out chance" in told.en) != clear
        assert ("toeval uit te sluiten" in told.nl) != clear

    @pytest.mark.parametrize("words", [partial(comparison_sentence, clear=False), drawn_sentence])
    def test_what_is_not_clear_never_contradicts_the_interval_beside_it(
        self, words: Callable[[Difference], Text]
    ) -> None:
        around = replace(self.DOWN, interval=Interval(-30.0, 5.0))
        assert "clearly change differently" in words(around).en
        assert "duidelijk anders" in words(around).nl
        assert "clearly change differently" not in words(self.DOWN).en
        assert "12.5 points lower" in words(self.DOWN).en

    def test_only_lots_earn_a_cause(self) -> None:
        assert "made the score 12.5 points lower" in causal_sentence(self.DOWN).en
        assert "werd de score 12,5 punten lager" in causal_sentence(self.DOWN).nl

    def test_one_point_is_one_point(self) -> None:
        one = Difference(-1.04, Interval(-3.0, 1.0), 1.0)
        assert "1 point lower" in change_sentence(one).en
        assert "1 punt lager" in change_sentence(one).nl
        assert "(−1 point a round)" in moving_apart(one).en
        assert "(−1 punt per ronde)" in moving_apart(one).nl
        assert "1 punt stijging" in regression_warning(-0.96).nl
        assert "1.1 points" in regression_warning(1.1).en

    def test_the_warning_says_which_way_chance_alone_would_move_it(self) -> None:
        assert "fall of about 4.2 points" in regression_warning(4.2).en
        assert "ongeveer 4,2 punten stijging" in regression_warning(-4.2).nl


class TestPromises:
    @pytest.mark.parametrize(
        ("state", "due", "status"),
        [
            (PromiseState.OPEN, date(2026, 3, 1), PromiseStatus.OPEN),
            (PromiseState.OPEN, date(2026, 2, 28), PromiseStatus.OVERDUE),
            (PromiseState.KEPT, date(2026, 2, 28), PromiseStatus.KEPT),
            (PromiseState.NOT_KEPT, date(2026, 4, 1), PromiseStatus.NOT_KEPT),
        ],
    )
    def test_an_open_promise_is_overdue_after_its_day(
        self, state: PromiseState, due: date, status: PromiseStatus
    ) -> None:
        assert promise_status(state, due, as_of=date(2026, 3, 1)) is status

    def test_the_measure_counts_what_was_due(self) -> None:
        found = promises_kept(
            [PromiseStatus.KEPT, PromiseStatus.KEPT, PromiseStatus.OVERDUE, PromiseStatus.NOT_KEPT, PromiseStatus.OPEN]
        )
        assert (found.kept, found.due, found.open, found.share) == (2, 4, 1, 0.5)
        assert promises_kept([PromiseStatus.OPEN]).share is None


class TestAdvice:
    def test_a_high_driver_and_a_low_facet_get_their_practice(self) -> None:
        found = advice(
            [
                Reason("job_security", 70, Interval(60, 80)),
                Reason("autonomy", 80, Interval(45, 95)),
                Reason("competence", 40, Interval(35, 45)),
                Reason("human_oversight", 30, Interval(20, 40)),
                Reason("fairness", 80, None),
                Reason("usage", 10, None),
            ]
        )
        assert [(one.reason.name, one.step.number, one.strength) for one in found] == [
            ("human_oversight", 7, Strength.CLEAR),
            ("job_security", 1, Strength.CLEAR),
            ("autonomy", 4, Strength.POSSIBLE),
        ]
        assert [one.beyond for one in found] == [20, 20, 30]

    def test_every_driver_and_facet_of_the_bank_that_can_trouble_has_a_practice(self) -> None:
        practices = guide().by_reason()
        assert {name for name, one in practices.items() if one.trouble is Trouble.HIGH} == {
            *("job_security", "competence", "transparency", "autonomy")
        }
        assert {"reliability", "human_oversight", "fairness", "regulation"} <= set(practices)
        assert [step.number for step in guide().steps] == list(range(1, 9))
        assert all(guide().step_of(one) for one in practices.values())

    def test_a_reason_in_the_middle_gets_none(self) -> None:
        assert advice([Reason("job_security", MIDDLE, Interval(40, 60))]) == []


def test_nothing_here_is_ever_not_a_number() -> None:
    flat = [score(50, 0.0001)] * 6
    assert not math.isnan(before_and_after(ArmSeries(tuple(flat[:3]), tuple(flat[3:]))).interval.low)
    assert kendall_test([1.0] * 6) == (0, 1.0)
