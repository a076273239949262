"""Rows about taking part, and about how far the items of a driver belong together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.base import ROOT_ID, TextLanguage
from services.metrics.release.rounding import EXACT_MEAN_FROM, RESPONSE_BANDS
from services.metrics.released.documents import Document, PublishedReliability
from services.metrics.released.figures import RESISTER_SHARE, SHOWN, TOO_FEW_ANSWERS, share_step
from services.metrics.released.moments import UtcTime
from services.metrics.released.periods import History, Period, always
from services.metrics.statistics.intervals import Interval, worst_case_bounds
from services.metrics.statistics.reliability import alpha_interval
from services.metrics.statistics.wording import LOW_RESPONSE, VERY_LOW_RESPONSE

_LOWEST: Final = {band.label: band.lower for band in RESPONSE_BANDS}
_ENOUGH: Final = 50
_COMPARABLE: Final = 30


@dataclass
class ParticipationRow:
    """The band of response of a node in a wave. `response_from`: its lower end, per cent.

    `warning` where fewer than half answered. `resister_share_lowest`, `resister_share_highest`: what the share of
    resisters may be whatever the silent think, per cent; of the organisation only.
    """

    time: datetime
    wave: str
    team: str
    team_name: str | None
    response_band: str | None
    response_from: int | None
    resister_share_lowest: float | None
    resister_share_highest: float | None
    warning: str | None
    status: str


class ReliabilityRow(BaseModel):
    """Cronbach's alpha of a driver or facet in a wave, of the whole organisation, with its 95 % interval.

    `n` is null below 100. `pairs`: the correlation of every two items, as text.
    """

    model_config = ConfigDict(frozen=True)

    time: UtcTime
    wave: str
    measure: str
    items: str
    alpha: float
    alpha_low: float = Field(description="lower end of the 95 % interval")
    alpha_high: float = Field(description="upper end of the 95 % interval")
    n: int | None
    pairs: str


def participation(
    history: History, teams: Sequence[str], language: TextLanguage, wanted: Callable[[datetime], bool] = always
) -> list[ParticipationRow]:
    """A row for every wave of a wanted time and each of these teams that it knows, oldest first."""
    return [
        _participation(history, period, team, language)
        for period in history.periods
        if not period.window and wanted(period.closed_at)
        for team in teams
        if team in period.document.node
    ]


def reliability(history: History) -> list[ReliabilityRow]:
    """A row for every driver and facet of several items in every wave with 50 answers or more, oldest first."""
    return [_reliability(document, one) for document in history.documents for one in document.reliability]


def worst_case(period: Period) -> Interval | None:
    """The share of resisters in the organisation whatever the silent think, per cent; None where none is published."""
    share = period.find(ROOT_ID, RESISTER_SHARE)
    band = period.document.response.get(ROOT_ID)
    if share is None or share.published is None or band is None:
        return None
    response, span = _LOWEST[band] / 100, share.published.span
    half_step = (share_step(share.n_band) or 0.0) / 2
    low = worst_case_bounds(max(0.0, span.low - half_step) / 100, response).low
    high = worst_case_bounds(min(100.0, span.high + half_step) / 100, response).high
    return Interval(round(100 * low, 1), round(100 * high, 1))


def _participation(history: History, period: Period, team: str, language: TextLanguage) -> ParticipationRow:
    band = period.document.response.get(team)
    bounds = worst_case(period) if team == ROOT_ID else None
    return ParticipationRow(
        time=period.closed_at,
        wave=period.id,
        team=team,
        team_name=history.name(team).in_language(language) if band else None,
        response_band=band,
        response_from=_LOWEST[band] if band else None,
        resister_share_lowest=bounds.low if bounds else None,
        resister_share_highest=bounds.high if bounds else None,
        warning=_warning(band, language),
        status=SHOWN if band else TOO_FEW_ANSWERS,
    )


def _warning(band: str | None, language: TextLanguage) -> str | None:
    if band is None or _LOWEST[band] >= _ENOUGH:
        return None
    text = LOW_RESPONSE if _LOWEST[band] >= _COMPARABLE else VERY_LOW_RESPONSE
    return text.in_language(language)


def _reliability(document: Document, one: PublishedReliability) -> ReliabilityRow:
    interval = alpha_interval(one.alpha, one.n or EXACT_MEAN_FROM, len(one.items))
    return ReliabilityRow(
        time=document.closed_at,
        wave=document.wave,
        measure=one.measure,
        items=", ".join(one.items),
        alpha=one.alpha,
        alpha_low=round(interval.low, 2),
        alpha_high=round(interval.high, 2),
        n=one.n,
        pairs=", ".join(f"{pair.first}-{pair.second} {pair.correlation:.2f}" for pair in one.correlations),
    )
