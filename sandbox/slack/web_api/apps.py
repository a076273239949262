"""``apps.connections.open``: the address of a Socket Mode connection, for the app-level token."""

from __future__ import annotations

from sandbox.slack.limits import Tier
from sandbox.slack.web_api.arguments import Arguments
from sandbox.slack.web_api.method import Method
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Workspace


async def open_connection(workspace: Workspace, _: Arguments) -> Json:
    """A WebSocket's address, good for one connection."""
    return {"url": workspace.links.ticket()}


METHODS = (Method("apps.connections.open", open_connection, Tier.TIER_1),)
