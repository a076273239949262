"""What was said and done: announcements and what they did, concerns, promises, outcomes, comments."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.contracts.base import TextLanguage
from services.metrics.released.effects import EffectRow, effects
from services.metrics.released.said import (
    AnnouncementRow,
    CommentRow,
    ConcernRow,
    OutcomeRow,
    PromiseRow,
    PromisesKeptRow,
    comment_rows,
    concern_rows,
    outcome_rows,
    promise_rows,
    promises_kept_rows,
)
from services.metrics.routes.answers import ANSWERS, Answer
from services.metrics.routes.current import During, In, Wave
from services.metrics.routes.problems import unknown
from services.runtime.problems import documented

router = APIRouter(tags=["voice and successes"], responses=ANSWERS | documented(401, 403, 404, 406, 422, 503))


@router.get("/announcements", response_model=list[AnnouncementRow])
async def _announcements(*, answer: Answer, during: During, language: In = TextLanguage.NL) -> Response:
    """What was announced, oldest first; also in the shape of annotations."""
    return answer.rows(AnnouncementRow, lambda: during.only(answer.copy.announced[language]))


@router.get("/effects", response_model=list[EffectRow])
async def _effects(
    *,
    answer: Answer,
    announcement: Annotated[str | None, Query(description="one announcement; all where none is named")] = None,
    language: In = TextLanguage.NL,
) -> Response:
    """How resistance and trust changed after an announcement, and what of it can be told apart from other causes."""
    copy = answer.copy
    events = {one.published.announcement_id: one.published for one in copy.facts.announcements}
    if announcement is not None and announcement not in events:
        raise unknown("announcement", announcement, events)
    asked = list(events.values()) if announcement is None else [events[announcement]]
    return answer.rows(EffectRow, lambda: effects(copy.history, copy.arms, asked, language))


@router.get("/outcomes", response_model=list[OutcomeRow])
async def _outcomes(
    *,
    answer: Answer,
    during: During,
    team: Annotated[list[str] | None, Query(description="nodes; all where none is named")] = None,
    language: In = TextLanguage.NL,
) -> Response:
    """Business figures such as minutes per file, by the end of their period."""
    copy = answer.copy
    known = {*copy.history.nodes, *(one.node_id for one in copy.facts.outcomes)}
    for name in team or ():
        if known and name not in known:
            raise unknown("team", name, known)
    return answer.rows(OutcomeRow, lambda: during.only(outcome_rows(copy.history, copy.facts.outcomes, team, language)))


@router.get("/comments", response_model=list[CommentRow])
async def _comments(*, answer: Answer, wave: Wave = None, language: In = TextLanguage.NL) -> Response:
    """Comments of a wave, or of all; only where ten people or more wrote one and a champion has looked at them."""
    copy = answer.copy
    if wave is not None and wave not in copy.releases:
        raise unknown("wave", wave, copy.releases)
    chosen = [one.document for one in copy.comments.values() if wave is None or one.document.wave == wave]
    return answer.rows(CommentRow, lambda: comment_rows(chosen, language))


@router.get("/concerns", response_model=list[ConcernRow])
async def _concerns(*, answer: Answer, during: During) -> Response:
    """Concerns that were answered in public, oldest answer first."""
    return answer.rows(ConcernRow, lambda: during.only(concern_rows(answer.copy.facts)))


@router.get("/promises", response_model=list[PromiseRow])
async def _promises(*, answer: Answer, language: In = TextLanguage.NL) -> Response:
    """Promises and what became of them, in the order in which they were made."""
    copy = answer.copy
    return answer.rows(PromiseRow, lambda: promise_rows(copy.facts, copy.as_of, language))


@router.get("/promises/kept", response_model=list[PromisesKeptRow])
async def _promises_kept(*, answer: Answer, during: During) -> Response:
    """How many promises were kept of those that were due: at the close of every released wave, and as of now."""
    copy = answer.copy
    moments = sorted({*(document.closed_at for document in copy.history.documents), copy.as_of})
    return answer.rows(
        PromisesKeptRow,
        lambda: during.only(promises_kept_rows(copy.facts, moments if copy.facts.promises else ())),
    )
