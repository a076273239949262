"""Ids as Slack shapes them: message timestamps, DM ids, view ids, trigger ids, block and action ids."""

from __future__ import annotations

import hashlib
import re
import secrets
import time

STAMP = re.compile(r"\d{1,10}\.\d{1,6}\Z")
"""The shape of a message's timestamp."""

_MICROSECONDS = 1_000_000


class Stamps:
    """Message timestamps (``1718000000.000123``): wall time, strictly rising, so that one names one message."""

    def __init__(self, after: str | None = None) -> None:
        self._last = _to_microseconds(after) if after else 0

    def next(self) -> str:
        """A timestamp later than every earlier one."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // _MICROSECONDS}.{self._last % _MICROSECONDS:06d}"


def _to_microseconds(stamp: str) -> int:
    seconds, _, micro = stamp.partition(".")
    return int(seconds) * _MICROSECONDS + int(micro or 0)


def dm_id(team: str, user: str) -> str:
    """The id of the direct message between the bot and a user: the same in every run."""
    digest = hashlib.sha256(f"{team}|{user}".encode()).hexdigest().upper()
    return f"D{digest[:10]}"


def view_id() -> str:
    """A fresh id of a modal or an App Home."""
    return f"V{secrets.token_hex(5).upper()}"


def trigger_id() -> str:
    """A fresh trigger id; who holds it may open one modal."""
    return f"{time.time_ns() // 1000}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"


def short_id() -> str:
    """A block or action id for a block that came without one."""
    return secrets.token_urlsafe(4)


def file_id() -> str:
    """A fresh id of a file: capitals and digits, since it names a file on disk too."""
    return f"F{secrets.token_hex(5).upper()}"
