"""The short-lived handles that an interaction hands to the bot: trigger ids and response URLs."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.ageing import AgeingTable
from sandbox.slack.identifiers import trigger_id
from sandbox.slack.limits import RESPONSE_URL_SECONDS, RESPONSE_URL_USES, TRIGGER_SECONDS
from sandbox.slack.wire import SlackError

_TRIGGERS_KEPT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an interaction came from. ``message_ts`` is empty for a slash command or a view."""

    interaction: str
    user: str
    channel: str = ""
    message_ts: str = ""


@dataclass(slots=True)
class _Handle:
    origin: Origin
    uses: int = 0


class Triggers:
    """Trigger ids: one modal each, within some seconds of the wall clock; three in Slack."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, valid_seconds: float = TRIGGER_SECONDS) -> None:
        self._valid_seconds = valid_seconds
        # Kept longer than they are valid, so that an expired one can be told from an unknown one.
        self._handles: AgeingTable[_Handle] = AgeingTable(valid_seconds + _TRIGGERS_KEPT_SECONDS, clock)

    def issue(self, user: str, channel: str = "", message_ts: str = "") -> Origin:
        """A fresh trigger id; it is the ``interaction`` of the origin given back."""
        origin = Origin(trigger_id(), user, channel, message_ts)
        self._handles.put(origin.interaction, _Handle(origin))
        return origin

    def exchange(self, trigger: str) -> Origin:
        """Uses a trigger up; raises Slack's errors for an unknown, used or expired one."""
        entry = self._handles.find(trigger)
        if entry is None:
            raise SlackError("invalid_trigger_id")
        age, handle = entry
        if age > self._valid_seconds:
            raise SlackError("expired_trigger_id")
        if handle.uses:
            raise SlackError("exchanged_trigger_id")
        handle.uses = 1
        return handle.origin


class ResponseUrls:
    """Response URLs: five uses within thirty minutes."""

    def __init__(self, prefix: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._prefix = prefix
        self._handles: AgeingTable[_Handle] = AgeingTable(RESPONSE_URL_SECONDS, clock)

    def issue(self, origin: Origin) -> str:
        """A fresh response URL for an interaction."""
        secret = secrets.token_urlsafe(18)
        self._handles.put(secret, _Handle(origin))
        return f"{self._prefix}/{secret}"

    def use(self, secret: str) -> Origin:
        """Counts one use; raises ``expired_url`` (unknown or too late) or ``used_url`` (more than five)."""
        entry = self._handles.find(secret)
        if entry is None or entry[0] > RESPONSE_URL_SECONDS:
            raise SlackError("expired_url")
        handle = entry[1]
        if handle.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        handle.uses += 1
        return handle.origin
