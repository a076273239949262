"""The routes of the gateway, and their putting on the application of the ingest process."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, FastAPI, Header, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict

from services.contracts.base import Identifier
from services.ingest.gateway.contents import Announcement, Outcome
from services.ingest.gateway.door import Door
from services.ingest.gateway.rates import Rates
from services.ingest.gateway.taking import Taker
from services.runtime import problems
from services.runtime.problems import documented
from services.runtime.shedding import Shedding
from services.runtime.tokens import Scope, TokenFile
from services.runtime.tracing.requests import Traced

OUTCOMES: Final = "/v1/outcomes"
ANNOUNCEMENTS: Final = "/v1/announcements"
OPENAPI: Final = "/v1/openapi.json"

_SCOPES: Final = {
    OUTCOMES: frozenset({Scope.OUTCOMES_WRITE}),
    ANNOUNCEMENTS: frozenset({Scope.ANNOUNCEMENTS_DRAFT}),
    OPENAPI: frozenset({Scope.OUTCOMES_WRITE, Scope.ANNOUNCEMENTS_DRAFT}),
}
_ERRORS: Final = documented(400, 401, 403, 404, 408, 409, 413, 422, 429, 503)
_bearer = HTTPBearer(auto_error=False, description="A token of the tokens file")
_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,127}$",
        description="Optional: a key of your own for this request. Sent again with the same report it gives the same "
        "answer, with another report 409. Ids of reports are such keys already.",
    ),
]


class Accepted(BaseModel):
    """The report is in Kafka on every in-sync replica; the store has it shortly."""

    model_config = ConfigDict(frozen=True)

    id: Identifier
    event: Literal["outcome.measured", "announcement.drafted"]


def install(application: FastAPI, taker: Taker, tokens: TokenFile, rates: Rates, at_once: int) -> None:
    """Put the gateway on ``application``, behind its door; ``at_once`` reports are worked on."""
    application.title = "Draagvlak gateway"
    application.description = (
        "What business systems report: outcomes of teams, and drafts of announcements. No personal data is taken."
    )
    application.include_router(_router(taker))
    application.add_api_route(OPENAPI, lambda: JSONResponse(application.openapi()), include_in_schema=False)
    problems.register(application)
    application.add_middleware(Shedding, at_once=at_once)
    application.add_middleware(Door, known=tokens, scopes=_SCOPES, rates=rates)
    application.add_middleware(Traced)


def _router(taker: Taker) -> APIRouter:
    router = APIRouter(responses=_ERRORS, dependencies=[Security(_bearer)])

    @router.post(OUTCOMES, status_code=202, tags=["outcomes"])
    def outcome(content: Outcome, request: Request, key: _Key = None) -> Accepted:
        """Report a business figure of a team over a period. Scope `outcomes:write`."""
        taker.take(content, request.state.caller, key)
        return Accepted(id=content.id, event="outcome.measured")

    @router.post(ANNOUNCEMENTS, status_code=202, tags=["announcements"])
    def announcement(content: Announcement, request: Request, key: _Key = None) -> Accepted:
        """Draft an announcement for a champion to approve. Scope `announcements:draft`."""
        taker.take(content, request.state.caller, key)
        return Accepted(id=content.id, event="announcement.drafted")

    return router
