"""Delivering an act, and waiting for what the bot shows in answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sandbox.slack.delivery import Answer, Failure
from sandbox.slack.faults import FaultKind
from sandbox.slack.feed import Topic
from sandbox.slack.requests_seen import Direction
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Workspace

Deliver = Callable[[], Awaitable[Answer]]


async def delivered(
    workspace: Workspace, kind: str, who: str, payload: Json, deliver: Deliver, *, again: Deliver | None = None
) -> Answer:
    """Delivers and remembers the verdict for the inspector. Meets the fault that waits for it, if one does; ``again``
    is the delivery as a retry, of events alone."""

    def remembered(kind: str, answer: Answer) -> Answer:
        verdict = str(answer.status) if answer.failure is None else answer.failure.value
        workspace.requests_seen.add(Direction.TO_BOT, kind, verdict, answer.milliseconds, who=who, payload=payload)
        return answer

    fault = workspace.faults.take(Direction.TO_BOT, kind)
    match fault and fault.kind:
        case FaultKind.LOST:
            answer = remembered(kind, Answer(0, 0.0, failure=Failure.CONNECTION))
        case FaultKind.DUPLICATE:
            answers = await asyncio.gather(deliver(), deliver())
            answer, _ = (remembered(kind, each) for each in answers)
        case FaultKind.RETRY if again is not None:
            answer = remembered(kind, await deliver())
            remembered(f"{kind} again", await again())
        case other:
            if fault is not None and other is FaultKind.DELAY:
                await asyncio.sleep(fault.seconds)
            answer = remembered(kind, await deliver())
    return answer


async def with_effect(
    workspace: Workspace, act: Callable[[], Awaitable[Json]], wait_seconds: float, *topics: Topic
) -> Json:
    """The report of an act; with a time to wait, also the first ``effect`` on one of the topics, and what is
    ``shown`` by it. Waiting begins before the delivery, so that a quick bot is not missed."""
    if wait_seconds == 0:
        return await act()
    future = workspace.effects.expect(*topics)
    try:
        report = await act()
        effect = await workspace.effects.wait(future, wait_seconds)
    finally:
        future.cancel()
    if effect is None:
        return report | {"effect": None, "shown": None}
    return report | {"effect": effect.kind.value, "shown": effect.thing}
