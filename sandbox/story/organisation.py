"""The people of a simulated organisation."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from sandbox.story.arrays import Flags, Integers
from sandbox.story.names import FAMILY_NAMES, FIRST_NAMES
from sandbox.story.plan import Plan
from sandbox.story.randomness import stream
from services.contracts.base import TextLanguage
from services.contracts.tree import Merged

_ENGLISH_SHARE: Final = 0.12
_ELSEWHERE: Final = ("Europe/London", "Europe/Lisbon", "Europe/Athens")
_ELSEWHERE_SHARE: Final = 0.03


@dataclass(frozen=True)
class Person:
    """One simulated member. ``node`` is where the roster puts them; ``sceptic`` marks the one of the try-out."""

    member: str
    name: str
    real_name: str
    language: TextLanguage
    tz: str
    node: str
    sceptic: bool = False

    @property
    def locale(self) -> str:
        """The locale as Slack gives it."""
        return "nl-NL" if self.language is TextLanguage.NL else "en-US"


@dataclass(frozen=True)
class Organisation:
    """A plan and its people, in the order of the tree."""

    plan: Plan
    people: tuple[Person, ...]

    @cached_property
    def invited(self) -> Mapping[str, int]:
        """The people attached directly to each node, before merging."""
        return Counter(person.node for person in self.people)

    @cached_property
    def merged(self) -> Merged:
        """The tree as the first wave may open with it: the rule of the campaign, so the try-out is gone."""
        return self.merged_in(1)

    def merged_in(self, number: int) -> Merged:
        """The tree as wave ``number`` may open with it, with the phases of that wave."""
        return self.plan.campaign_in(number).merged(self.invited)

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The unit of every person after merging, in the order of ``people``."""
        return tuple(self.merged.unit_of[person.node] for person in self.people)

    @cached_property
    def team_numbers(self) -> Integers:
        """A number for the unit of every person."""
        numbers = {unit: number for number, unit in enumerate(dict.fromkeys(self.units))}
        return np.array([numbers[unit] for unit in self.units], dtype=np.int64)

    def inside(self, nodes: frozenset[str]) -> Flags:
        """For every person, whether the roster puts them at one of ``nodes``."""
        return np.array([person.node in nodes for person in self.people], dtype=np.bool_)

    def under(self, node: str) -> Flags:
        """For every person, whether they belong to ``node`` of the merged tree or to anything below it."""
        below = frozenset(self.merged.tree.subtree(node))
        return np.array([unit in below for unit in self.units], dtype=np.bool_)


def build(plan: Plan, seed: int) -> Organisation:
    """The people of ``plan``: ids ``U0001`` … in the order of the tree, names, languages and time zones by ``seed``."""
    chance = stream(seed, "people")
    first = chance.choice(len(FIRST_NAMES), plan.people)
    family = chance.choice(len(FAMILY_NAMES), plan.people)
    english = chance.random(plan.people) < _ENGLISH_SHARE
    abroad = chance.random(plan.people) < _ELSEWHERE_SHARE
    zones = chance.choice(len(_ELSEWHERE), plan.people)
    people: list[Person] = []
    for node in plan.campaign.tree.nodes:
        for place in range(plan.sizes.get(node.id, 0)):
            i = len(people)
            given, surname = FIRST_NAMES[first[i]], FAMILY_NAMES[family[i]]
            people.append(
                Person(
                    member=f"U{i + 1:04d}",
                    name=f"{given.lower()}{i + 1}",
                    real_name=f"{given} {surname}",
                    language=TextLanguage.EN if english[i] else TextLanguage.NL,
                    tz=_ELSEWHERE[zones[i]] if abroad[i] else plan.campaign.schedule.timezone,
                    node=node.id,
                    sceptic=node.id == plan.tryout and place == 0,
                )
            )
    return Organisation(plan, tuple(people))
