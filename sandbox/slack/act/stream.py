"""The live feed of an open page: server-sent events, gathered so that a busy story does not flood it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson

from sandbox.slack.feed import EventKind, Feed, Subscription
from sandbox.slack.wire import Json

_GATHER_SECONDS = 0.04
_HEARTBEAT_SECONDS = 15.0


async def live_events(feed: Feed, user: str) -> AsyncIterator[bytes]:
    """Events as they happen. Each is named by its kind and holds a JSON array of what happened since the last."""
    subscription = feed.subscribe(user)
    try:
        yield b": connected\n\n"
        while not subscription.closed:
            try:
                await asyncio.wait_for(subscription.wake.wait(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            yield _drain(subscription)
            await asyncio.sleep(_GATHER_SECONDS)
    finally:
        feed.unsubscribe(subscription)


def _drain(subscription: Subscription) -> bytes:
    subscription.wake.clear()
    gathered: dict[EventKind, list[Json]] = {}
    while subscription.events:
        kind, data = subscription.events.popleft()
        gathered.setdefault(kind, []).append(data)
    parts = (b"event: %b\ndata: %b\n\n" % (kind.value.encode(), orjson.dumps(data)) for kind, data in gathered.items())
    return b"".join(parts)
