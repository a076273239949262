"""The process of `draagvlak release watch`: the watch in a thread of its own, health, and the review of comments."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI

from services.metrics.release.watch import Watch
from services.runtime import health, problems, serving
from services.runtime.shedding import Shedding

REQUESTS_AT_ONCE: Final = 8
"""Each has a connection to ClickHouse of its own."""


def create_app(watch: Watch, review: APIRouter | None = None, at_once: int = REQUESTS_AT_ONCE) -> FastAPI:
    """Health of the watch, and the review of comments where it is given (services/metrics/release/review_routes.py).

    The watch starts with the application; its round is waited for at shutdown. ``at_once`` requests are worked on.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        thread = threading.Thread(target=watch.run, name="release-watch", daemon=True)
        thread.start()
        yield
        watch.stop()
        thread.join(timeout=20)

    application = FastAPI(
        title="Draagvlak release watch", openapi_url=None, lifespan=lifespan, telemetry=serving.SILENT
    )
    problems.register(application)
    application.add_middleware(Shedding, at_once=at_once)
    application.include_router(health.router(watch.live, watch.ready))
    if review is not None:
        application.include_router(review)
    return application
