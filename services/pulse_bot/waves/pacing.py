"""A steady pace for posts, so that a wave stays under Slack's workspace-wide rate."""

import asyncio
import time

_CREDIT_SECONDS = 2.0
"""How much of a pause (between two ticks, or of a slow disk) is caught up with, so that the rate holds on average."""


class Pace:
    """Lets one post start every ``60 / per_minute`` seconds; 0: no pacing. Shared by all ticks of a process."""

    def __init__(self, per_minute: int) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._next = 0.0

    async def turn(self, until: float = float("inf")) -> bool:
        """Wait for one's turn; False at once where that comes after ``until`` (monotonic seconds)."""
        if not self._interval and self._next <= 0:
            return True
        now = time.monotonic()
        mine = max(now - min(_CREDIT_SECONDS, 10 * self._interval), self._next)
        if mine > until:
            return False
        self._next = mine + self._interval
        if mine > now:
            await asyncio.sleep(mine - now)
        return True

    def hold(self, seconds: float) -> None:
        """Start nothing for so long: Slack has asked for it."""
        self._next = max(self._next, time.monotonic() + seconds)
