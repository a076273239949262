"""``GET /act/roles``: somebody to be, for who comes in for the first time."""

from __future__ import annotations

from typing import Final

from sandbox.slack.directory import User
from sandbox.slack.records import Message
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Workspace

CHAMPIONS: Final = "champions"
"""Handle of the user group of those who lead the change."""
_ANSWERS: Final = 5
"""A question has so many buttons and more; thanks has fewer."""


def roles(workspace: Workspace, language: str) -> Json:
    """``{"employee": id or null, "champion": id or null}``: people who read ``language`` first, and of the employees
    those who have a question before them."""
    champions = next((group.users for group in workspace.directory.usergroups if group.handle == CHAMPIONS), ())
    able = [user for user in workspace.directory.users if _able(user)]
    able.sort(key=lambda user: not user.locale.lower().startswith(language))
    employees = [user for user in able if user.id not in champions]
    asked = next((user for user in employees if _is_asked(workspace, user)), None)
    return {
        "employee": _id(asked or next(iter(employees), None)),
        "champion": _id(next((user for user in able if user.id in champions), None)),
    }


def _able(user: User) -> bool:
    return not (user.is_bot or user.deleted or user.is_restricted or user.is_ultra_restricted)


def _id(user: User | None) -> str | None:
    return user.id if user else None


def _is_asked(workspace: Workspace, user: User) -> bool:
    dm = workspace.store.dm(user.id)
    newest = next(workspace.store.newest_messages(dm.id), None) if dm else None
    return newest is not None and _asks(newest)


def _asks(message: Message) -> bool:
    buttons = [
        element
        for block in message.block_list()
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "button"
    ]
    return len(buttons) >= _ANSWERS
