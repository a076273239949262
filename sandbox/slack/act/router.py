"""The routes of the act API; all need the access key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from sandbox.clock import ClockMove, ClockReading
from sandbox.slack.access import Access
from sandbox.slack.act import reading
from sandbox.slack.act.clicks import click
from sandbox.slack.act.commands import command
from sandbox.slack.act.events import open_home, react, say, verify
from sandbox.slack.act.modals import close, submit
from sandbox.slack.act.people import actor, seen_conversation
from sandbox.slack.act.requests import Click, CloseModal, Command, MarkRead, OpenHome, React, Say, Submit
from sandbox.slack.act.stream import live_events
from sandbox.slack.feed import EventKind
from sandbox.slack.wire import json_response
from sandbox.slack.workspace import Workspace

_LONGEST_WAIT = 30.0


def create_act_router(workspace: Workspace, access: Access) -> APIRouter:
    """Doing and reading, under ``/act``."""
    router = APIRouter(prefix="/act", dependencies=[Depends(access.require)])
    _add_doing(router, workspace)
    _add_reading(router, workspace)
    _add_clock(router, workspace)
    return router


def _add_doing(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/click")
    async def _click(request: Click) -> Response:
        return json_response(await click(workspace, request))

    @router.post("/command")
    async def _command(request: Command) -> Response:
        return json_response(await command(workspace, request))

    @router.post("/home")
    async def _home(request: OpenHome) -> Response:
        return json_response(await open_home(workspace, request))

    @router.post("/submit")
    async def _submit(request: Submit) -> Response:
        return json_response(await submit(workspace, request))

    @router.post("/close")
    async def _close(request: CloseModal) -> Response:
        return json_response(await close(workspace, request))

    @router.post("/react")
    async def _react(request: React) -> Response:
        return json_response(await react(workspace, request))

    @router.post("/say")
    async def _say(request: Say) -> Response:
        return json_response(await say(workspace, request))

    @router.post("/read")
    async def _read(request: MarkRead) -> Response:
        user = actor(workspace, request.user)
        workspace.store.mark_read(user.id, seen_conversation(workspace, user, request.channel).id)
        await workspace.store.durable()
        return json_response({})

    @router.post("/verify")
    async def _verify() -> Response:
        return json_response(await verify(workspace))


def _add_reading(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/people")
    async def _people() -> Response:
        return json_response(reading.people(workspace))

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
