"""The inspector's memory: the latest requests in both directions, by name, verdict and shape, never by content."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import Enum

from sandbox.slack.feed import EventKind, Feed
from sandbox.slack.shapes import shape_of
from sandbox.slack.wire import Json

_KEPT = 300


class Direction(Enum):
    """Who asked whom."""

    FROM_BOT = "from_bot"
    TO_BOT = "to_bot"


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request: ``what`` is a method or the kind of delivery, ``who`` the person it acted for (or empty).

    ``shape`` is that of the payload (:mod:`sandbox.slack.shapes`), empty where no page was open to look at it.
    """

    number: int
    at: str
    direction: str
    what: str
    who: str
    verdict: str
    milliseconds: float
    shape: str = ""


class RequestsSeen:
    """The latest requests; each is also told to open pages."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._numbers = itertools.count(1)
        self._latest: deque[SeenRequest] = deque(maxlen=_KEPT)

    def add(
        self,
        direction: Direction,
        what: str,
        verdict: str,
        milliseconds: float,
        *,
        who: str = "",
        payload: object = None,
    ) -> None:
        """Remembers one request; of the payload nothing but its shape, and that only while a page is open."""
        shape = shape_of(payload) if payload is not None and self._feed.watched else ""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        seen = SeenRequest(next(self._numbers), at, direction.value, what, who, verdict, round(milliseconds, 1), shape)
        self._latest.append(seen)
        if self._feed.watched:
            self._feed.publish(EventKind.REQUEST, asdict(seen))

    def latest(self) -> list[Json]:
        """The latest requests, oldest first."""
        return [asdict(seen) for seen in self._latest]
