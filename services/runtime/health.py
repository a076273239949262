"""Health endpoints: live (the process makes progress) and ready (its dependencies answer)."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Response

READY_PATH: Final = "/healthz/ready"

Check = Callable[[], str | None]
"""Gives None when all is well, else one sentence that says what is wrong. Looks at this process alone, and never waits:
it is asked on the event loop, so that health is answered when every thread is busy."""


def router(live: Check, ready: Check) -> APIRouter:
    """``/healthz/live`` and ``/healthz/ready``: 200, or 503 with the sentence."""
    routes = APIRouter()

    def answer(check: Check) -> Response:
        wrong = check()
        return Response(wrong or "ok", status_code=503 if wrong else 200, media_type="text/plain")

    @routes.get("/healthz/live", include_in_schema=False)
    async def liveness() -> Response:
        return answer(live)

    @routes.get(READY_PATH, include_in_schema=False)
    async def readiness() -> Response:
        return answer(ready)

    return routes
