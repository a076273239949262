"""Rows that look over many waves: how steep a score rises or falls; and rows of advice from what was asked last."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from services.contracts.base import TextLanguage
from services.metrics.released.figures import SHOWN, TOO_FEW_ANSWERS, base_of
from services.metrics.released.moments import UtcTime
from services.metrics.released.periods import History, Period
from services.metrics.released.rows import DriverRow, drivers, tenth
from services.metrics.statistics.advice import Advice, Reason, advice, guide
from services.metrics.statistics.intervals import Interval
from services.metrics.statistics.trend import trend

_FOUR_WEEKS = 28 * 24 * 3600.0


class SlopeRow(BaseModel):
    """The trend of a measure over all comparable waves or windows, up to `time`. `slope`: points per four weeks.

    `verdict` is "too early" with fewer than six `points`, and everything but the key and the counts is null then.
    """

    model_config = ConfigDict(frozen=True)

    time: UtcTime
    wave: str
    team: str
    team_name: str | None
    measure: str
    points: int | None
    first_time: UtcTime | None
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    p_value: float | None
    verdict: str | None
    status: str


class AdviceRow(BaseModel):
    """A practice for a reason beyond the middle of the scale. `strength`: "clear" where its whole interval is beyond.

    A driver that is hidden has a row in which everything is null but time, wave, team, measure and status.
    """

    model_config = ConfigDict(frozen=True)

    time: UtcTime
    wave: str
    team: str
    team_name: str | None
    measure: str
    score: float | None = None
    score_label: str | None = None
    strength: str | None = None
    step: int | None = None
    step_name: str | None = None
    why: str | None = None
    practice: str | None = None
    status: str


def slopes(history: History, measures: Sequence[str], teams: Sequence[str], language: TextLanguage) -> list[SlopeRow]:
    """One row for each measure and team that the last wave or window tells of, in the order of time."""
    found = [
        _slope(history, period, team, measure, language)
        for measure in measures
        for team in teams
        if (period := _last(history, team, measure)) is not None
    ]
    return sorted(found, key=lambda one: one.time)


def advice_rows(history: History, team: str, language: TextLanguage) -> list[AdviceRow]:
    """Advice from every driver and facet as asked last: the surest and furthest first; hidden ones at the end."""
    asked = {one.measure: one for one in drivers(history, team, None, language) if one.measure in guide().by_reason()}
    reasons = [Reason(one.measure, one.score, _interval(one)) for one in asked.values() if one.score is not None]
    told = [_advised(asked[one.reason.name], one, language) for one in advice(reasons)]
    hidden = [
        AdviceRow(time=one.time, wave=one.wave, team=team, team_name=None, measure=one.measure, status=one.status)
        for one in asked.values()
        if one.score is None
    ]
    return [*told, *hidden]


def _last(history: History, team: str, measure: str) -> Period | None:
    base = base_of(measure)
    for period in reversed(history.periods):
        node = period.document.node.get(team)
        if node is not None and base in period.items and period.tells_of(node):
            return period if period.find(team, measure) is not None else None
    return None


def _slope(history: History, last: Period, team: str, measure: str, language: TextLanguage) -> SlopeRow:
    points = [
        (period, figure.score)
        for period in history.line(last, base_of(measure))
        if (figure := period.find(team, measure)) is not None and figure.score is not None
    ]
    if not points:
        return SlopeRow(
            time=last.closed_at,
            wave=last.id,
            team=team,
            team_name=None,
            measure=measure,
            points=None,
            first_time=None,
            slope=None,
            slope_low=None,
            slope_high=None,
            p_value=None,
            verdict=None,
            status=TOO_FEW_ANSWERS,
        )
    times = [period.closed_at.timestamp() / _FOUR_WEEKS for period, _ in points]
    found = trend(times, [score for _, score in points])
    return SlopeRow(
        time=last.closed_at,
        wave=last.id,
        team=team,
        team_name=history.name(team).in_language(language),
        measure=measure,
        points=found.points,
        first_time=points[0][0].closed_at,
        slope=tenth(found.slope),
        slope_low=tenth(found.interval.low) if found.interval else None,
        slope_high=tenth(found.interval.high) if found.interval else None,
        p_value=None if found.p_value is None else round(found.p_value, 4),
        verdict=found.verdict.value,
        status=SHOWN,
    )


def _interval(row: DriverRow) -> Interval | None:
    return None if row.low is None or row.high is None else Interval(row.low, row.high)


def _advised(row: DriverRow, one: Advice, language: TextLanguage) -> AdviceRow:
    return AdviceRow(
        time=row.time,
        wave=row.wave,
        team=row.team,
        team_name=row.team_name,
        measure=row.measure,
        score=row.score,
        score_label=row.score_label,
        strength=one.strength.value,
        step=one.step.number,
        step_name=one.step.name.in_language(language),
        why=one.practice.why.in_language(language),
        practice=one.practice.practice.in_language(language),
        status=row.status,
    )
