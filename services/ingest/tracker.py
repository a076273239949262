"""Which records of a partition are durable: the one place that decides how far may be committed."""


class LowWaterMark:
    """The first offset of one partition that is not yet durable.

    Every record that is polled goes through here: stored, filtered and dead-lettered alike. A record settled out of
    turn moves nothing: committing past an earlier, unsettled one would lose it.
    """

    def __init__(self) -> None:
        self._unsettled: dict[int, None] = {}  # in order of offset, since a partition is polled in order
        self._next: int | None = None

    def received(self, offset: int) -> None:
        """A record has been polled. Raises ValueError unless offsets rise."""
        if self._next is not None and offset < self._next:
            raise ValueError(f"offset {offset} came after {self._next - 1}")
        self._unsettled[offset] = None
        self._next = offset + 1

    def settled(self, offset: int) -> None:
        """The record is durable, or needs no storing. Raises KeyError when it was not received or settled before."""
        del self._unsettled[offset]

    @property
    def value(self) -> int | None:
        """The offset to commit: every earlier record received here is settled. None before the first record."""
        return next(iter(self._unsettled), self._next)

    @property
    def next(self) -> int | None:
        """The offset after the last record received. None before the first record."""
        return self._next

    @property
    def unsettled(self) -> int:
        """How many records are received and not yet settled."""
        return len(self._unsettled)
