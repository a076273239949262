"""The sandbox's campaign clock, and the HTTP routes that read and move it.

Campaign time is wall time plus an offset that only grows; it is what opens and closes waves. Signatures,
triggers and timeouts follow the wall clock and never this one.

``GET /clock`` (any bearer token of the tokens file) and ``POST /clock`` (one with ``clock:write``) both answer
``{"now": "2026-01-05T09:00:00.000000+00:00"}``. The POST takes ``{"now": …}`` or ``{"advance_seconds": n}``; a move
backwards is refused with 409.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import orjson
from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from services.runtime.tokens import Scope, Token, TokenFile, bearer


class ClockBackwardsError(Exception):
    """Someone asked for a campaign time before the one reached."""


class CampaignClock:
    """Wall time plus an offset, kept in ``clock.json`` of the state folder. It never goes back."""

    def __init__(self, folder: Path, wall: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = folder / "clock.json"
        self._wall = wall
        self._offset, self._reached = self._load()

    def now(self) -> datetime:
        """Campaign time, UTC."""
        self._reached = max(self._reached, self._wall() + self._offset)
        return self._reached

    def advance(self, by: timedelta) -> datetime:
        """Moves campaign time forward; raises :class:`ClockBackwardsError` for a negative step."""
        return self.set(self.now() + by)

    def set(self, moment: datetime) -> datetime:
        """Moves campaign time to ``moment``; raises :class:`ClockBackwardsError` when that has passed."""
        now = self.now()
        if moment < now:
            raise ClockBackwardsError(
                f"Campaign time is {now.isoformat()} and never goes backwards; "
                f"{moment.isoformat()} has passed. Ask for a later moment, or start the sandbox afresh."
            )
        self._offset = moment - self._wall()
        self._reached = moment
        self._save()
        return moment

    def _load(self) -> tuple[timedelta, datetime]:
        if not self._path.exists():
            return timedelta(0), self._wall()
        kept = orjson.loads(self._path.read_bytes())
        return timedelta(seconds=kept["offset_seconds"]), datetime.fromisoformat(kept["reached"])

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".tmp")
        kept = {"offset_seconds": self._offset.total_seconds(), "reached": self._reached.isoformat()}
        with draft.open("wb") as file:
            file.write(orjson.dumps(kept))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


class ClockMove(BaseModel):
    """Where to move campaign time: exactly one of the two."""

    model_config = ConfigDict(extra="forbid")

    now: AwareDatetime | None = None
    advance_seconds: float | None = Field(default=None, ge=0, le=10 * 366 * 86_400)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.now is None) == (self.advance_seconds is None):
            raise ValueError("give either now (with time zone) or advance_seconds")
        return self

    def apply(self, clock: CampaignClock) -> datetime:
        """Moves the clock; refuses a move backwards with HTTP 409."""
        try:
            if self.now is not None:
                return clock.set(self.now.astimezone(UTC))
            return clock.advance(timedelta(seconds=self.advance_seconds or 0.0))
        except ClockBackwardsError as error:
            raise HTTPException(409, str(error)) from error


class ClockReading(BaseModel):
    """Campaign time, UTC."""

    now: datetime


def create_clock_router(
    clock: CampaignClock, tokens: TokenFile, moved: Callable[[datetime], None] = lambda _: None
) -> APIRouter:
    """``GET`` and ``POST /clock``; ``moved`` is told the new campaign time."""
    router = APIRouter()

    async def owner(request: Request) -> Token:
        secret = bearer(request.headers.get("Authorization"))
        known = tokens.owner_of(secret) if secret else None
        if known is None:
            raise HTTPException(401, "The clock needs a known bearer token.", {"WWW-Authenticate": "Bearer"})
        return known

    async def mover(request: Request) -> None:
        if Scope.CLOCK_WRITE not in (await owner(request)).scopes:
            raise HTTPException(403, f"This token lacks the scope {Scope.CLOCK_WRITE.value}.")

    @router.get("/clock", dependencies=[Depends(owner)])
    async def read_clock() -> ClockReading:
        return ClockReading(now=clock.now())

    @router.post("/clock", dependencies=[Depends(mover)])
    async def move_clock(move: ClockMove) -> ClockReading:
        reached = move.apply(clock)
        moved(reached)
        return ClockReading(now=reached)

    return router
