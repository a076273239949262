"""What the consumer's thread tells the health endpoints: that it moves, and whether it has what it needs."""

from collections.abc import Callable
from time import monotonic
from typing import Final

LIVE_SECONDS: Final = 30.0
"""How long a turn of the loop may take."""


class Heartbeat:
    """Written by the consumer's thread, read by the health endpoints."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._beat = (now(), LIVE_SECONDS)
        self.waiting_for: str | None = "the consumer has not started yet"

    def tick(self, seconds: float = LIVE_SECONDS) -> None:
        """The thread moves, and will again within so many ``seconds``."""
        self._beat = (self._now(), seconds)

    def live(self) -> str | None:
        """None, or one sentence. Looks at neither Kafka nor ClickHouse: a restart would not bring them back."""
        last, patience = self._beat
        silent = self._now() - last
        return None if silent < patience else f"the consumer's thread has not moved for {silent:.0f} s"

    def ready(self) -> str | None:
        """None, or what it waits for."""
        return self.waiting_for
