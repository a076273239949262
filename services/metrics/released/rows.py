"""Rows of the API: published cells with their change since the wave before that asked the same."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.contracts.base import Language
from services.metrics.released.documents import Document, PublishedCell
from services.metrics.statistics.change import UNKNOWN_CHANGE, Change, PublishedScore, change
from services.metrics.statistics.intervals import Interval

_CERTAIN: Final = float("inf")


class Row(BaseModel):
    """One published number. In a hidden row everything is null but time, wave, team, measure and status.

    Scores and their ends are points, 0 to 100; `change` is in points. `verdict` is null where there is
    no earlier wave to compare with.
    """

    model_config = ConfigDict(frozen=True)

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


def row(document: Document, earlier: Document | None, team: str, measure: str, language: Language) -> Row:
    """The row of a team and measure in a wave; `earlier` as `wave_before` gives it. KeyError for either unknown."""
    cell = document.cell[team, measure]
    shown = cell.score is not None
    told = _change(document, earlier, team, measure) if shown else None
    return Row(
        time=document.closed_at,
        wave=document.wave,
        team=team,
        team_name=document.node[team].name.in_language(language) if shown else None,
        measure=measure,
        score=cell.score,
        score_label=cell.score_label,
        low=cell.low,
        high=cell.high,
        n=cell.n,
        n_band=cell.n_band,
        response_band=cell.response_band,
        change=_tenth(told.change) if told else None,
        change_low=_tenth(told.interval.low) if told and told.interval else None,
        change_high=_tenth(told.interval.high) if told and told.interval else None,
        verdict=told.verdict.value if told else None,
        status=cell.status,
    )


def wave_before(documents: Sequence[Document], document: Document, measure: str) -> Document | None:
    """The last earlier wave of the campaign that made this measure of the same items; `documents` by time."""
    items = document.measure[measure].items
    asked = [
        other
        for other in documents
        if other.campaign == document.campaign
        and other.closed_at < document.closed_at
        and measure in other.measure
        and other.measure[measure].items == items
    ]
    return asked[-1] if asked else None


def trend(
    documents: Sequence[Document], measures: Iterable[str], teams: Iterable[str], language: Language
) -> list[Row]:
    """Rows of these teams and measures in every wave that has them, oldest wave first."""
    measures, teams = list(measures), list(teams)
    rows = []
    for document in documents:
        for measure in measures:
            if measure in document.measure:
                earlier = wave_before(documents, document, measure)
                rows += [
                    row(document, earlier, team, measure, language)
                    for team in teams
                    if (team, measure) in document.cell
                ]
    return rows


def _change(document: Document, earlier: Document | None, team: str, measure: str) -> Change | None:
    if earlier is None:
        return None
    before = earlier.cell.get((team, measure))
    if before is None:
        return UNKNOWN_CHANGE
    return change(_score(before), _score(document.cell[team, measure]))


def _score(cell: PublishedCell) -> PublishedScore | None:
    """What a change may know of a cell: what is published of it."""
    if cell.score is None or cell.standard_error is None:
        return None
    label = cell.score_label or ""
    return PublishedScore(
        score=cell.score,
        variance=cell.standard_error**2,
        degrees_of_freedom=_CERTAIN if cell.degrees_of_freedom is None else cell.degrees_of_freedom,
        span=Interval(
            0.0 if label.startswith("≤") else cell.score,
            100.0 if label.startswith("≥") else cell.score,
        ),
        telling=cell.low is not None,
    )


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
