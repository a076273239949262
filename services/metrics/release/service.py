"""The process of `draagvlak release watch`: the watch in a thread of its own beside its health endpoints."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.metrics.release.watch import Watch
from services.runtime import health


def create_app(watch: Watch) -> FastAPI:
    """Health of the watch; starts it with the application and waits for its round to end at shutdown."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        thread = threading.Thread(target=watch.run, name="release-watch", daemon=True)
        thread.start()
        yield
        watch.stop()
        thread.join(timeout=20)

    application = FastAPI(title="Draagvlak release watch", openapi_url=None, lifespan=lifespan)
    application.include_router(health.router(watch.live, watch.ready))
    return application
