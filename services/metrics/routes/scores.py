"""Scores over time, across teams, and of the drivers behind them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.contracts.base import ROOT_ID, TextLanguage
from services.metrics.released import rows
from services.metrics.released.arms import ArmRow, pilots
from services.metrics.released.lines import AdviceRow, SlopeRow, advice_rows, slopes
from services.metrics.released.people import ParticipationRow, ReliabilityRow, participation, reliability
from services.metrics.released.rows import DriverRow, Row, TeamRow, compared_periods
from services.metrics.routes.answers import ANSWERS, Answer
from services.metrics.routes.current import (
    During,
    In,
    Measures,
    Team,
    Teams,
    Wave,
    known_measures,
    known_teams,
    known_wave,
)
from services.metrics.routes.problems import unknown
from services.runtime.problems import documented

router = APIRouter(tags=["scores"], responses=ANSWERS | documented(401, 403, 404, 406, 422, 503))

Measure = Annotated[str, Query(description="one measure")]


@router.get("/trends", response_model=list[Row])
async def _trends(
    *, answer: Answer, during: During, measure: Measures = None, team: Teams = None, language: In = TextLanguage.NL
) -> Response:
    """One row for every released wave, measure and team; oldest first. Small teams have a row per window of waves."""
    measures, teams = known_measures(answer.copy, measure), known_teams(answer.copy, team)
    history = answer.copy.history
    return answer.rows(Row, lambda: rows.trend(history, measures, teams, language, during.holds))


@router.get("/slopes", response_model=list[SlopeRow])
async def _slopes(
    *, answer: Answer, measure: Measures = None, team: Teams = None, language: In = TextLanguage.NL
) -> Response:
    """How steep each measure rises or falls over all comparable waves: one row for each measure and team."""
    measures, teams = known_measures(answer.copy, measure), known_teams(answer.copy, team)
    return answer.rows(SlopeRow, lambda: slopes(answer.copy.history, measures, teams, language))


@router.get("/teams", response_model=list[TeamRow])
async def _teams(*, answer: Answer, measure: Measure, wave: Wave = None, language: In = TextLanguage.NL) -> Response:
    """One row for every node below the organisation, to compare teams; by default of the last wave and window.

    Small teams are shown per window: with a wave come the rows of the windows that were published with it. Where fewer
    than 30 % of the organisation answered, all rows are hidden.
    """
    (name,) = known_measures(answer.copy, [measure])
    chosen, history = known_wave(answer.copy, wave), answer.copy.history
    if chosen is not None and not compared_periods(history, name, chosen):
        raise unknown("measure", name, history.by_id[chosen].items)
    return answer.rows(TeamRow, lambda: rows.teams(history, name, chosen, language))


@router.get("/drivers", response_model=list[DriverRow])
async def _drivers(
    *, answer: Answer, team: Team = ROOT_ID, wave: Wave = None, language: In = TextLanguage.NL
) -> Response:
    """Drivers, facets and outcomes of a team in a wave, each beside the last time it was asked before.

    Without `wave` each of them as it was asked last.
    """
    (name,), chosen = known_teams(answer.copy, [team]), known_wave(answer.copy, wave)
    return answer.rows(DriverRow, lambda: rows.drivers(answer.copy.history, name, chosen, language))


@router.get("/advice", response_model=list[AdviceRow])
async def _advice(*, answer: Answer, team: Team = ROOT_ID, language: In = TextLanguage.NL) -> Response:
    """What to do about the drivers that are high and the facets that are low, as they were asked last."""
    (name,) = known_teams(answer.copy, [team])
    return answer.rows(AdviceRow, lambda: advice_rows(answer.copy.history, name, language))


@router.get("/participation", response_model=list[ParticipationRow])
async def _participation(
    *, answer: Answer, during: During, team: Teams = None, language: In = TextLanguage.NL
) -> Response:
    """The band of response in every released wave, of nodes with 20 people or more; oldest first."""
    teams = known_teams(answer.copy, team)
    return answer.rows(ParticipationRow, lambda: participation(answer.copy.history, teams, language, during.holds))


@router.get("/reliability", response_model=list[ReliabilityRow])
async def _reliability(*, answer: Answer, during: During) -> Response:
    """Cronbach's alpha of every driver and facet, of the organisation, from 50 answers on; oldest wave first."""
    return answer.rows(ReliabilityRow, lambda: during.only(reliability(answer.copy.history)))


@router.get("/pilots", response_model=list[ArmRow])
async def _pilots(
    *, answer: Answer, during: During, measure: Measures = None, language: In = TextLanguage.NL
) -> Response:
    """Scores of all teams in one phase together, phase by phase; oldest first. `team` is the phase."""
    measures = known_measures(answer.copy, measure)
    return answer.rows(ArmRow, lambda: pilots(answer.copy.arms, measures, language, during.holds))
