"""The application: routes, access, errors and health around the copy of all releases."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from services.metrics.released.archive import Archive
from services.metrics.routes import scores, waves
from services.metrics.routes.telemetry import REQUEST_SECONDS
from services.runtime import health, problems
from services.runtime.access import requires
from services.runtime.tokens import Scope, TokenFile


def create_app(archive: Archive, tokens: TokenFile) -> FastAPI:
    """The API on an archive, which starts and stops with it."""

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
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    application.state.archive = archive
    problems.register(application)
    application.middleware("http")(_timed)
    # A copy in memory serves on while ClickHouse is away; only without one there is nothing to serve.
    application.include_router(health.router(lambda: None, lambda: archive.trouble() if archive.copy is None else None))
    reader = [Depends(requires(tokens, Scope.METRICS_READ))]
    for router in (waves.router, scores.router):
        application.include_router(router, prefix="/v1", dependencies=reader)
    application.add_api_route(
        "/v1/openapi.json",
        lambda: JSONResponse(application.openapi()),
        dependencies=reader,
        include_in_schema=False,
    )
    return application


async def _timed(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    began = perf_counter()
    response = await answer(request)
    route = getattr(request.scope.get("route"), "path", "none")
    REQUEST_SECONDS.labels(route, str(response.status_code)).observe(perf_counter() - began)
    return response
