"""A table whose entries are forgotten after a while, at constant cost per new entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class AgeingTable(Generic[Value]):
    """Keys with values and their moment of entry, oldest first; each new entry drops what is too old."""

    def __init__(self, keep_seconds: float, clock: Callable[[], float]) -> None:
        self._keep = keep_seconds
        self._clock = clock
        self._entries: dict[str, tuple[float, Value]] = {}

    def put(self, key: str, value: Value) -> None:
        """Enters a value under a fresh key."""
        now = self._clock()
        while self._entries:
            oldest = next(iter(self._entries))
            if now - self._entries[oldest][0] <= self._keep:
                break
            del self._entries[oldest]
        self._entries[key] = (now, value)

    def find(self, key: str) -> tuple[float, Value] | None:
        """The entry's age in seconds and its value; none when unknown or forgotten."""
        entry = self._entries.get(key)
        return None if entry is None else (self._clock() - entry[0], entry[1])
