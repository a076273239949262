"""Waves and releases: where every wave stands, and the published bytes of a released one."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from services.contracts.base import ROOT_ID, Text
from services.metrics.released.copies import Copy, KnownWave, WaveStatus
from services.metrics.released.moments import UtcTime
from services.metrics.routes.answers import ANSWERS, Answer, Body
from services.metrics.routes.problems import unknown
from services.runtime.problems import Problem, documented

router = APIRouter(tags=["waves"], responses=documented(401, 403, 404, 422, 503))


class Wave(BaseModel):
    """A wave. `time` is its close, null while it is open; `response_band` and `sha256` are null until its release."""

    model_config = ConfigDict(frozen=True)

    wave: str
    campaign: str
    title: Text
    time: UtcTime | None
    opens_at: UtcTime
    closes_at: UtcTime
    status: WaveStatus
    measures: list[str]
    response_band: str | None
    sha256: str | None


@router.get("/waves", response_model=list[Wave], responses=ANSWERS | documented(406))
async def _waves(answer: Answer) -> Response:
    """Every wave, oldest first."""
    copy = answer.copy
    return answer.rows(Wave, lambda: [_wave(copy, known) for known in copy.waves])


@router.get(
    "/releases/{wave}",
    response_class=Response,
    responses={
        200: {"description": "The published bytes; ETag is their SHA-256.", "content": {"application/json": {}}},
        304: ANSWERS[304],
    },
)
async def _release(wave: str, answer: Answer) -> Response:
    """The published document of a wave, byte for byte as it was released."""
    copy = answer.copy
    released = copy.releases.get(wave)
    if released is not None:
        return answer.body(Body(released.packed, compressed=True, media="application/json", digest=released.sha256))
    if any(known.wave_id == wave for known in copy.waves):
        raise Problem(
            404,
            "not-released",
            "Not released",
            f"The wave {wave!r} has not been released: a wave is released once, after its close.",
            valid=copy.releases,
        )
    raise unknown("wave", wave, copy.releases)


def _wave(copy: Copy, known: KnownWave) -> Wave:
    released = copy.releases.get(known.wave_id)
    return Wave(
        wave=known.wave_id,
        campaign=known.campaign_id,
        title=known.title,
        time=known.closed_at,
        opens_at=known.opens_at,
        closes_at=known.closes_at,
        status=copy.status(known),
        measures=[measure.name for measure in released.document.measures] if released else [],
        response_band=released.document.response.get(ROOT_ID) if released else None,
        sha256=released.sha256 if released else None,
    )
