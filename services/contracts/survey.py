"""The survey model: scales, items, blocks, and the bank that holds them."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from services.contracts.base import ItemId, Text, Value

LABEL_LIMIT = 75
"""Longest label of a scale point: Slack's limit for the text of a button."""

OPEN_QUESTIONS: Final[Mapping[ItemId, Text]] = {
    "OQ1": Text(nl="Wat spreekt je aan in AI op je werk?", en="What appeals to you in AI at work?"),
    "OQ2": Text(nl="Wat maakt je huiverig?", en="What makes you wary?"),
}
"""The open questions by the id that comments carry, in the order in which waves ask them."""

DriverId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


class Measure(StrEnum):
    """What an item measures. Resistance and trust are two measures, never subtracted from one another."""

    RESISTANCE = "resistance"
    TRUST = "trust"
    EXPERIENCE = "experience"


class Component(StrEnum):
    """Piderit's components of an attitude towards change."""

    COGNITIVE = "cognitive"
    AFFECTIVE = "affective"
    INTENTION = "intention"


class Polarity(StrEnum):
    """Whether agreeing (a higher value) means more or less of the item's measure."""

    MORE = "more"
    LESS = "less"


class Item(Value):
    """One question as it is asked: its words, its labelled scale of m = 2..11 points, and what it measures.

    ``driver`` is the driver or facet that the item belongs to; None for the anchor of its measure.
    """

    id: ItemId
    measure: Measure
    driver: DriverId | None = None
    component: Component | None = None
    polarity: Polarity
    text: Text
    scale: tuple[Text, ...] = Field(min_length=2, max_length=11)

    @model_validator(mode="after")
    def _labels_fit_a_button(self) -> Self:
        for point, label in enumerate(self.scale, start=1):
            for words in (label.nl, label.en):
                if len(words) > LABEL_LIMIT:
                    raise ValueError(
                        f"the label of point {point} has {len(words)} characters; at most {LABEL_LIMIT} fit a button"
                    )
        return self

    @property
    def points(self) -> int:
        """The number m of points of the scale."""
        return len(self.scale)

    @property
    def published_as(self) -> str:
        """The measure name under which the item's score is published: its driver or facet, or its measure."""
        return self.driver or self.measure.value

    def allows(self, value: int | None) -> bool:
        """Whether ``value`` is a point of the scale or None ("rather not say")."""
        return value is None or 1 <= value <= self.points


class Block(Value):
    """Items that are asked together in one wave, beside the anchors."""

    id: DriverId
    items: tuple[ItemId, ...] = Field(min_length=1, max_length=8)


class ItemBank(Value):
    """All items that a campaign or an import can ask, in their order of asking."""

    items: tuple[Item, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        seen: set[str] = set()
        for item in self.items:
            if item.id in seen:
                raise ValueError(f"the item {item.id} stands in the bank twice")
            seen.add(item.id)
        return self

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """Every item under its id."""
        return {item.id: item for item in self.items}


class Survey(ItemBank):
    """An existing survey as its file describes it: an item bank, and the name that people know it by."""

    title: Text | None = None
