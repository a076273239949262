"""What a person sees: people, conversations, messages, views."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.slack.act.people import actor, seen_conversation
from sandbox.slack.act.requests import MarkRead
from sandbox.slack.directory import User
from sandbox.slack.objects import shown_ephemeral, shown_message, view_object
from sandbox.slack.records import Conversation
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Workspace


def people(workspace: Workspace) -> Json:
    """``{"people": [{id, name, real_name, title, locale, tz, kind, groups, unread}], "team": …, "app": …}``;
    kind is person, guest, deactivated or bot."""
    groups: dict[str, list[str]] = {}
    for group in workspace.directory.usergroups:
        for member in group.users:
            groups.setdefault(member, []).append(group.name or group.handle)
    shown = [
        {
            "id": user.id,
            "name": user.name,
            "real_name": user.real_name,
            "title": user.title,
            "locale": user.locale,
            "tz": user.tz,
            "kind": _kind(user),
            "groups": groups.get(user.id, []),
            "unread": sum(workspace.store.unread(user.id, c.id) for c in _conversations_of(workspace, user)),
        }
        for user in workspace.directory.users
    ]
    app = workspace.directory.app
    return {
        "people": shown,
        "team": {"id": workspace.directory.team.id, "name": workspace.directory.team.name},
        "app": {"id": app.id, "user_id": app.user_id, "name": app.real_name},
    }


def conversations(workspace: Workspace, user_id: str) -> Json:
    """``{"conversations": [{id, kind, name, unread, latest}]}``: the DM with the bot, opened by looking (an
    installed app is always in the list), and the person's channels."""
    user = actor(workspace, user_id)
    workspace.store.open_dm(user.id)
    shown = []
    for conversation in _conversations_of(workspace, user):
        latest = next(workspace.store.newest_messages(conversation.id), None)
        shown.append(
            {
                "id": conversation.id,
                "kind": conversation.kind.value,
                "name": conversation.name or workspace.directory.app.real_name,
                "members": len(conversation.members),
                "unread": workspace.store.unread(user.id, conversation.id),
                "latest": latest.ts if latest else None,
            }
        )
    return {"conversations": shown}


def messages(workspace: Workspace, user_id: str, channel: str, since: int) -> Json:
    """``{"messages": […], "sequence": n}``: messages that changed after change number ``since`` (0: all), oldest
    first, with those for this person only; ``deleted`` ones are named. ``sequence`` is the next ``since``."""
    user = actor(workspace, user_id)
    conversation = seen_conversation(workspace, user, channel)
    changed = workspace.store.changed_messages(conversation.id, since)
    replies = workspace.store.replies
    shown = [shown_message(m, workspace.directory, replies(m)) for m in changed if since or not m.deleted]
    whispered = workspace.ephemerals.of(user.id, conversation.id, since)
    shown += [shown_ephemeral(ephemeral, workspace.directory) for ephemeral in whispered]
    shown.sort(key=lambda message: str(message["ts"]))
    return {"messages": shown, "sequence": workspace.store.sequence}


def views(workspace: Workspace, user_id: str) -> Json:
    """``{"home": view or null, "modals": [bottom … top]}``."""
    user = actor(workspace, user_id)
    home = workspace.store.home(user.id)
    return {
        "home": view_object(home, workspace.directory) if home else None,
        "modals": [view_object(view, workspace.directory) for view in workspace.store.modals(user.id)],
    }


async def mark_read(workspace: Workspace, request: MarkRead) -> Json:
    """A person has seen everything in a conversation."""
    user = actor(workspace, request.user)
    workspace.store.mark_read(user.id, seen_conversation(workspace, user, request.channel).id)
    await workspace.store.durable()
    return {}


def _conversations_of(workspace: Workspace, user: User) -> Iterable[Conversation]:
    dm = workspace.store.dm(user.id)
    channels = [c for c in workspace.store.channels() if user.id in c.member_set]
    return [dm, *channels] if dm else channels


def _kind(user: User) -> str:
    if user.is_bot:
        return "bot"
    if user.deleted:
        return "deactivated"
    return "guest" if user.is_restricted or user.is_ultra_restricted else "person"
