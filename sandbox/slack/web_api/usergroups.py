"""``usergroups.list`` and ``usergroups.users.list``."""

from __future__ import annotations

from sandbox.slack.directory import Usergroup
from sandbox.slack.limits import Tier
from sandbox.slack.web_api.arguments import Arguments
from sandbox.slack.web_api.method import Method
from sandbox.slack.wire import Json, SlackError
from sandbox.slack.workspace import Workspace


async def list_usergroups(workspace: Workspace, arguments: Arguments) -> Json:
    """All user groups; disabled ones and members on request."""
    with_disabled, with_users = arguments.flag("include_disabled"), arguments.flag("include_users")
    team = workspace.directory.team.id
    groups = [group for group in workspace.directory.usergroups if with_disabled or not group.disabled]
    return {"usergroups": [_as_slack(group, team, with_users=with_users) for group in groups]}


async def list_members(workspace: Workspace, arguments: Arguments) -> Json:
    """The ids of a group's members."""
    wanted = arguments.text("usergroup")
    group = next((known for known in workspace.directory.usergroups if known.id == wanted), None)
    if group is None or (group.disabled and not arguments.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def _as_slack(group: Usergroup, team: str, *, with_users: bool) -> Json:
    shown: Json = {
        "id": group.id,
        "team_id": team,
        "is_usergroup": True,
        "name": group.name or group.handle,
        "handle": group.handle,
        "date_delete": int(group.disabled),
        "user_count": len(group.users),
    }
    if with_users:
        shown["users"] = list(group.users)
    return shown


METHODS = (
    Method("usergroups.list", list_usergroups, Tier.TIER_2, ("usergroups:read",)),
    Method("usergroups.users.list", list_members, Tier.TIER_2, ("usergroups:read",)),
)
