"""The simulation: an organisation, its minds and its habits, wave by wave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sandbox.story.arrays import Floats, Integers
from sandbox.story.behaviour import Habits, Sheet, propensities, sheets_of
from sandbox.story.commenting import comments_of
from sandbox.story.events import StoryEvent, events_of
from sandbox.story.organisation import Organisation, build
from sandbox.story.person import Minds, Truth
from sandbox.story.plan import load_bank, zorg
from sandbox.story.randomness import stream
from services.contracts.survey import Item, ItemBank
from services.pulse_bot.answers.openly import open_question

DEFAULT_SEED: Final = 1


@dataclass(frozen=True)
class SimulatedWave:
    """One wave of a simulation.

    ``potential``: what every invited person would answer to each item, in the order of ``organisation.people``;
    ``sheets``: what those who take part press; ``comments``: what some of them write, by member, where the wave has an
    open question.
    """

    organisation: Organisation
    number: int
    id: str
    items: tuple[Item, ...]
    potential: Mapping[str, Integers]
    sheets: tuple[Sheet, ...]
    comments: Mapping[str, str] = field(default_factory=dict)

    @property
    def response(self) -> float:
        """The share of the invited who answered anything."""
        return len(self.sheets) / len(self.organisation.people)


class Simulation:
    """Every wave of an organisation under a seed. ``events`` are the plan's own unless others are given."""

    def __init__(
        self,
        organisation: Organisation,
        bank: ItemBank,
        seed: int,
        *,
        truth: Truth | None = None,
        habits: Habits | None = None,
        events: tuple[StoryEvent, ...] | None = None,
    ) -> None:
        self.organisation = organisation
        self.events = events_of(organisation.plan) if events is None else events
        self._bank = bank
        self._seed = seed
        self._habits = habits or Habits()
        self._minds = Minds(organisation, seed, truth, self.events)

    @cached_property
    def chances(self) -> Floats:
        """Everybody's chance of taking part in a wave."""
        return propensities(self.organisation, self._habits, self._minds.resistance_at_start, self._seed)

    def wave(self, number: int) -> SimulatedWave:
        """Wave ``number`` (from 1): the same whenever and in whatever order it is asked for."""
        campaign = self.organisation.plan.campaign
        items = campaign.items_of(number, self._bank)
        potential = {item.id: self._minds.answers(item, number) for item in items}
        chance = stream(self._seed, "behaviour", number)
        sheets = sheets_of(self.organisation, items, potential, self.chances, self._habits, chance)
        comments: dict[str, str] = {}
        if open_question(number, campaign.open_question_every) is not None:
            comments = comments_of(self.organisation, sheets, stream(self._seed, "comments", number))
        return SimulatedWave(self.organisation, number, campaign.wave_id(number), items, potential, sheets, comments)


def simulation_of(seed: int = DEFAULT_SEED, *, more_waves: int = 0) -> Simulation:
    """The story of the demo under a seed; ``more_waves`` are planned after those of the story."""
    return Simulation(build(zorg().with_more_waves(more_waves), seed), load_bank(), seed)
