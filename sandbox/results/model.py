"""Released results as the page reads them from the metrics API; fields that it does not use are ignored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.contracts.base import ROOT_ID, Text

HEADLINES: Final = ("resistance", "trust")
WINDOW: Final = "window"
"""The cadence of a team that is shown for several waves together."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Wave(_Read):
    """A wave; ``status`` is ``open``, ``closed`` or ``released``. Campaign time."""

    wave: str
    title: Text
    opens_at: datetime
    closes_at: datetime
    status: str
    response_band: str | None = None

    @property
    def released(self) -> bool:
        """Whether its numbers are out."""
        return self.status == "released"


class Point(_Read):
    """A number of a team in a wave or window, 0 to 100; ``score`` is null where there are too few answers.

    ``time`` is when the wave, or the last wave of the window, closed.
    """

    time: datetime
    wave: str
    team: str
    measure: str
    score: float | None
    score_label: str | None
    low: float | None
    high: float | None
    verdict: str | None = None


class Node(_Read):
    """A node of the tree of the last released wave. ``cadence`` is ``wave`` or ``window``."""

    id: str
    parent: str | None
    name: Text
    cadence: str = "wave"


class LastRelease(_Read):
    """What the page needs of a released document."""

    wave: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Place:
    """A place on the line of time: a wave, or a window of waves. ``name`` tells which: 3, or 4–6 for a window."""

    id: str
    name: str
    closes_at: datetime
    status: str = "released"


@dataclass(frozen=True)
class Series:
    """One measure of one team: a point for every place, None where it was not asked or is not out."""

    measure: str
    points: tuple[Point | None, ...]

    @property
    def shown(self) -> bool:
        """Whether any number of it is shown."""
        return any(point is not None and point.score is not None for point in self.points)

    @property
    def last(self) -> Point | None:
        """The newest number that is shown."""
        return next((p for p in reversed(self.points) if p is not None and p.score is not None), None)


@dataclass(frozen=True)
class Results:
    """Everything that is drawn: all waves oldest first, the nodes, and the headline measures of each."""

    waves: tuple[Wave, ...] = ()
    nodes: tuple[Node, ...] = ()
    points: tuple[Point, ...] = ()

    @property
    def released(self) -> bool:
        """Whether anything is out yet."""
        return any(wave.released for wave in self.waves)

    def places(self, team: Node | None = None) -> tuple[Place, ...]:
        """What a team has numbers of, oldest first: the waves, or for a small one the windows that are out."""
        if team is None or team.cadence != WINDOW:
            return tuple(
                Place(wave.wave, str(number), wave.closes_at, wave.status)
                for number, wave in enumerate(self.waves, start=1)
            )
        closed = dict(sorted({point.time: point.wave for point in self.points if point.team == team.id}.items()))
        ends = [sum(wave.opens_at < time for wave in self.waves) for time in closed]
        names = [f"{before + 1}–{end}" for before, end in zip([0, *ends], ends, strict=False)]
        return tuple(Place(window, name, time) for (time, window), name in zip(closed.items(), names, strict=True))

    def series(self, team: Node | None = None) -> tuple[Series, ...]:
        """The headline measures of a team, or of the organisation, with a point for each of its places."""
        name = ROOT_ID if team is None else team.id
        found = {(point.wave, point.measure): point for point in self.points if point.team == name}
        places = self.places(team)
        return tuple(
            Series(measure, tuple(found.get((place.id, measure)) for place in places)) for measure in HEADLINES
        )

    def teams(self) -> tuple[Node, ...]:
        """The nodes below the organisation, in the order of the tree."""
        return tuple(node for node in self.nodes if node.id != ROOT_ID)


def unfinished(waves: Iterable[Wave]) -> Wave | None:
    """The wave that is open or waits for its release; else the newest one; None before the first."""
    waves = sorted(waves, key=lambda wave: wave.opens_at)
    return next((wave for wave in waves if not wave.released), waves[-1] if waves else None)
