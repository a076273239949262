"""The copy of all releases that a request is answered from, and the names that a question may hold."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime

from services.contracts.base import ROOT_ID, TextLanguage
from services.metrics.released.archive import Archive
from services.metrics.released.copies import Copy
from services.metrics.released.rows import measures_of
from services.metrics.routes.problems import unknown
from services.runtime.problems import Problem

RETRY_SECONDS = 5

Moment = AwareDatetime | date
"""A day, or a time with its zone."""

Measures = Annotated[list[str] | None, Query(description="measures; all where none is named")]
Teams = Annotated[list[str] | None, Query(description="nodes; the organisation where none is named")]
Team = Annotated[str, Query(description="a node")]
Wave = Annotated[str | None, Query(description="a released wave, or a window of waves")]
From = Annotated[Moment | None, Query(alias="from", description="closed (or published) from this day or time on")]
To = Annotated[Moment | None, Query(alias="to", description="closed (or published) until this day or time")]
In = Annotated[TextLanguage, Query(description="the language of names and texts")]


async def current(request: Request) -> Copy:
    """The latest copy; 503 while there has never been one, since ClickHouse has not answered yet."""
    archive: Archive = request.app.state.archive
    if archive.copy is None:
        raise Problem(
            503,
            "not-ready",
            "Not ready",
            "The releases have not been read from ClickHouse yet; try again shortly.",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    return archive.copy


CurrentCopy = Annotated[Copy, Depends(current)]


def known_measures(copy: Copy, asked: Sequence[str] | None) -> list[str]:
    """The measures asked for, or all; before the first release every name is taken, and gives no rows."""
    known = measures_of(copy.history)
    for name in asked or ():
        if known and name not in known:
            raise unknown("measure", name, known)
    return known if asked is None else list(dict.fromkeys(asked))


def known_teams(copy: Copy, asked: Sequence[str] | None) -> list[str]:
    """The nodes asked for, or the organisation; before the first release every name is taken, and gives no rows."""
    known = copy.history.nodes
    for name in asked or ():
        if known and name not in known:
            raise unknown("team", name, known)
    return [ROOT_ID] if asked is None else list(dict.fromkeys(asked))


def known_wave(copy: Copy, asked: str | None) -> str | None:
    """The released wave or window asked for, or None."""
    if asked is not None and asked not in copy.history.by_id:
        raise unknown("wave", asked, copy.history.by_id)
    return asked


class Timed(Protocol):
    """A row with a time."""

    @property
    def time(self) -> datetime: ...


_Row = TypeVar("_Row", bound=Timed)


class Asked:
    """The time that is asked for, both ends included. Raises a Problem (422) when it ends before it begins."""

    def __init__(self, first: Moment | None, last: Moment | None) -> None:
        self.begin = _begin(first) if first else datetime.min.replace(tzinfo=UTC)
        self.end = _end(last) if last else datetime.max.replace(tzinfo=UTC)
        if self.begin > self.end:
            raise Problem(422, "invalid-period", "Invalid period", f"`from` ({first}) lies after `to` ({last}).")

    def holds(self, moment: datetime) -> bool:
        """Whether this moment is asked for."""
        return self.begin <= moment <= self.end

    def only(self, rows: Iterable[_Row]) -> list[_Row]:
        """The rows of that time."""
        return [row for row in rows if self.holds(row.time)]


async def during(first: From = None, last: To = None) -> Asked:
    """The time between `from` and `to`."""
    return Asked(first, last)


During = Annotated[Asked, Depends(during)]


def _begin(moment: Moment) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, UTC)


def _end(moment: Moment) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.max, UTC)
