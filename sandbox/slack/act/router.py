"""The routes of the act API; all need the access key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox.clock import ClockMove, ClockReading
from sandbox.slack.access import Access
from sandbox.slack.act import reading
from sandbox.slack.act.clicks import click
from sandbox.slack.act.commands import command
from sandbox.slack.act.events import open_home, react, say, verify
from sandbox.slack.act.modals import close, submit
from sandbox.slack.act.reading import mark_read
from sandbox.slack.act.requests import Click, CloseModal, Command, MarkRead, OpenHome, React, Say, Submit
from sandbox.slack.act.roles import roles
from sandbox.slack.act.stream import live_events
from sandbox.slack.faults import Fault
from sandbox.slack.feed import EventKind
from sandbox.slack.wire import Json, json_response
from sandbox.slack.workspace import Workspace

_LONGEST_WAIT = 30.0
Body = TypeVar("Body", bound=BaseModel)


def doing_routes(workspace: Workspace, access: Access) -> list[Route]:
    """The routes that act, in plain Starlette: FastAPI's bodies, dependencies and routing cost more than the click."""

    def doing(path: str, model: type[Body], act: Callable[[Workspace, Body], Awaitable[Json]]) -> Route:
        async def endpoint(request: Request) -> Response:
            await access.require(request)
            try:
                body = model.model_validate_json(await request.body())
            except ValidationError as error:
                raise HTTPException(422, error.errors(include_url=False, include_context=False)) from error
            return json_response(await act(workspace, body))

        return Route(path, endpoint, methods=["POST"])

    return [
        doing("/act/click", Click, click),
        doing("/act/command", Command, command),
        doing("/act/home", OpenHome, open_home),
        doing("/act/submit", Submit, submit),
        doing("/act/close", CloseModal, close),
        doing("/act/react", React, react),
        doing("/act/say", Say, say),
        doing("/act/read", MarkRead, mark_read),
    ]


def create_reading_router(workspace: Workspace, access: Access) -> APIRouter:
    """The routes that read, and campaign time for who has the access key."""
    router = APIRouter(prefix="/act", dependencies=[Depends(access.require)])
    _add_reading(router, workspace)
    _add_clock(router, workspace)
    return router


def _add_reading(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/people")
    async def _people() -> Response:
        return json_response(reading.people(workspace))

    @router.get("/roles")
    async def _roles(language: str = "nl") -> Response:
        return json_response(roles(workspace, language))

    @router.get("/conversations")
    async def _conversations(user: str) -> Response:
        return json_response(reading.conversations(workspace, user))

    @router.get("/messages")
    async def _messages(
        user: str,
        channel: str = "",
        since: int = 0,
        wait: Annotated[float, Query(ge=0, le=_LONGEST_WAIT)] = 0.0,
    ) -> Response:
        if wait:
            await _wait_for_message(workspace, user, channel, since, wait)
        dm = workspace.store.dm(user)
        place = channel or (dm.id if dm else "")
        if not place:
            return json_response({"messages": [], "sequence": workspace.store.sequence})
        return json_response(reading.messages(workspace, user, place, since))

    @router.get("/views")
    async def _views(user: str) -> Response:
        return json_response(reading.views(workspace, user))

    @router.post("/verify")
    async def _verify() -> Response:
        return json_response(await verify(workspace))

    @router.get("/faults")
    async def _faults() -> Response:
        return json_response(workspace.faults.shown())

    @router.post("/faults")
    async def _add_fault(fault: Fault) -> Response:
        workspace.faults.add(fault)
        return json_response(workspace.faults.shown())

    @router.delete("/faults")
    async def _clear_faults() -> Response:
        workspace.faults.clear()
        return json_response(workspace.faults.shown())

    @router.get("/requests")
    async def _requests() -> Response:
        return json_response({"requests": workspace.requests_seen.latest()})

    @router.get("/feed")
    async def _feed(user: str = "") -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(live_events(workspace.feed, user), media_type="text/event-stream", headers=headers)


async def _wait_for_message(workspace: Workspace, user: str, channel: str, since: int, wait: float) -> None:
    dm = workspace.store.dm(user)
    place = channel or (dm.id if dm else "")
    if place and reading.messages(workspace, user, place, since)["messages"]:
        return
    topic = ("conversation", channel) if channel else ("person", user)
    await workspace.effects.wait(workspace.effects.expect(topic), wait)


def _add_clock(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/clock")
    async def _now() -> ClockReading:
        return ClockReading(now=workspace.clock.now())

    @router.post("/clock")
    async def _move(move: ClockMove) -> ClockReading:
        reached = move.apply(workspace.clock)
        workspace.feed.publish(EventKind.CLOCK, {"now": reached.isoformat()})
        return ClockReading(now=reached)
