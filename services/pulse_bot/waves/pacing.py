"""A steady pace for posts, so that a wave stays under Slack's workspace-wide rate."""

import asyncio
import time


class Pace:
    """Lets one post start every ``60 / per_minute`` seconds; 0: no pacing. Shared by all ticks of a process."""

    def __init__(self, per_minute: int) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        if not self._interval:
            return
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._interval
        if mine > now:
            await asyncio.sleep(mine - now)
