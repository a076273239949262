"""Rows of the API about scores: published numbers with their change since the period before that asked the same."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.base import ROOT_ID, TextLanguage
from services.metrics.released.documents import Document
from services.metrics.released.figures import HIDDEN, NOT_SAID, RESISTER_SHARE, SHOWN, Figure, base_of
from services.metrics.released.moments import UtcTime
from services.metrics.released.periods import HEADLINES, History, Period, always
from services.metrics.statistics.change import UNKNOWN_CHANGE, Change, PublishedScores, Verdict, change, changes
from services.metrics.statistics.multiplicity import discoveries
from services.metrics.statistics.shrinkage import Shrunken, shrunken_scores

TOO_LOW_TO_COMPARE = "< 30 %"
"""The band of the organisation's response in which no teams are compared."""


class Row(BaseModel):
    """One published number. In a hidden row everything is null but time, wave, team, measure and status.

    `time` is the close of the wave or window, and `wave` its id. Scores and their ends are points, 0 to 100, of shares
    per cent; `change` is in the same unit. `verdict` is null where there is no earlier one to compare with.
    """

    model_config = ConfigDict(frozen=True)

    time: UtcTime
    wave: str
    team: str
    team_name: str | None
    measure: str
    score: float | None
    score_label: str | None
    low: float | None
    high: float | None
    n: int | None
    n_band: str | None
    response_band: str | None
    change: float | None
    change_low: float | None
    change_high: float | None
    verdict: str | None
    status: str


class TeamRow(Row):
    """A row among those of other teams. `verdict` is corrected for looking at many teams at once.

    `shrunken` is the score to compare teams by: drawn towards the mean of all, the further the less certain it is. It
    is null where fewer than three teams are shown.
    """

    shrunken: float | None = None
    shrunken_low: float | None = None
    shrunken_high: float | None = None


class DriverRow(Row):
    """A driver, facet or outcome now, and `earlier`: the last time before that its same questions were asked."""

    earlier_time: UtcTime | None = None
    earlier_wave: str | None = None
    earlier_score: float | None = Field(default=None, description="points, 0 to 100")


@dataclass(frozen=True, slots=True)
class Entry:
    """A published number with its place and its change; `change` None where hidden or the first of its kind."""

    period: Period
    team: str
    measure: str
    figure: Figure
    change: Change | None


def entry(history: History, period: Period, team: str, measure: str) -> Entry | None:
    """The number of a team and measure in a period; None where there is no row of it."""
    figure = period.find(team, measure)
    return (
        None if figure is None else Entry(period, team, measure, figure, _told(history, period, team, measure, figure))
    )


def trend(
    history: History,
    measures: Sequence[str],
    teams: Sequence[str],
    language: TextLanguage,
    wanted: Callable[[datetime], bool] = always,
) -> list[Row]:
    """Rows of these teams and measures in every period of a wanted time that tells of them, oldest first."""
    found = [
        Entry(period, team, measure, figure, None)
        for period in history.periods
        if wanted(period.closed_at)
        for measure in measures
        if base_of(measure) in period.items
        for team in _telling(period, teams)
        if (figure := period.find(team, measure)) is not None
    ]
    return [Row(**fields_of(history, one, language)) for one in _with_changes(history, found)]


def _with_changes(history: History, entries: Sequence[Entry]) -> list[Entry]:
    """Each with its change since the period before, all worked out at once."""
    compared = [
        (place, before.find(one.team, one.measure))
        for place, one in enumerate(entries)
        if one.figure.status == SHOWN
        if (before := history.before(one.period, base_of(one.measure))) is not None
    ]
    earlier = PublishedScores.of([figure.published if figure else None for _, figure in compared])
    later = PublishedScores.of([entries[place].figure.published for place, _ in compared])
    told = list(entries)
    for (place, _), one in zip(compared, changes(earlier, later), strict=True):
        told[place] = replace(entries[place], change=one)
    return told


def measures_of(history: History) -> list[str]:
    """Every measure that has rows, and the shares of answers to the headline questions among them."""
    return [*history.measures, *(share for share in (RESISTER_SHARE, *NOT_SAID) if base_of(share) in history.measures)]


def compared_periods(history: History, measure: str, wave: str | None) -> list[Period]:
    """The periods of one comparison of teams: a window; or a wave with the windows that were published with it.

    Without `wave` the last wave that asked the measure, and the last window. Empty where it was never asked.
    """
    base = base_of(measure)
    if wave is not None:
        chosen = history.by_id[wave]
        if chosen.window:
            return [chosen] if base in chosen.items else []
        beside = [p for p in history.periods if p.window and p.document is chosen.document]
        return [p for p in (chosen, *beside) if base in p.items]
    asked = [period for period in history.periods if base in period.items]
    newest = [[p for p in asked if p.window == window][-1:] for window in (False, True)]
    found = [period for kind in newest for period in kind]
    return [period for period in found if period.campaign == asked[-1].campaign]


def teams(history: History, measure: str, wave: str | None, language: TextLanguage) -> list[TeamRow]:
    """Every node below the organisation beside the others, in the order of time, then of the tree.

    In a window of its own every node has a row; beside a wave, those that are shown per window have that of the window.
    """
    periods = compared_periods(history, measure, wave)
    both = len(periods) > 1 or not (periods and periods[0].window)
    found = [
        one
        for period in sorted(periods, key=lambda one: (one.closed_at, one.window))
        for node, one in zip(period.document.nodes, _entries(history, period, measure), strict=True)
        if one is not None and node.id != ROOT_ID and (not both or period.tells_of(node))
    ]
    shrunken = _shrunken([one.figure for one in found])
    return [
        TeamRow(**fields_of(history, one, language), **_shrunken_fields(drawn))
        for one, drawn in zip(_corrected(found), shrunken, strict=True)
    ]


def drivers(history: History, team: str, wave: str | None, language: TextLanguage) -> list[DriverRow]:
    """Every driver, facet and outcome of a team in a wave or window; without `wave` each as it was asked last."""
    found = []
    for measure in history.measures:
        if measure in HEADLINES:
            continue
        period = _asked_last(history, team, measure) if wave is None else history.by_id[wave]
        if period is None or measure not in period.items:
            continue
        one = entry(history, period, team, measure)
        if one is not None:
            found.append(DriverRow(**fields_of(history, one, language), **_earlier(history, one)))
    return sorted(found, key=lambda one: one.time)


def tenth(value: float | None) -> float | None:
    """To one decimal: more would promise what rounded scores do not hold."""
    return None if value is None else round(value, 1)


def fields_of(history: History, one: Entry, language: TextLanguage) -> dict[str, object]:
    """The fields of a row."""
    figure, change_ = one.figure, one.change
    interval = change_.interval if change_ else None
    return {
        "time": one.period.closed_at,
        "wave": one.period.id,
        "team": one.team,
        "team_name": history.name(one.team).in_language(language) if figure.status == SHOWN else None,
        "measure": one.measure,
        "score": figure.score,
        "score_label": figure.score_label,
        "low": figure.low,
        "high": figure.high,
        "n": figure.n,
        "n_band": figure.n_band,
        "response_band": figure.response_band,
        "change": tenth(change_.change) if change_ else None,
        "change_low": tenth(interval.low) if interval else None,
        "change_high": tenth(interval.high) if interval else None,
        "verdict": change_.verdict.value if change_ else None,
        "status": figure.status,
    }


def _told(history: History, period: Period, team: str, measure: str, figure: Figure) -> Change | None:
    """The change of a shown number since the period before; None where it is hidden or there was none before."""
    earlier = history.before(period, base_of(measure)) if figure.status == SHOWN else None
    if earlier is None:
        return None
    before = earlier.find(team, measure)
    return UNKNOWN_CHANGE if before is None else change(before.published, figure.published)


def _telling(period: Period, nodes: Iterable[str]) -> Iterator[str]:
    known = period.document.node
    return (node for node in nodes if node in known and period.tells_of(known[node]))


def _entries(history: History, period: Period, measure: str) -> list[Entry | None]:
    """Of every node of a period at once; all hidden where so few of everybody answered that teams are not compared."""
    document, before = period.document, history.before(period, base_of(measure))
    figures = [period.find(node.id, measure) for node in document.nodes]
    told: list[Change | None] = [None] * len(figures)
    if too_low_to_compare(document):
        figures = [HIDDEN if figure else None for figure in figures]
    elif before is not None:
        told = list(changes(before.scores(measure, document), period.scores(measure, document)))
    return [
        Entry(period, node.id, measure, figure, one if figure.status == SHOWN else None) if figure else None
        for node, figure, one in zip(document.nodes, figures, told, strict=True)
    ]


def too_low_to_compare(document: Document) -> bool:
    """Whether fewer than 30 % of the organisation answered."""
    return document.response.get(ROOT_ID) == TOO_LOW_TO_COMPARE


def _corrected(entries: Sequence[Entry]) -> list[Entry]:
    """Clear changes that do not stand out among all teams become "no clear change" (Benjamini and Hochberg)."""
    p_values = {place: one.change.p_value for place, one in enumerate(entries) if one.change is not None}
    tested = {place: p for place, p in p_values.items() if p is not None}
    corrected = list(entries)
    for place, stands in zip(tested, discoveries(list(tested.values())), strict=True):
        one = entries[place]
        if one.change is not None and not stands and one.change.verdict is not Verdict.NO_CLEAR_CHANGE:
            corrected[place] = replace(one, change=replace(one.change, verdict=Verdict.NO_CLEAR_CHANGE))
    return corrected


def _shrunken(figures: Sequence[Figure]) -> list[Shrunken | None]:
    certain = [
        (place, one.score, one.standard_error**2)
        for place, one in enumerate(figures)
        if one.score is not None and one.standard_error is not None
    ]
    drawn = shrunken_scores([score for _, score, _ in certain], [variance for _, _, variance in certain])
    found: list[Shrunken | None] = [None] * len(figures)
    for (place, *_), one in zip(certain, drawn or (), strict=drawn is not None):
        found[place] = one
    return found


def _shrunken_fields(drawn: Shrunken | None) -> dict[str, float | None]:
    if drawn is None:
        return {}
    return {
        "shrunken": tenth(drawn.score),
        "shrunken_low": tenth(drawn.interval.low),
        "shrunken_high": tenth(drawn.interval.high),
    }


def _asked_last(history: History, team: str, measure: str) -> Period | None:
    """The last period that tells of the team in this measure."""
    for period in reversed(history.periods):
        if measure in period.items and any(_telling(period, (team,))):
            return period
    return None


def _earlier(history: History, one: Entry) -> dict[str, object]:
    earlier = history.before(one.period, one.measure)
    if one.figure.status != SHOWN or earlier is None:
        return {}
    before = earlier.find(one.team, one.measure) or HIDDEN
    return {"earlier_time": earlier.closed_at, "earlier_wave": earlier.id, "earlier_score": before.score}
