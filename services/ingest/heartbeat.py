"""What the consumer's thread tells the health endpoints: that it moves, and whether it has what it needs."""

from collections.abc import Callable
from time import monotonic
from typing import Final

LIVE_SECONDS: Final = 30.0


class Heartbeat:
    """Written by the consumer's thread, read by the health endpoints."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._last = now()
        self.waiting_for: str | None = "the consumer has not started yet"

    def tick(self) -> None:
        """The loop moves."""
        self._last = self._now()

    def live(self) -> str | None:
        """None, or one sentence. Looks at neither Kafka nor ClickHouse: a restart would not bring them back."""
        silent = self._now() - self._last
        return None if silent < LIVE_SECONDS else f"the consumer's loop has not moved for {silent:.0f} s"

    def ready(self) -> str | None:
        """None, or what it waits for."""
        return self.waiting_for
