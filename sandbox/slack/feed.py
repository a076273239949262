"""What happens in the workspace, told to those who wait for it: an act call, or a page in a browser.

Two ways to wait. *Effects*: one interaction waits for what the bot makes of it. *Subscriptions*: a page gets
every event it may see; with no page open, publishing costs nothing.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from enum import Enum

from sandbox.slack.wire import Json

_EVENTS_KEPT = 500


class EffectKind(Enum):
    """What a person can see the bot do in answer to an interaction."""

    MESSAGE = "message"
    EPHEMERAL = "ephemeral"
    MODAL = "modal"
    HOME = "home"


@dataclass(frozen=True, slots=True)
class Effect:
    """One visible answer of the bot: the kind, and the thing as the act API shows it."""

    kind: EffectKind
    thing: Json


Topic = tuple[str, ...]
"""What is waited for: ``("interaction", id)``, ``("message", channel, ts)`` or ``("person", user)``."""


class Effects:
    """Futures of those who wait for the bot's visible answer."""

    def __init__(self) -> None:
        self._waiting: defaultdict[Topic, set[asyncio.Future[Effect]]] = defaultdict(set)

    def expect(self, *topics: Topic) -> asyncio.Future[Effect]:
        """A future that the first effect on any of the topics fulfils; always settle it with :meth:`wait`."""
        future: asyncio.Future[Effect] = asyncio.get_running_loop().create_future()
        for topic in topics:
            self._waiting[topic].add(future)
        future.add_done_callback(lambda done: self._forget(done, topics))
        return future

    async def wait(self, future: asyncio.Future[Effect], seconds: float) -> Effect | None:
        """The effect, or none when none came within ``seconds``."""
        try:
            return await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return None

    def expected(self, *topics: Topic) -> bool:
        """Whether anyone waits for one of these topics."""
        return any(topic in self._waiting for topic in topics)

    def happened(self, effect: Callable[[], Effect], *topics: Topic) -> None:
        """Tells all who wait for one of the topics; the effect is only put together when someone does."""
        waiting = {future for topic in topics for future in self._waiting.get(topic, ())}
        if waiting:
            seen = effect()
            for future in waiting:
                if not future.done():
                    future.set_result(seen)

    def _forget(self, future: asyncio.Future[Effect], topics: tuple[Topic, ...]) -> None:
        for topic in topics:
            waiting = self._waiting[topic]
            waiting.discard(future)
            if not waiting:
                del self._waiting[topic]


class EventKind(Enum):
    """What a page is told about."""

    MESSAGE = "message"
    EPHEMERAL = "ephemeral"
    HOME = "home"
    MODALS = "modals"
    UNREAD = "unread"
    REQUEST = "request"
    CLOCK = "clock"
    ROUND = "round"
    FAULTS = "faults"


@dataclass(eq=False, slots=True)
class Subscription:
    """One page: acting as ``user`` (empty: nobody yet). Holds the latest events not yet sent to it."""

    user: str
    events: deque[tuple[EventKind, Json]] = field(default_factory=lambda: deque(maxlen=_EVENTS_KEPT))
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False


class Feed:
    """All open pages."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    @property
    def watched(self) -> bool:
        """Whether any page is open."""
        return bool(self._subscriptions)

    def subscribe(self, user: str) -> Subscription:
        """A new page acting as ``user``."""
        subscription = Subscription(user)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """A page was closed."""
        self._subscriptions.discard(subscription)

    def publish(self, kind: EventKind, data: Json, audience: Container[str] | None = None) -> None:
        """Tells every page whose person is in the audience (none: every page)."""
        for subscription in self._subscriptions:
            if audience is None or subscription.user in audience:
                subscription.events.append((kind, data))
                subscription.wake.set()

    def close(self) -> None:
        """Ends every subscription, so that the process can stop."""
        for subscription in self._subscriptions:
            subscription.closed = True
            subscription.wake.set()
