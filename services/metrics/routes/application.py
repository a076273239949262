"""The application: routes, access, errors and health around the copy of all releases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asked

from services.metrics.released.archive import Archive
from services.metrics.routes import said, scores, variables, waves
from services.metrics.routes.answers import AnswerCache
from services.metrics.routes.telemetry import ANSWER_BYTES, REQUEST_SECONDS, REQUESTS_NOW
from services.runtime import health, problems, serving
from services.runtime.access import requires
from services.runtime.shedding import Shedding
from services.runtime.tokens import Scope, TokenFile
from services.runtime.tracing.requests import Traced

REQUESTS_AT_ONCE = 32
"""Fewer than there are threads for them, so that none waits for a thread."""


def create_app(archive: Archive, tokens: TokenFile, at_once: int = REQUESTS_AT_ONCE) -> FastAPI:
    """The API on an archive, which starts and stops with it; ``at_once`` requests are worked on."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        archive.start()
        yield
        archive.stop()

    application = FastAPI(
        title="Draagvlak metrics",
        version="1",
        description="Released trends in resistance and trust. Nothing here can be traced to a person.",
        lifespan=lifespan,
        telemetry=serving.SILENT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    application.state.archive = archive
    application.state.answers = AnswerCache()
    problems.register(application)
    application.add_middleware(Shedding, at_once=at_once)
    application.add_middleware(_Measured)
    application.add_middleware(Traced)
    # A copy in memory serves on while ClickHouse is away; only without one there is nothing to serve.
    application.include_router(health.router(lambda: None, lambda: archive.trouble() if archive.copy is None else None))
    reader = [Depends(requires(tokens, Scope.METRICS_READ))]
    for router in (waves.router, scores.router, said.router, variables.router):
        application.include_router(router, prefix="/v1", dependencies=reader)
    application.add_api_route(
        "/v1/openapi.json",
        lambda: JSONResponse(application.openapi()),
        dependencies=reader,
        include_in_schema=False,
    )
    return application


class _Measured:
    """Counts and times every request by its route, never by what was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, size = perf_counter(), 500, 0

        async def counted(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        with REQUESTS_NOW.track_inprogress():
            try:
                await self._app(scope, receive, counted)
            finally:
                route = getattr(scope.get("route"), "path", "none")
                REQUEST_SECONDS.labels(route, str(status)).observe(perf_counter() - began)
                ANSWER_BYTES.labels(route).inc(size)
