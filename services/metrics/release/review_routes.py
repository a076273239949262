"""The champion's review of comments over HTTP, for the bot: scope `comments:review`, and under this role alone.

The metrics API cannot serve it, since its role reads no comment that has not been released.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.contracts.base import WaveId
from services.metrics.release import reviewing
from services.metrics.release.comments import Decision, NotReleasable, ReviewStatus
from services.metrics.release.reviewing import AlreadyReleased, Review, UnknownComment, UnknownWave
from services.runtime.access import requires
from services.runtime.clock import Clock, ClockUnavailable
from services.runtime.problems import Problem, documented
from services.runtime.tokens import Scope, Token, TokenFile

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = "5"


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CommentToReview(_Body):
    """A comment as somebody wrote it, names and long numbers taken out by the bot."""

    id: str
    question: str
    text: str
    decision: Decision | None


class CommentsReview(_Body):
    """The comments of a wave. They are in it while they are to be reviewed: not when they are too few, or out."""

    wave: str
    status: ReviewStatus
    floor: int = Field(description="comments below which none is ever shown")
    comments: list[CommentToReview]
    sha256: str | None = Field(description="of the published comments, once released")


class Decisions(_Body):
    """Comment id -> decision. Those that are not named stay as they are."""

    decisions: dict[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")], Decision] = Field(max_length=10_000)


def router(connect: Callable[[], Client], clock: Clock, tokens: TokenFile) -> APIRouter:
    """The three steps of a review, and where the comments of every wave stand. Each request has its own connection."""
    routes = APIRouter(prefix="/v1/comments", tags=["comments"], responses=documented(401, 403, 503))
    champion = Annotated[Token, Depends(requires(tokens, Scope.COMMENTS_REVIEW))]

    @routes.get("")
    def _reviews(_by: champion) -> list[CommentsReview]:
        """Every wave whose numbers have been released, oldest first; without any text."""
        with _answered(connect) as client:
            return [_body(one) for one in reviewing.reviews(client)]

    @routes.get("/{wave}/review", responses=documented(404, 422))
    def _review(wave: WaveId, _by: champion) -> CommentsReview:
        """The comments of a wave with what was decided so far."""
        with _answered(connect) as client:
            return _body(reviewing.review(client, wave))

    @routes.put("/{wave}/review", responses=documented(404, 409, 422))
    def _decide(wave: WaveId, body: Decisions, by: champion) -> CommentsReview:
        """Keep decisions; they can be changed until the comments are released."""
        with _answered(connect) as client:
            known = reviewing.decide(client, wave, body.decisions)
        _log.info("comments reviewed", wave=wave, decisions=len(body.decisions), by=by.name)
        return _body(known)

    @routes.post("/{wave}/release", responses=documented(404, 409, 422))
    def _release(wave: WaveId, by: champion) -> CommentsReview:
        """Release the approved comments, once and together. Asked again, it says what was released."""
        with _answered(connect) as client:
            published = reviewing.release_comments(client, wave, clock.now())
            known = reviewing.review(client, wave)
        _log.info("comments released", wave=wave, sha256=published.sha256, by=by.name)
        return _body(known)

    return routes


@contextmanager
def _answered(connect: Callable[[], Client]) -> Iterator[Client]:
    """A connection, and what goes wrong as an answer that says what to do."""
    try:
        with connect() as client:
            yield client
    except (UnknownWave, UnknownComment) as fault:
        raise Problem(404, "unknown", "Not found", f"{str(fault)[0].upper()}{str(fault)[1:]}.") from None
    except (AlreadyReleased, NotReleasable) as fault:
        raise Problem(409, "not-now", "Not possible", f"{str(fault)[0].upper()}{str(fault)[1:]}.") from None
    except (ClickHouseError, ClockUnavailable) as fault:
        _log.warning("a review could not be answered", error=type(fault).__name__)
        raise Problem(
            503,
            "store-away",
            "Not available",
            "The store does not answer; nothing was changed that this answer would have confirmed. Try again shortly.",
            headers={"Retry-After": _RETRY_SECONDS},
        ) from None


def _body(known: Review) -> CommentsReview:
    return CommentsReview(
        wave=known.wave_id,
        status=known.status,
        floor=known.floor,
        comments=[
            CommentToReview(id=one.comment_id, question=one.question, text=one.text, decision=one.decision)
            for one in known.comments
        ],
        sha256=known.sha256,
    )
