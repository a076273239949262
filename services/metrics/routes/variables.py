"""Choices for dashboards: names as `__text`, values as `__value`; and the phase of every team."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.contracts.base import TextLanguage
from services.metrics.released.arms import PHASES
from services.metrics.released.copies import Copy
from services.metrics.released.rows import measures_of
from services.metrics.routes.answers import ANSWERS, Answer
from services.metrics.routes.current import During, In, Teams, known_teams
from services.runtime.problems import documented

router = APIRouter(tags=["choices"], responses=ANSWERS | documented(401, 403, 404, 406, 422, 503))


class Choice(BaseModel):
    """A choice of a dashboard's variable."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    text: str = Field(serialization_alias="__text")
    value: str = Field(serialization_alias="__value")


@dataclass
class PhaseRow:
    """How far a team was with AI when a wave opened; null where it has no phase. `time` is the close of the wave."""

    time: datetime
    wave: str
    team: str
    team_name: str
    phase: str | None
    phase_name: str | None


@router.get("/variables/teams", response_model=list[Choice])
async def _teams(*, answer: Answer, language: In = TextLanguage.NL) -> Response:
    """Every node that a release names, in the order of the newest tree."""
    nodes = answer.copy.history.nodes
    return answer.rows(
        Choice, lambda: [Choice(text=node.name.in_language(language), value=node.id) for node in nodes.values()]
    )


@router.get("/variables/waves", response_model=list[Choice])
async def _waves(*, answer: Answer, language: In = TextLanguage.NL) -> Response:
    """Every released wave, newest first."""
    documents = reversed(answer.copy.history.documents)
    return answer.rows(
        Choice, lambda: [Choice(text=one.title.in_language(language), value=one.wave) for one in documents]
    )


@router.get("/variables/measures", response_model=list[Choice])
async def _measures(*, answer: Answer) -> Response:
    """Every measure that has rows."""
    return answer.rows(Choice, lambda: [Choice(text=one, value=one) for one in measures_of(answer.copy.history)])


@router.get("/phases", response_model=list[PhaseRow])
async def _phases(*, answer: Answer, during: During, team: Teams = None, language: In = TextLanguage.NL) -> Response:
    """The phase of teams in every released wave, oldest first; all teams where none is named."""
    chosen = None if team is None else known_teams(answer.copy, team)
    return answer.rows(PhaseRow, lambda: during.only(_phase_rows(answer.copy, chosen, language)))


def _phase_rows(copy: Copy, teams: list[str] | None, language: TextLanguage) -> list[PhaseRow]:
    return [
        PhaseRow(
            time=document.closed_at,
            wave=document.wave,
            team=team,
            team_name=document.node[team].name.in_language(language),
            phase=phase,
            phase_name=PHASES[phase].in_language(language) if phase is not None and phase in PHASES else None,
        )
        for document in copy.history.documents
        for team in (document.node if teams is None else teams)
        if team in document.node
        for phase in (copy.phases.get(document.wave, {}).get(team),)
    ]
