"""The emulated workspace as a web application and as a process."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

from sandbox.clock import create_clock_router
from sandbox.results.previews import Previews
from sandbox.results.reader import MetricsReader
from sandbox.slack.access import Access, say_what_opens
from sandbox.slack.act.router import create_reading_router, doing_routes
from sandbox.slack.feed import EventKind
from sandbox.slack.file_routes import file_routes
from sandbox.slack.page_routes import create_page_router
from sandbox.slack.responses import response_route
from sandbox.slack.result_routes import Released, create_result_router, create_round_router
from sandbox.slack.settings import WorkspaceSettings
from sandbox.slack.web_api.dispatch import web_api_route
from sandbox.slack.wire import WorkspaceStartError, json_response
from sandbox.slack.workspace import Workspace
from services.runtime import logs, serving
from services.runtime.ports import PortTaken
from services.runtime.settings import RuntimeSettings, SettingsFault
from services.runtime.tokens import TokenFile

_GRACEFUL_SECONDS = 2
_log = logging.getLogger("sandbox.slack")


def create_app(settings: WorkspaceSettings) -> FastAPI:
    """The whole application; raises :class:`WorkspaceStartError` when a file or the state cannot be used.

    ``app.state.workspace`` is the :class:`~sandbox.slack.workspace.Workspace` behind it.
    """
    tokens = _tokens(settings)
    workspace = Workspace.build(settings)
    access = Access(workspace.credentials.access_key)
    released = _released(settings)
    reader = released.reader if released else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await workspace.open()
        if released is not None:
            await released.reader.open()
        try:
            yield
        finally:
            if released is not None:
                await released.previews.close()
                await released.reader.close()
            await workspace.close()

    app = FastAPI(
        title="Emulated workspace",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        exception_handlers={401: say_what_opens},
        routes=[
            *doing_routes(workspace, access),
            *file_routes(workspace, access),
            response_route(workspace),
            web_api_route(workspace),
        ],
    )
    app.state.workspace = workspace
    app.include_router(create_reading_router(workspace, access))
    app.include_router(
        create_clock_router(
            workspace.clock,
            tokens,
            moved=lambda now: workspace.feed.publish(EventKind.CLOCK, {"now": now.isoformat()}),
        )
    )
    app.include_router(create_page_router(access))
    app.include_router(create_round_router(reader, access, workspace.feed))
    app.include_router(create_result_router(released, access))

    @app.get("/healthz")
    async def health() -> Response:
        return json_response({"status": "ok"})

    return app


def _released(settings: WorkspaceSettings) -> Released | None:
    """What visitors see of the metrics API, where there is one."""
    if not settings.metrics_url:
        return None
    at = settings.metrics_url, settings.metrics_token_file
    return Released(MetricsReader(*at), Previews(*at, settings.state / "previews"))


def _tokens(settings: WorkspaceSettings) -> TokenFile:
    try:
        return TokenFile(settings.clock_tokens_file)
    except SettingsFault as error:
        raise WorkspaceStartError(
            f"The tokens of the campaign clock cannot be read from {settings.clock_tokens_file}. "
            f"Name a YAML file of tokens in DRAAGVLAK_SANDBOX_CLOCK_TOKENS_FILE."
        ) from error


class _Server(uvicorn.Server):
    """Ends open pages as soon as it is told to stop; otherwise it would wait for them."""

    def __init__(self, config: uvicorn.Config, workspace: Workspace) -> None:
        super().__init__(config)
        self._workspace = workspace

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops serving."""
        self._workspace.feed.close()
        await super().shutdown(sockets)


def server(app: FastAPI) -> uvicorn.Server:
    """A server for an application made by :func:`create_app`."""
    return _Server(serving.server(app, shutdown_seconds=_GRACEFUL_SECONDS).config, app.state.workspace)


def run() -> None:
    """Runs the workspace until it is told to stop. Exit code 1 with one sentence when it cannot start."""
    logs.configure(RuntimeSettings(), "workspace")
    settings = WorkspaceSettings()
    try:
        listening = serving.bind(settings.host, settings.port, "DRAAGVLAK_SANDBOX_PORT")
        app = create_app(settings)
    except (WorkspaceStartError, PortTaken) as error:
        sys.exit(str(error))
    _log.info("the emulated workspace listens on %s", settings.base_url)
    server(app).run([listening])
