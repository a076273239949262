"""``users.info`` and ``users.list``."""

from __future__ import annotations

from sandbox.slack.limits import Tier
from sandbox.slack.web_api.arguments import Arguments, page_of
from sandbox.slack.web_api.method import Method
from sandbox.slack.web_api.places import user_or_error
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Workspace


async def info(workspace: Workspace, arguments: Arguments) -> Json:
    """One person; the locale when ``include_locale`` asks for it."""
    user = user_or_error(workspace, arguments.text("user"))
    with_locale = arguments.flag("include_locale")
    shown = user.as_slack(workspace.directory.team, with_locale=with_locale, with_email=_may_see_email(workspace))
    return {"user": shown}


async def list_users(workspace: Workspace, arguments: Arguments) -> Json:
    """Everybody, deactivated people and bots included; by page when a limit is given."""
    people = workspace.directory.users
    page, metadata = page_of(people, arguments, arguments.number("limit", len(people) or 1, 1000))
    with_locale, with_email = arguments.flag("include_locale"), _may_see_email(workspace)
    team = workspace.directory.team
    return {
        "members": [user.as_slack(team, with_locale=with_locale, with_email=with_email) for user in page],
        "cache_ts": 0,
        "response_metadata": metadata,
    }


def _may_see_email(workspace: Workspace) -> bool:
    return "users:read.email" in workspace.directory.app.scopes


METHODS = (
    Method("users.info", info, Tier.TIER_4, ("users:read",)),
    Method("users.list", list_users, Tier.TIER_2, ("users:read",)),
)
