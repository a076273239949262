"""Scores over time and across teams."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from services.contracts.base import ROOT_ID, Language
from services.metrics.released.archive import Copy
from services.metrics.released.documents import Document
from services.metrics.released.rows import Row, row, trend, wave_before
from services.metrics.routes.copies import CurrentCopy
from services.metrics.routes.problems import unknown
from services.runtime.problems import Problem, documented

router = APIRouter(tags=["scores"], responses=documented(401, 403, 404, 422, 503))

Moment = AwareDatetime | date
"""A day, or a time with its zone."""


@router.get("/trends")
async def trends(
    *,
    copy: CurrentCopy,
    measure: Annotated[list[str] | None, Query(description="measures; all where none is named")] = None,
    team: Annotated[list[str] | None, Query(description="nodes; the organisation where none is named")] = None,
    first: Annotated[Moment | None, Query(alias="from", description="waves closed from this day or time on")] = None,
    last: Annotated[Moment | None, Query(alias="to", description="waves closed until this day or time")] = None,
    language: Language = Language.NL,
) -> list[Row]:
    """One row for every released wave, measure and team; oldest first."""
    documents = copy.documents()
    measures = _known_measures(documents, measure)
    teams = _known_teams(documents, team or [ROOT_ID])
    begin = _begin(first) if first else datetime.min.replace(tzinfo=UTC)
    end = _end(last) if last else datetime.max.replace(tzinfo=UTC)
    if begin > end:
        raise Problem(422, "invalid-period", "Invalid period", f"`from` ({first}) lies after `to` ({last}).")
    rows = trend(documents, measures, teams, language)
    return [one for one in rows if begin <= one.time <= end]


@router.get("/teams")
async def teams(
    copy: CurrentCopy,
    measure: Annotated[str, Query(description="one measure")],
    wave: Annotated[
        str | None, Query(description="a released wave; the last that asked the measure by default")
    ] = None,
    language: Language = Language.NL,
) -> list[Row]:
    """One row for every node below the organisation that is shown per wave, in the order of the tree."""
    documents = copy.documents()
    _known_measures(documents, [measure])
    document = _document(copy, documents, measure, wave)
    if document is None:
        return []
    earlier = wave_before(documents, document, measure)
    return [
        row(document, earlier, node.id, measure, language)
        for node in document.nodes
        if node.id != ROOT_ID and (node.id, measure) in document.cell
    ]


def _document(copy: Copy, documents: tuple[Document, ...], measure: str, wave: str | None) -> Document | None:
    asked = [document for document in documents if measure in document.measure]
    if wave is None:
        return asked[-1] if asked else None
    if wave not in copy.releases:
        raise unknown("wave", wave, copy.releases)
    document = copy.releases[wave].document
    if measure not in document.measure:
        raise unknown("measure", measure, document.measure)
    return document


def _known_measures(documents: tuple[Document, ...], asked: list[str] | None) -> list[str]:
    """The measures asked for, or all; before the first release every name is taken, and gives no rows."""
    known = list(dict.fromkeys(name for document in documents for name in document.measure))
    for name in asked or ():
        if known and name not in known:
            raise unknown("measure", name, known)
    return known if asked is None else list(dict.fromkeys(asked))


def _known_teams(documents: tuple[Document, ...], asked: list[str]) -> list[str]:
    known = {node for document in documents for node in document.node}
    for name in asked:
        if known and name not in known:
            raise unknown("team", name, known)
    return list(dict.fromkeys(asked))


def _begin(moment: Moment) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, UTC)


def _end(moment: Moment) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.max, UTC)
