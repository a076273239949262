"""What each person truly thinks, wave by wave, and what they would answer.

A linear model on a standard normal scale (ordered probit): at the start the variance over people of what is answered
to one item is 1, of which ``team_sd²`` lies between teams, ``person_sd²`` between the people of a team,
``occasion_sd²`` between the waves of one person, and the rest is the item's own. High is more of the item's measure.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from sandbox.story.arrays import Floats, Integers
from sandbox.story.events import StoryEvent
from sandbox.story.organisation import Organisation
from sandbox.story.randomness import normal_scores, stream
from sandbox.story.thresholds import cuts_of
from services.contracts.survey import Item, Measure, Polarity

_DRIFT: Final = {"resistance": -0.02, "trust": 0.01, "experience": 0.03}
_PILOT: Final = {"resistance": -0.20, "trust": 0.16, "experience": 0.30, "competence": -0.10, "usage": 0.20}


@dataclass(frozen=True)
class Truth:
    """The given truth, in standard deviations of the start.

    ``drift`` shifts everybody per wave, ``pilot`` those in a pilot team per wave in phase ``pilot``, ``conversion``
    the sceptic per wave after the try-out began; ``events`` those whom they reach, from the next wave on, times the
    person's susceptibility (between ½ and 1½). Keys are measures, drivers and facets. Raises ValueError when the
    stable parts leave no room for the item's own variance.
    """

    team_sd: float = 0.25
    person_sd: float = 0.75
    occasion_sd: float = 0.30
    trust_with_resistance: float = -0.6
    driver_weight: float = 0.6
    drift: Mapping[str, float] = field(default_factory=lambda: _DRIFT)
    pilot: Mapping[str, float] = field(default_factory=lambda: _PILOT)
    conversion: Mapping[str, float] = field(default_factory=lambda: {"resistance": -0.7, "trust": 0.6})

    def __post_init__(self) -> None:
        if not 0.0 < self.item_variance <= 1.0:
            raise ValueError("team_sd² + person_sd² + occasion_sd² must stay below 1")

    @property
    def item_variance(self) -> float:
        """What is left for the item's own variance."""
        return 1.0 - self.team_sd**2 - self.person_sd**2 - self.occasion_sd**2


class Minds:
    """The attitudes of the people of an organisation; every array has one entry a person, in their order."""

    def __init__(
        self, organisation: Organisation, seed: int, truth: Truth | None = None, events: tuple[StoryEvent, ...] = ()
    ) -> None:
        self._organisation = organisation
        self._seed = seed
        self._truth = truth or Truth()
        self._events = events

    def answers(self, item: Item, number: int) -> Integers:
        """What everybody would answer to ``item`` in wave ``number``: 1..m."""
        agreement = self._level(item, number) * (1.0 if item.polarity is Polarity.MORE else -1.0)
        return np.searchsorted(cuts_of(item), agreement).astype(np.int64) + 1

    @cached_property
    def resistance_at_start(self) -> Floats:
        """The stable part of everybody's resistance, before anything happens."""
        return self._stable[Measure.RESISTANCE]

    def _level(self, item: Item, number: int) -> Floats:
        truth = self._truth
        measure = self._stable[item.measure] + self._occasion(item.measure.value, number)
        shift = self._shift(item.measure.value, number)
        noise = self._noise(number, "item", item.id) * math.sqrt(truth.item_variance)
        if item.driver is None:
            return measure + shift + noise
        own = self._parts(item.driver) + self._occasion(item.driver, number)
        common = math.sqrt(1.0 - truth.driver_weight**2)
        driver_shift = self._shift(item.driver, number)
        return common * (measure + shift) + truth.driver_weight * own + driver_shift + noise

    @cached_property
    def _stable(self) -> Mapping[Measure, Floats]:
        with_resistance = self._truth.trust_with_resistance
        own = math.sqrt(1.0 - with_resistance**2)
        resistance = self._with_the_sceptic_first(self._parts("resistance"))
        return {
            Measure.RESISTANCE: resistance,
            Measure.TRUST: with_resistance * resistance + own * self._parts("trust"),
            Measure.EXPERIENCE: with_resistance * resistance + own * self._parts("experience"),
        }

    def _parts(self, what: str) -> Floats:
        """Team effect and person effect of a measure or driver; over all people their mean is 0."""
        people = len(self._organisation.people)
        team = self._organisation.team_numbers
        effects = normal_scores(int(team.max()) + 1, stream(self._seed, "team", what))[team] * self._truth.team_sd
        persons = normal_scores(people, stream(self._seed, "person", what)) * self._truth.person_sd
        parts: Floats = effects - effects.mean() + persons
        return parts

    def _with_the_sceptic_first(self, resistance: Floats) -> Floats:
        """The same levels, exchanged inside the team of the try-out so that its sceptic has the highest."""
        levels = resistance.copy()
        for i, person in enumerate(self._organisation.people):
            if person.sceptic:
                team = self._organisation.team_numbers
                inside = np.flatnonzero(team == team[i])
                most = int(inside[np.argmax(levels[inside])])
                levels[[i, most]] = levels[[most, i]]
        return levels

    def _occasion(self, what: str, number: int) -> Floats:
        return self._noise(number, "occasion", what) * self._truth.occasion_sd

    def _noise(self, number: int, *purpose: str) -> Floats:
        return stream(self._seed, *purpose, number).standard_normal(len(self._organisation.people))

    @cached_property
    def _susceptibility(self) -> Floats:
        return stream(self._seed, "susceptibility").uniform(0.5, 1.5, len(self._organisation.people))

    def _shift(self, what: str, number: int) -> Floats:
        """How far the story has moved everybody by wave ``number``."""
        organisation, plan, truth = self._organisation, self._organisation.plan, self._truth
        shift = np.full(len(organisation.people), truth.drift.get(what, 0.0) * (number - 1))
        # Half a wave's worth in the first one: it opens when the pilot does.
        in_pilot = max(0.0, number - plan.pilot_from + 0.5)
        moved = truth.pilot.get(what, 0.0) * in_pilot * organisation.inside(plan.pilot_nodes())
        for event in self._events:
            if event.number < number and what in event.effects:
                reached = frozenset(n for node in event.audience for n in plan.campaign.tree.subtree(node))
                moved = moved + event.effects[what] * organisation.inside(reached)
        shift += moved * self._susceptibility
        converted = truth.conversion.get(what, 0.0) * max(0, number - plan.tryout_from)
        shift += converted * np.array([person.sceptic for person in organisation.people])
        return shift
