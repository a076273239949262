"""``/act/submit`` and ``/act/close``: sending a modal, and closing it without sending."""

from __future__ import annotations

import orjson
from fastapi import HTTPException

from sandbox.slack import payloads
from sandbox.slack.act.effects import delivered, with_effect
from sandbox.slack.act.elements import UnknownOptionError, missing_inputs, state_of
from sandbox.slack.act.people import actor, seen_view
from sandbox.slack.act.requests import CloseModal, Submit
from sandbox.slack.blocks import checked_view
from sandbox.slack.delivery import Answer
from sandbox.slack.limits import VIEW_STACK
from sandbox.slack.records import View, ViewKind
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace


async def submit(workspace: Workspace, request: Submit) -> Json:
    """Delivers ``view_submission`` and does what the bot answers (``response_action``)."""
    user = actor(workspace, request.user)
    view = seen_view(workspace, user, request.view_id)
    if view.kind is not ViewKind.MODAL:
        raise HTTPException(409, f"The view {view.id} is an App Home and cannot be sent.")
    try:
        state = state_of(view.body["blocks"], request.inputs)
    except UnknownOptionError as error:
        raise HTTPException(409, str(error)) from error
    missing = missing_inputs(view.body["blocks"], state)
    if missing:
        return {"status": 0, "milliseconds": 0.0, "body_excerpt": "", "outcome": "missing"} | {
            "errors": dict.fromkeys(missing, "required")
        }
    origin = workspace.triggers.issue(user.id)
    payload = payloads.view_submission(user, view, state, directory=workspace.directory, origin=origin)

    async def act() -> Json:
        answer = await delivered(
            workspace, "view_submission", user.id, payload, lambda: workspace.delivery.interaction(payload)
        )
        outcome = _obey(workspace, view, answer)
        await workspace.store.durable()
        return answer.report() | outcome

    dm = workspace.store.dm(user.id)
    topics = [("interaction", origin.interaction), ("person", user.id)]
    return await with_effect(workspace, act, request.wait_seconds if dm else 0, *topics)


async def close(workspace: Workspace, request: CloseModal) -> Json:
    """Closes a modal; the bot gets ``view_closed`` where the view asked for it."""
    user = actor(workspace, request.user)
    view = seen_view(workspace, user, request.view_id)
    workspace.surfaces.close_modals(user.id, only=None if request.all else view.id)
    await workspace.store.durable()
    if not view.body.get("notify_on_close"):
        return {"status": 0, "milliseconds": 0.0, "body_excerpt": ""}
    payload = payloads.view_closed(user, view, cleared=request.all, directory=workspace.directory)
    answer = await delivered(
        workspace, "view_closed", user.id, payload, lambda: workspace.delivery.interaction(payload)
    )
    return answer.report()


def _obey(workspace: Workspace, view: View, answer: Answer) -> Json:
    if not answer.accepted:
        return {"outcome": "failed"}
    try:
        return _follow(workspace, view, _wish(answer.body))
    except SlackError as refusal:
        return {"outcome": "failed", "error": "; ".join((refusal.code, *refusal.messages))}


def _follow(workspace: Workspace, view: View, wish: Json) -> Json:
    surfaces = workspace.surfaces
    outcome: Json
    match wish.get("response_action"):
        case None:
            surfaces.close_modals(view.user, only=view.id)
            outcome = {"outcome": "closed"}
        case "clear":
            surfaces.close_modals(view.user)
            outcome = {"outcome": "cleared"}
        case "errors":
            outcome = {"outcome": "errors", "errors": wish.get("errors", {})}
        case "update":
            surfaces.replace_view(view, checked_view(wish.get("view"), kind="modal"))
            outcome = {"outcome": "updated"}
        case "push" if len(workspace.store.modals(view.user)) < VIEW_STACK:
            surfaces.open_modal(view.user, checked_view(wish.get("view"), kind="modal"), above=view)
            outcome = {"outcome": "pushed"}
        case unknown:
            outcome = {"outcome": "failed", "error": f"response_action {unknown} cannot be followed"}
    return outcome


def _wish(body: bytes) -> Json:
    if not body.strip():
        return {}
    try:
        wish = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SlackError("invalid_json") from error
    return wish if isinstance(wish, dict) else {}
