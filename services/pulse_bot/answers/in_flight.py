"""Answers of a wave that are between the ledger and Kafka's final word."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class InFlight:
    """Counts answers in flight per wave, so that a closing wave can wait for the last one."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def one(self, wave_id: str) -> Iterator[None]:
        """One answer, in flight for as long as the block runs."""
        self._counts[wave_id] += 1
        try:
            yield
        finally:
            self._counts[wave_id] -= 1
            if self._counts[wave_id] <= 0:
                del self._counts[wave_id]
                task = asyncio.get_running_loop().create_task(self._tell())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def none_left(self, wave_id: str | None = None) -> None:
        """Wait until nothing of the wave, or of any wave, is in flight."""
        async with self._changed:
            await self._changed.wait_for(lambda: not (self._counts[wave_id] if wave_id else self._counts.total()))

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
