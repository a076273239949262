"""From a reason to a practice: which step fits a driver that is high or a facet that is low.

Advice is a suggestion for a conversation, computed from published numbers alone, and never names a person. Steps and
practices are in practices.yaml.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

from pydantic import Field

from services.contracts import yaml_text
from services.contracts.base import Text, Value
from services.contracts.survey import DriverId
from services.metrics.statistics.intervals import Interval

MIDDLE: Final = 50.0
"""Beyond the middle of the scale more people agree with the reason than do not."""


class Strength(StrEnum):
    """How sure it is that the reason plays a part: the whole interval beyond the middle, or only the score."""

    CLEAR = "clear"
    POSSIBLE = "possible"


class Trouble(StrEnum):
    """Which end of the scale is the trouble: high for a driver of resistance, low for a facet of trust."""

    HIGH = "high"
    LOW = "low"


class Step(Value):
    """One of the eight steps of the guide."""

    number: int = Field(ge=1, le=8)
    name: Text


class Practice(Value):
    """What to do about a reason (the name of a driver or facet), and why."""

    reason: DriverId
    trouble: Trouble
    step: int
    why: Text
    practice: Text


class Guide(Value):
    """All steps and practices. Raises pydantic's ValidationError where the file is wrong."""

    steps: tuple[Step, ...]
    practices: tuple[Practice, ...]

    def step_of(self, practice: Practice) -> Step:
        """The step that a practice belongs to."""
        return next(step for step in self.steps if step.number == practice.step)

    def by_reason(self) -> Mapping[str, Practice]:
        """Practices by the driver or facet that they fit."""
        return {practice.reason: practice for practice in self.practices}


@dataclass(frozen=True, slots=True)
class Reason:
    """A published score of a driver or facet, in points."""

    name: str
    score: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Advice:
    """A practice that fits a reason, how far the reason lies beyond the middle in points, and how sure that is."""

    practice: Practice
    step: Step
    reason: Reason
    beyond: float
    strength: Strength


@cache
def guide() -> Guide:
    """The product's steps and practices."""
    content = resources.files(__package__).joinpath("practices.yaml").read_text(encoding="utf-8")
    return Guide.model_validate(yaml_text.load(content))


def advice(reasons: Iterable[Reason]) -> list[Advice]:
    """The practices for the reasons beyond the middle of the scale: the sure ones first, then the furthest."""
    practices = guide().by_reason()
    found = []
    for reason in reasons:
        practice = practices.get(reason.name)
        if practice is None:
            continue
        beyond = reason.score - MIDDLE if practice.trouble is Trouble.HIGH else MIDDLE - reason.score
        if beyond > 0:
            found.append(Advice(practice, guide().step_of(practice), reason, beyond, _strength(reason, practice)))
    return sorted(found, key=lambda one: (one.strength is not Strength.CLEAR, -one.beyond, one.reason.name))


def _strength(reason: Reason, practice: Practice) -> Strength:
    interval = reason.interval
    if interval is None:
        return Strength.POSSIBLE
    sure = interval.low > MIDDLE if practice.trouble is Trouble.HIGH else interval.high < MIDDLE
    return Strength.CLEAR if sure else Strength.POSSIBLE
