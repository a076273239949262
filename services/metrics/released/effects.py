"""What an announcement did, in the agreed words: against those not reached where rows allow, else before and after."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import BaseModel, ConfigDict

from services.contracts.base import ROOT_ID, Text, TextLanguage
from services.contracts.events import AnnouncementPublished
from services.metrics.released.arms import NOT_REACHED, REACHED, ArmFigure, Arms
from services.metrics.released.documents import Document
from services.metrics.released.figures import SHOWN, TOO_FEW_ANSWERS
from services.metrics.released.moments import UtcTime
from services.metrics.released.periods import History, Period
from services.metrics.released.rows import tenth
from services.metrics.statistics import wording
from services.metrics.statistics.change import PublishedScore
from services.metrics.statistics.effect import (
    FEWEST_WAVES,
    ArmSeries,
    Basis,
    Difference,
    Effect,
    before_and_after,
    difference_in_differences,
    period_mean,
    regression_to_the_mean,
)
from services.metrics.statistics.staggered import SteppedTeam, staggered_effect

MOST_WAVES: Final = 6
"""Waves on each side that are compared: further away, other things have happened."""
MEASURES: Final = ("resistance", "trust")
_NOTABLE: Final = 1.0
"""Points; a smaller return to the mean is not worth a warning."""


class EffectRow(BaseModel):
    """What changed in a measure after an announcement. Points, 0 to 100; intervals of 95 %.

    `change`: after minus before of those reached. `effect`: the same minus that of those not reached. `pre_trend`: how
    fast the two groups moved apart before, per wave. `p_value`: of `test`, over teams or rounds.
    `clear`: whether the effect stands after all of these. `text` says it in the agreed words, `warning` what may
    mislead. Hidden: everything is null but time, announcement, title, measure, text and status.
    """

    model_config = ConfigDict(frozen=True)

    time: UtcTime
    announcement: str
    title: str
    measure: str
    basis: str | None = None
    waves_before: int | None = None
    waves_after: int | None = None
    before: float | None = None
    after: float | None = None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    others_before: float | None = None
    others_after: float | None = None
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None
    pre_trend: float | None = None
    pre_trend_low: float | None = None
    pre_trend_high: float | None = None
    test: str | None = None
    p_value: float | None = None
    clear: bool | None = None
    text: str
    warning: str | None = None
    status: str


_KEPT: Final[WeakKeyDictionary[History, dict[tuple[AnnouncementPublished, str, TextLanguage], EffectRow]]] = (
    WeakKeyDictionary()
)
"""Rows by history: what an announcement did changes with a release only, and hundreds of them take half a second."""


@dataclass(frozen=True, slots=True)
class _Sides:
    """Shown numbers of an arm on both sides of an announcement, oldest first."""

    before: tuple[ArmFigure, ...]
    after: tuple[ArmFigure, ...]

    @property
    def periods(self) -> frozenset[str]:
        return frozenset(one.period.id for one in (*self.before, *self.after))

    def series(self) -> ArmSeries:
        return ArmSeries(_scores(self.before), _scores(self.after))

    def within(self, periods: frozenset[str]) -> "_Sides":
        return _Sides(
            tuple(one for one in self.before if one.period.id in periods),
            tuple(one for one in self.after if one.period.id in periods),
        )

    def nearest(self, waves: int) -> "_Sides":
        return _Sides(self.before[-waves:], self.after[:waves])


def effects(
    history: History, arms: Arms, announcements: Sequence[AnnouncementPublished], language: TextLanguage
) -> list[EffectRow]:
    """A row for each announcement and headline measure, in the order of the announcements; each made once a history.

    `arms`: those of the history.
    """
    kept = _KEPT.setdefault(history, {})
    rows = []
    for announcement in announcements:
        for measure in MEASURES:
            if measure not in history.measures:
                continue
            key = (announcement, measure, language)
            row = kept.get(key)
            if row is None:
                row = kept[key] = _effect(history, arms, announcement, measure, language)
            rows.append(row)
    return rows


def _effect(
    history: History, arms: Arms, announcement: AnnouncementPublished, measure: str, language: TextLanguage
) -> EffectRow:
    identifier, moment = announcement.announcement_id, announcement.published_at
    reached = _sides(_reached(history, arms, announcement, measure), moment)
    others = _sides(arms.line(identifier, NOT_REACHED, measure), moment)
    start = EffectRow(
        time=moment,
        announcement=identifier,
        title=announcement.title.in_language(language),
        measure=measure,
        text=_why_nothing(history, measure, moment).in_language(language),
        status=TOO_FEW_ANSWERS,
    )
    drawn = _by_lot(history, announcement, measure, language)
    if drawn is not None:
        return start.model_copy(update=drawn)
    if not (reached.before and reached.after):
        return start
    both = reached.periods & others.periods
    treated, untreated = reached.within(both).nearest(MOST_WAVES), others.within(both).nearest(MOST_WAVES)
    teams = _Teams.of(history, announcement, measure, treated)
    effect = difference_in_differences(treated.series(), untreated.series(), teams.changes)
    if effect is None:
        return start.model_copy(update=_alone(reached.nearest(FEWEST_WAVES), language))
    warnings = _warnings(effect, treated, untreated, teams, measure)
    return start.model_copy(
        update={
            **_alone(treated, language),
            **_against_others(effect, untreated, language),
            "warning": " ".join(one.in_language(language) for one in warnings) or None,
        }
    )


def _why_nothing(history: History, measure: str, moment: datetime) -> Text:
    """Why nothing can be said: no round on one side, as everybody knows; else one sentence for every other reason."""
    asked = [period for period in history.periods if measure in period.items]
    if not any(period.opened_at >= moment for period in asked):
        return wording.NO_ROUND_SINCE
    if not any(period.closed_at <= moment for period in asked):
        return wording.NO_ROUND_BEFORE
    return wording.TOO_FEW


def _by_lot(
    history: History, announcement: AnnouncementPublished, measure: str, language: TextLanguage
) -> dict[str, object] | None:
    """What a release in an order drawn by lot did, from teams that are shown in every wave used; None where it cannot.

    Waves closed before the first step are before; those opened after it count until the last step.
    """
    if announcement.seed is None or len(announcement.steps) < FEWEST_WAVES:
        return None
    first, last = (end(step.at for step in announcement.steps) for end in (min, max))
    line = next((history.line(one, measure) for one in _waves_from(history, measure, first)), ())
    before = [one for one in line if one.closed_at <= first][-MOST_WAVES:]
    during = [one for one in line if one.opened_at >= first and one.closed_at <= last]
    if min(len(before), len(during)) < FEWEST_WAVES:
        return None
    teams = _stepped(announcement, measure, before, during)
    effect = staggered_effect(teams)
    if effect is None:
        return None
    words = wording.causal_sentence if effect.clear else wording.drawn_sentence
    return {
        "basis": Basis.STAGGERED_BY_LOT.value,
        "waves_before": len(before),
        "waves_after": len(during),
        **_interval("effect", effect.difference),
        "test": effect.tested.test.value,
        "p_value": round(effect.tested.p_value, 4),
        "clear": effect.clear,
        "text": words(effect.difference).in_language(language),
        "status": SHOWN,
    }


def _waves_from(history: History, measure: str, moment: datetime) -> Iterator[Period]:
    return (one for one in history.periods if not one.window and measure in one.items and one.opened_at >= moment)


def _stepped(
    announcement: AnnouncementPublished, measure: str, before: Sequence[Period], during: Sequence[Period]
) -> list[SteppedTeam]:
    """Teams with the waves in which they had heard; of a team in two steps the first counts."""
    document = during[-1].document
    at: dict[str, datetime] = {}
    for step in sorted(announcement.steps, key=lambda one: one.at, reverse=True):
        at |= dict.fromkeys(_subtree(document, step.nodes), step.at)
    teams = []
    for leaf in _leaves(document):
        found = [period.find(leaf, measure) for period in (*before, *during)]
        scores = tuple(one.published for one in found if one is not None and one.published is not None)
        if leaf in at and len(scores) == len(found):
            heard = tuple(
                True if at[leaf] <= one.opened_at else False if at[leaf] >= one.closed_at else None for one in during
            )
            teams.append(SteppedTeam(scores[: len(before)], scores[len(before) :], heard))
    return teams


def _reached(history: History, arms: Arms, announcement: AnnouncementPublished, measure: str) -> list[ArmFigure]:
    """The numbers of those reached: their arm, or the organisation where everyone was."""
    line = arms.line(announcement.announcement_id, REACHED, measure)
    if line or ROOT_ID not in announcement.audience:
        return line
    first = next(_waves_from(history, measure, announcement.published_at), None)
    return [
        ArmFigure(period, figure, None)
        for period in (history.line(first, measure) if first else ())
        if (figure := period.find(ROOT_ID, measure)) is not None
    ]


def _sides(line: Sequence[ArmFigure], moment: datetime) -> _Sides:
    """Waves closed before the announcement and waves opened after it; one that was open then is neither."""
    shown = [one for one in line if one.figure.status == SHOWN and one.figure.published is not None]
    return _Sides(
        tuple(one for one in shown if one.period.closed_at <= moment),
        tuple(one for one in shown if one.period.opened_at >= moment),
    )


def _scores(figures: Sequence[ArmFigure]) -> tuple[PublishedScore, ...]:
    return tuple(one.figure.published for one in figures if one.figure.published is not None)


def _alone(reached: _Sides, language: TextLanguage) -> dict[str, object]:
    """What changed where it was heard, whatever the cause."""
    series = reached.series()
    moved = before_and_after(series)
    return {
        "basis": Basis.BEFORE_AND_AFTER.value,
        "waves_before": len(series.before),
        "waves_after": len(series.after),
        "before": tenth(period_mean(series.before).value),
        "after": tenth(period_mean(series.after).value),
        **_interval("change", moved),
        "text": wording.change_sentence(moved).in_language(language),
        "status": SHOWN,
    }


def _against_others(effect: Effect, others: _Sides, language: TextLanguage) -> dict[str, object]:
    series = others.series()
    fields: dict[str, object] = {
        "basis": Basis.DIFFERENCE_IN_DIFFERENCES.value,
        "others_before": tenth(period_mean(series.before).value),
        "others_after": tenth(period_mean(series.after).value),
        **_interval("effect", effect.difference),
        "clear": effect.clear,
        "text": wording.comparison_sentence(effect.difference, clear=effect.clear).in_language(language),
    }
    if effect.pre_trend is not None:
        fields |= _interval("pre_trend", effect.pre_trend)
    if effect.tested is not None:
        fields |= {"test": effect.tested.test.value, "p_value": round(effect.tested.p_value, 4)}
    return fields


def _interval(name: str, difference: Difference) -> dict[str, object]:
    return {
        name: tenth(difference.value),
        f"{name}_low": tenth(difference.interval.low),
        f"{name}_high": tenth(difference.interval.high),
    }


@dataclass(frozen=True, slots=True)
class _Teams:
    """Teams that are published by themselves in every period compared.

    `changes`: after minus before, of those reached and those not. `last`: all scores just before the announcement.
    """

    changes: tuple[list[float], list[float]]
    last: list[PublishedScore]

    @classmethod
    def of(cls, history: History, announcement: AnnouncementPublished, measure: str, sides: _Sides) -> "_Teams":
        if history.last is None or not (sides.before and sides.after):
            return cls(([], []), [])
        document = sides.after[-1].period.document
        before, after = (
            np.mean([one.period.scores(measure, document).score for one in side], axis=0)
            for side in (sides.before, sides.after)
        )
        moved = dict(zip((node.id for node in document.nodes), (after - before).tolist(), strict=True))
        # A team that is hidden in any of these periods has no number.
        whole = [leaf for leaf in _leaves(document) if not math.isnan(moved[leaf])]
        heard = _subtree(document, announcement.audience)
        changes = (
            [moved[leaf] for leaf in whole if leaf in heard],
            [moved[leaf] for leaf in whole if leaf not in heard],
        )
        found = [sides.before[-1].period.find(leaf, measure) for leaf in whole]
        return cls(changes, [one.published for one in found if one is not None and one.published is not None])


def _leaves(document: Document) -> list[str]:
    parents = {node.parent for node in document.nodes}
    return [node.id for node in document.nodes if node.id not in parents]


def _subtree(document: Document, audience: Sequence[str]) -> frozenset[str]:
    found = set(audience)
    for node in document.nodes:  # parents first
        if node.parent in found:
            found.add(node.id)
    return frozenset(found)


def _warnings(effect: Effect, treated: _Sides, untreated: _Sides, teams: _Teams, measure: str) -> list[Text]:
    found = []
    apart = effect.pre_trend
    if apart is not None and not apart.interval.low <= 0 <= apart.interval.high:
        found.append(wording.moving_apart(apart))
    baseline, others = _scores(treated.before)[-1], _scores(untreated.before)[-1]
    back = regression_to_the_mean(baseline, [*teams.last, baseline, others])
    # Chosen for much resistance or little trust: what falls back by chance would pass for success.
    if (back if measure == "resistance" else -back) >= _NOTABLE:
        found.append(wording.regression_warning(back))
    return found
