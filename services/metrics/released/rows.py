"""Rows of the API about scores: published numbers with their change since the period before that asked the same.

An answer holds hundreds of rows. A plain dataclass takes a fifth of the time of a frozen one, or of a model, to make.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Annotated, Final, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import Field

from services.contracts.base import ROOT_ID, TextLanguage
from services.metrics.released.documents import Document
from services.metrics.released.figures import HIDDEN, NOT_SAID, RESISTER_SHARE, SHOWN, Figure, base_of
from services.metrics.released.periods import HEADLINES, History, Period, always
from services.metrics.statistics.change import UNKNOWN_CHANGE, Change, PublishedScores, Verdict, change, changes
from services.metrics.statistics.multiplicity import discoveries
from services.metrics.statistics.shrinkage import Shrunken, shrunken_scores

TOO_LOW_TO_COMPARE = "< 30 %"
"""The band of the organisation's response in which no teams are compared."""


@dataclass
class Row:
    """One published number. In a hidden row everything is null but time, wave, team, measure and status.

    `time` is the close of the wave or window, and `wave` its id. Scores and their ends are points, 0 to 100, of shares
    per cent; `change` is in the same unit. `verdict` is null where there is no earlier one to compare with.
    """

    time: datetime
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


@dataclass
class TeamRow(Row):
    """A row among those of other teams. `verdict` is corrected for looking at many teams at once.

    `shrunken` is the score to compare teams by: drawn towards the mean of all, the further the less certain it is. It
    is null where fewer than three teams are shown.
    """

    shrunken: float | None = None
    shrunken_low: float | None = None
    shrunken_high: float | None = None


@dataclass
class DriverRow(Row):
    """A driver, facet or outcome now, and `earlier`: the last time before that its same questions were asked."""

    earlier_time: datetime | None = None
    earlier_wave: str | None = None
    earlier_score: Annotated[float | None, Field(description="points, 0 to 100")] = None


_Kind = TypeVar("_Kind", bound=Row)


class Entry(NamedTuple):
    """A published number with its place and its change; `change` None where hidden or the first of its kind."""

    period: Period
    team: str
    measure: str
    figure: Figure
    change: Change | None


_KEPT: Final[WeakKeyDictionary[History, dict[tuple[str, TextLanguage], list[tuple[int, Row]]]]] = WeakKeyDictionary()
"""Rows of the organisation by history: they change with a release only."""


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
    others = [team for team in teams if team != ROOT_ID]
    lines = _line(history, measures, others, language, wanted)
    if ROOT_ID in teams:
        known = [measure for measure in measures if base_of(measure) in history.measures]
        kept = [one for measure in known for one in _of_everybody(history, measure, language)]
        lines += [one for one in kept if wanted(one[1].time)]
    order = {(measure, team): place for place, (measure, team) in enumerate(product(measures, teams))}
    lines.sort(key=lambda one: (one[0], order[one[1].measure, one[1].team]))
    return [row for _, row in lines]


def _of_everybody(history: History, measure: str, language: TextLanguage) -> list[tuple[int, Row]]:
    """All rows of the organisation, which everybody asks for, each after the place of its period; made once."""
    kept = _KEPT.setdefault(history, {})
    known = kept.get((measure, language))
    if known is None:
        known = kept[measure, language] = _line(history, [measure], [ROOT_ID], language, always)
    return known


def _line(
    history: History,
    measures: Sequence[str],
    teams: Sequence[str],
    language: TextLanguage,
    wanted: Callable[[datetime], bool],
) -> list[tuple[int, Row]]:
    """Rows, each after the place of its period among all."""
    found = [
        (place, Entry(period, team, measure, figure, None))
        for place, period in enumerate(history.periods)
        if wanted(period.closed_at)
        for measure in measures
        if base_of(measure) in period.items
        for team in _telling(period, teams)
        if (figure := period.find(team, measure)) is not None
    ]
    told = _with_changes(history, [one for _, one in found])
    return [(place, _row(Row, history, one, language)) for (place, _), one in zip(found, told, strict=True)]


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
        told[place] = entries[place]._replace(change=one)
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
        for one in _entries(history, period, measure, _below(period, told_only=both))
    ]
    shrunken = _shrunken([one.figure for one in found])
    return [
        _beside_others(_row(TeamRow, history, one, language), drawn)
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
            found.append(_beside_earlier(_row(DriverRow, history, one, language), history, one))
    return sorted(found, key=lambda one: one.time)


def tenth(value: float | None) -> float | None:
    """To one decimal: more would promise what rounded scores do not hold."""
    return None if value is None else round(value, 1)


def _row(kind: type[_Kind], history: History, one: Entry, language: TextLanguage) -> _Kind:
    figure, change_ = one.figure, one.change
    interval = change_.interval if change_ else None
    return kind(
        time=one.period.closed_at,
        wave=one.period.id,
        team=one.team,
        team_name=history.name(one.team).in_language(language) if figure.status == SHOWN else None,
        measure=one.measure,
        score=figure.score,
        score_label=figure.score_label,
        low=figure.low,
        high=figure.high,
        n=figure.n,
        n_band=figure.n_band,
        response_band=figure.response_band,
        change=tenth(change_.change) if change_ else None,
        change_low=tenth(interval.low) if interval else None,
        change_high=tenth(interval.high) if interval else None,
        verdict=change_.verdict.value if change_ else None,
        status=figure.status,
    )


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


def _below(period: Period, *, told_only: bool) -> list[int]:
    """The places of the nodes below the organisation; with `told_only` of those that this kind of period shows."""
    return [
        place
        for place, node in enumerate(period.document.nodes)
        if node.id != ROOT_ID and (not told_only or period.tells_of(node))
    ]


def _entries(history: History, period: Period, measure: str, places: Sequence[int]) -> list[Entry]:
    """Of the nodes at these places; all hidden where so few of everybody answered that teams are not compared."""
    document, before = period.document, history.before(period, base_of(measure))
    nodes = [document.nodes[place].id for place in places]
    figures = [period.find(node, measure) for node in nodes]
    told: list[Change | None] = [None] * len(figures)
    if too_low_to_compare(document):
        figures = [HIDDEN if figure else None for figure in figures]
    elif before is not None:
        chosen = np.array(places, dtype=np.intp)
        earlier, later = (one.scores(measure, document).at(chosen) for one in (before, period))
        told = list(changes(earlier, later))
    return [
        Entry(period, node, measure, figure, one if figure.status == SHOWN else None)
        for node, figure, one in zip(nodes, figures, told, strict=True)
        if figure is not None
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
            corrected[place] = one._replace(change=one.change._replace(verdict=Verdict.NO_CLEAR_CHANGE))
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


def _beside_others(row: TeamRow, drawn: Shrunken | None) -> TeamRow:
    if drawn is not None:
        row.shrunken = tenth(drawn.score)
        row.shrunken_low, row.shrunken_high = tenth(drawn.interval.low), tenth(drawn.interval.high)
    return row


def _asked_last(history: History, team: str, measure: str) -> Period | None:
    """The last period that tells of the team in this measure."""
    for period in reversed(history.periods):
        if measure in period.items and any(_telling(period, (team,))):
            return period
    return None


def _beside_earlier(row: DriverRow, history: History, one: Entry) -> DriverRow:
    earlier = history.before(one.period, one.measure)
    if one.figure.status == SHOWN and earlier is not None:
        before = earlier.find(one.team, one.measure) or HIDDEN
        row.earlier_time, row.earlier_wave, row.earlier_score = earlier.closed_at, earlier.id, before.score
    return row
