"""Faults on request: what Slack does on a bad day, at a chosen request and as often as asked.

===================  ==========================================================================================
``ratelimited``      the Web API or a response URL answers 429 with Retry-After
``server_error``     it answers with a 5xx, and nothing was done
``fatal_error``      it does what was asked, and answers with a 500 all the same (Slack documents that this happens)
``token_revoked``    the Web API knows the token no more; a response URL, which asks for none, goes on working
``delay``            an answer, or a delivery to the bot, comes ``seconds`` late
``duplicate``        a delivery to the bot is made twice at once
``retry``            an event is delivered, and again with Slack's retry headers
``lost``             a delivery never reaches the bot
===================  ==========================================================================================
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from fnmatch import fnmatchcase
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.slack.requests_seen import Direction
from sandbox.slack.wire import Json, SlackError

RESPONSE_URL: Final = "response_url"
"""What an answer to an interaction is called: its address is its secret, and no token comes with it."""
RETRY_REASON: Final = "http_timeout"
_LONGEST_SECONDS: Final = 60.0


class FaultKind(Enum):
    """What goes wrong."""

    RATE_LIMITED = "ratelimited"
    SERVER_ERROR = "server_error"
    FATAL_ERROR = "fatal_error"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 -- Slack's error code
    DELAY = "delay"
    DUPLICATE = "duplicate"
    RETRY = "retry"
    LOST = "lost"


_TO_BOT: Final = frozenset({FaultKind.DELAY, FaultKind.DUPLICATE, FaultKind.RETRY, FaultKind.LOST})
_FROM_BOT: Final = frozenset(FaultKind) - _TO_BOT | {FaultKind.DELAY}


class Fault(BaseModel):
    """One fault. ``what``: a method, ``response_url`` or a kind of delivery, as the inspector names them; ``*``: all.

    ``times``: how many requests it meets, 0 until it is taken away. ``seconds`` is the delay, or what Retry-After says;
    ``status`` that of ``server_error``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    direction: Direction
    what: str = Field(default="*", min_length=1, max_length=100)
    kind: FaultKind
    times: int = Field(default=1, ge=0, le=100_000)
    seconds: float = Field(default=1.0, ge=0, le=_LONGEST_SECONDS)
    status: int = Field(default=500, ge=500, le=599)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        possible = _TO_BOT if self.direction is Direction.TO_BOT else _FROM_BOT
        if self.kind not in possible:
            names = ", ".join(sorted(kind.value for kind in possible))
            raise ValueError(f"{self.direction.value} has no fault {self.kind.value}; there are {names}")
        if self.kind is FaultKind.TOKEN_REVOKED and self.what == RESPONSE_URL:
            raise ValueError(f"{RESPONSE_URL} asks for no token that could be revoked")
        return self

    def fits(self, direction: Direction, what: str) -> bool:
        """Whether it meets such a request."""
        without_token = what == RESPONSE_URL and self.kind is FaultKind.TOKEN_REVOKED
        return self.direction is direction and fnmatchcase(what, self.what) and not without_token


class Faults:
    """The faults that wait. ``changed`` is told whenever they do."""

    def __init__(self, changed: Callable[[Json], None] = lambda _: None) -> None:
        self._waiting: list[Fault] = []
        self._changed = changed

    def add(self, fault: Fault) -> None:
        """One more, after those that wait."""
        self._waiting.append(fault)
        self._changed(self.shown())

    def clear(self) -> None:
        """Takes all away."""
        self._waiting.clear()
        self._changed(self.shown())

    def shown(self) -> Json:
        """``{"faults": [...]}`` as they were asked for, with the times that are left."""
        return {"faults": [fault.model_dump(mode="json") for fault in self._waiting]}

    def take(self, direction: Direction, what: str) -> Fault | None:
        """The first that fits, used once."""
        if not self._waiting:
            return None
        found = next((i for i, fault in enumerate(self._waiting) if fault.fits(direction, what)), None)
        if found is None:
            return None
        fault = self._waiting[found]
        if fault.times == 1:
            del self._waiting[found]
        elif fault.times:
            self._waiting[found] = fault.model_copy(update={"times": fault.times - 1})
        self._changed(self.shown())
        return fault

    async def before(self, what: str) -> Fault | None:
        """What happens before a request of the bot is looked at: a delay, or a refusal (SlackError).

        Gives the fault, for :meth:`after`.
        """
        fault = self.take(Direction.FROM_BOT, what)
        if fault is None:
            return None
        match fault.kind:
            case FaultKind.DELAY:
                await asyncio.sleep(fault.seconds)
            case FaultKind.RATE_LIMITED:
                raise SlackError("ratelimited", retry_after=max(1, round(fault.seconds)))
            case FaultKind.SERVER_ERROR:
                raise SlackError(
                    "internal_error" if fault.status == 500 else "service_unavailable", status=fault.status
                )
            case FaultKind.TOKEN_REVOKED:
                raise SlackError("token_revoked")
            case _:
                pass
        return fault

    @staticmethod
    def after(fault: Fault | None) -> None:
        """What happens when it has been done: with ``fatal_error`` an error all the same."""
        if fault is not None and fault.kind is FaultKind.FATAL_ERROR:
            raise SlackError("fatal_error", status=500)
