"""What a Web API method is: a name, who may call it how often, and a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.slack.limits import Tier
from sandbox.slack.web_api.arguments import Arguments
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace

Handler = Callable[[Workspace, Arguments], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Method:
    """One method. ``scopes`` lists what Slack names in ``needed``; one of them is enough to come in."""

    name: str
    handler: Handler
    tier: Tier
    scopes: tuple[str, ...] = ()


def require_scope(workspace: Workspace, *any_of: str) -> None:
    """Raises ``missing_scope``, with what is needed and what is there, unless the app has one of the scopes."""
    granted = workspace.directory.app.scopes
    if any_of and not any(scope in granted for scope in any_of):
        raise SlackError("missing_scope", details={"needed": ",".join(any_of), "provided": ",".join(granted)})
