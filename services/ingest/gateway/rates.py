"""How much one caller may send."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class Rates:
    """A bucket for each caller: ``burst`` requests at once, refilled with ``per_minute`` requests a minute."""

    def __init__(self, per_minute: float, burst: int, now: Callable[[], float] = monotonic) -> None:
        self._per_second = per_minute / 60
        self._burst = burst
        self._now = now
        self._buckets: dict[str, _Bucket] = {}
        self._turn = threading.Lock()

    def take(self, caller: str) -> int:
        """0 when the caller may go on; else the whole seconds until it may. A refused request costs nothing."""
        with self._turn:
            now = self._now()
            bucket = self._buckets.setdefault(caller, _Bucket(self._burst, now))
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._per_second)
            bucket.filled_at = now
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return 0
            return max(1, math.ceil((1 - bucket.tokens) / self._per_second))
