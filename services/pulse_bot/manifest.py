"""The app's manifest for Slack, in HTTP mode and in Socket Mode: exactly the scopes of what the bot calls."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

PATH: Final = "/slack/events"
"""Where Slack sends its requests in HTTP mode."""

SCOPES_OF: Final[Mapping[str, frozenset[str]]] = {
    "auth.test": frozenset(),
    "chat.postMessage": frozenset({"chat:write"}),
    "chat.update": frozenset({"chat:write"}),
    "conversations.history": frozenset({"im:history"}),
    "conversations.info": frozenset({"channels:read", "groups:read"}),
    "conversations.members": frozenset({"channels:read", "groups:read"}),
    "conversations.open": frozenset({"im:write"}),
    "files.completeUploadExternal": frozenset({"files:write"}),
    "files.getUploadURLExternal": frozenset({"files:write"}),
    "reactions.get": frozenset({"reactions:read"}),
    "usergroups.list": frozenset({"usergroups:read"}),
    "users.info": frozenset({"users:read"}),
    "users.list": frozenset({"users:read"}),
    "views.open": frozenset(),
    "views.publish": frozenset(),
}
"""Method of the Web API that the bot calls -> the bot scopes it takes (direct messages and public and private channels;
never group messages). Source: Slack's reference of each method."""

COMMAND: Final = "/pulse"
EVENTS: Final = ("app_home_opened",)
"""Events that the bot acts on."""


class Mode(StrEnum):
    """How Slack reaches the bot."""

    HTTP = "http"
    SOCKET = "socket"


def scopes() -> list[str]:
    """The bot's scopes, in alphabetical order."""
    return sorted(frozenset[str]().union(*SCOPES_OF.values(), {"commands"}))


def manifest(mode: Mode, url: str | None = None) -> dict[str, Any]:
    """The manifest; ``url`` is where the bot is reached in HTTP mode, such as https://draagvlak.example.org.

    Raises ValueError where HTTP mode has no https address.
    """
    address = None
    if mode is Mode.HTTP:
        if url is None or not url.startswith("https://"):
            raise ValueError("HTTP mode needs the bot's public address; it starts with https://")
        address = url.rstrip("/") + PATH
    here = {"request_url": address} if address else {}
    command = {"url": address} if address else {}
    return {
        "display_information": {
            "name": "Draagvlak",
            "description": "Korte vragen over AI in je werk, vertrouwelijk. Questions about AI at work, in confidence.",
            "background_color": "#1d4ed8",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Draagvlak", "always_online": True},
            "slash_commands": [
                {
                    "command": COMMAND,
                    **command,
                    "description": "Vragen over AI in je werk · Questions about AI at work",
                    "usage_hint": "help",
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": scopes()}},
        "settings": {
            "event_subscriptions": {**here, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **here},
            "org_deploy_enabled": True,
            "socket_mode_enabled": mode is Mode.SOCKET,
            "token_rotation_enabled": False,
        },
    }
