"""Slack's rate tiers as token buckets: a minute's worth may come at once, then it refills steadily."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from sandbox.slack.limits import Tier
from sandbox.slack.wire import SlackError

CHANNEL_POSTS_PER_SECOND = 1.0
CHANNEL_BURST = 5.0
_FULL_BUCKETS_KEPT = 10_000


class Rates:
    """Refuses with ``ratelimited`` what Slack would refuse; ``scale`` widens all limits, 0 switches them off."""

    def __init__(self, scale: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._scale = scale
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def spend(self, method: str, tier: Tier) -> None:
        """Counts one call of a method; raises :class:`SlackError` ``ratelimited`` with the seconds to wait."""
        self._take(method, per_second=tier.value / 60, burst=float(tier.value))

    def spend_post(self, channel: str) -> None:
        """Counts one message to a channel: about one a second, with a short burst allowed."""
        self._take(f"channel {channel}", per_second=CHANNEL_POSTS_PER_SECOND, burst=CHANNEL_BURST)

    def _take(self, key: str, *, per_second: float, burst: float) -> None:
        if self._scale == 0:
            return
        per_second, burst = per_second * self._scale, max(1.0, burst * self._scale)
        now = self._clock()
        tokens, since = self._buckets.get(key, (burst, now))
        tokens = min(burst, tokens + (now - since) * per_second)
        if tokens < 1:
            wait = math.ceil((1 - tokens) / per_second)
            raise SlackError("ratelimited", retry_after=max(1, wait))
        if len(self._buckets) > _FULL_BUCKETS_KEPT:
            self._buckets.clear()
        self._buckets[key] = (tokens - 1, now)
