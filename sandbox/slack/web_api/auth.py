"""``auth.test`` and ``api.test``."""

from __future__ import annotations

from sandbox.slack.limits import Tier
from sandbox.slack.web_api.arguments import Arguments
from sandbox.slack.web_api.method import Method
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace


async def auth_test(workspace: Workspace, _: Arguments) -> Json:
    """Who the token belongs to."""
    team, app = workspace.directory.team, workspace.directory.app
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": app.name,
        "team_id": team.id,
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


async def api_test(_: Workspace, arguments: Arguments) -> Json:
    """Answers, or fails with the error asked for. (Here it asks for a token too: nothing is open but health.)"""
    if arguments.has("error"):
        raise SlackError(arguments.text("error"))
    return {"args": {}}


METHODS = (
    Method("auth.test", auth_test, Tier.SPECIAL),
    Method("api.test", api_test, Tier.TIER_4),
)
