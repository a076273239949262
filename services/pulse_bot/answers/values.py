"""What a press of a button says."""

from dataclasses import dataclass
from typing import Protocol

from services.contracts.survey import Item


class AskedWave(Protocol):
    """A wave and what it asks."""

    @property
    def id(self) -> str:
        """The wave's id."""

    @property
    def items(self) -> tuple[Item, ...]:
        """The items in the order of asking."""


@dataclass(frozen=True, repr=False)
class Person:
    """Who pressed: the workspace (enterprise or team) and the member in it. Its representation shows nothing."""

    workspace: str
    member: str


@dataclass(frozen=True, repr=False)
class GivenAnswer:
    """One press of an answer button; ``index`` counts questions from 0. Its representation shows nothing."""

    wave_id: str
    index: int
    item_id: str
    value: int | None
