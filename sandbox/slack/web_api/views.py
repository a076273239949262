"""``views.open``, ``views.push``, ``views.update`` and ``views.publish``."""

from __future__ import annotations

from sandbox.slack.blocks import checked_view
from sandbox.slack.limits import VIEW_STACK, Tier
from sandbox.slack.objects import view_object
from sandbox.slack.records import View
from sandbox.slack.web_api.arguments import Arguments, missing
from sandbox.slack.web_api.method import Method
from sandbox.slack.web_api.places import user_or_error
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace


async def open_view(workspace: Workspace, arguments: Arguments) -> Json:
    """Opens a modal for who triggered the interaction."""
    body = checked_view(arguments.json("view"), kind="modal")
    workspace.files.require_images(body["blocks"])
    _require_new_external_id(workspace, body)
    origin = workspace.triggers.exchange(arguments.text("trigger_id"))
    view = workspace.surfaces.open_modal(origin.user, body, interaction=origin.interaction)
    return await _stored(workspace, view)


async def push_view(workspace: Workspace, arguments: Arguments) -> Json:
    """Puts a modal on top of the open one; three at most."""
    body = checked_view(arguments.json("view"), kind="modal")
    _require_new_external_id(workspace, body)
    origin = workspace.triggers.exchange(arguments.text("trigger_id"))
    stack = workspace.store.modals(origin.user)
    if len(stack) >= VIEW_STACK:
        raise SlackError("push_limit_reached")
    above = stack[-1] if stack else None
    view = workspace.surfaces.open_modal(origin.user, body, above=above, interaction=origin.interaction)
    return await _stored(workspace, view)


async def update_view(workspace: Workspace, arguments: Arguments) -> Json:
    """Other content for a view, found by id or external id; ``hash`` guards against a lost race."""
    if arguments.has("view_id"):
        view = workspace.store.view(arguments.text("view_id"))
    elif arguments.has("external_id"):
        view = workspace.store.view_by_external_id(arguments.text("external_id"))
    else:
        raise missing("view_id or external_id")
    if view is None:
        raise SlackError("not_found")
    if arguments.has("hash") and arguments.text("hash") != view.hash:
        raise SlackError("hash_conflict")
    body = checked_view(arguments.json("view"), kind=view.kind.value)
    return await _stored(workspace, workspace.surfaces.replace_view(view, body))


async def publish(workspace: Workspace, arguments: Arguments) -> Json:
    """Sets a person's App Home."""
    user = user_or_error(workspace, arguments.text("user_id"))
    body = checked_view(arguments.json("view"), kind="home")
    workspace.files.require_images(body["blocks"])
    known = workspace.store.home(user.id)
    if arguments.has("hash") and known is not None and arguments.text("hash") != known.hash:
        raise SlackError("hash_conflict")
    return await _stored(workspace, workspace.surfaces.publish_home(user.id, body))


async def _stored(workspace: Workspace, view: View) -> Json:
    await workspace.store.durable()
    return {"view": view_object(view, workspace.directory)}


def _require_new_external_id(workspace: Workspace, body: Json) -> None:
    external = body.get("external_id")
    if external and workspace.store.view_by_external_id(external) is not None:
        raise SlackError("duplicate_external_id")


METHODS = (
    Method("views.open", open_view, Tier.TIER_4),
    Method("views.push", push_view, Tier.TIER_4),
    Method("views.update", update_view, Tier.TIER_4),
    Method("views.publish", publish, Tier.TIER_4),
)
