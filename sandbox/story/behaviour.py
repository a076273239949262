"""How people deal with a wave: who takes part and when, what they skip, change, and press twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sandbox.story.arrays import Flags, Floats, Integers
from sandbox.story.organisation import Organisation
from sandbox.story.randomness import normal_scores, stream
from services.contracts.survey import Item

DAYS_BEFORE_REMINDER: Final = (0, 1, 2)
DAYS_AFTER_REMINDER: Final = (4, 5)


@dataclass(frozen=True)
class Habits:
    """Shares of people, of questions and of presses, all between 0 and 1.

    ``selection`` is the correlation between not taking part and resistance at the start. It is 0 unless a test asks
    for it: no interval of a survey covers what the silent would have said.
    """

    response: float = 0.72
    response_spread: float = 1.0
    selection: float = 0.0
    before_reminder: float = 0.65
    rather_not_say: float = 0.03
    stops_half_way: float = 0.03
    changes: float = 0.10
    presses_twice: float = 0.05


@dataclass(frozen=True)
class Tap:
    """One press of a button: the answer to an item; None is "rather not say". ``twice``: a double click."""

    item_id: str
    value: int | None
    twice: bool


@dataclass(frozen=True)
class Sheet:
    """How one person answers in one wave: ``day`` (from the opening), the first round of taps, and the second one of
    those who change their answers (all questions again; the last answer counts)."""

    member: str
    person: int
    day: int
    taps: tuple[Tap, ...]
    again: tuple[Tap, ...] = ()

    @property
    def final(self) -> dict[str, int | None]:
        """The answer that stands for every item answered."""
        return {tap.item_id: tap.value for tap in (*self.taps, *self.again)}

    @property
    def presses(self) -> int:
        """How often a button is pressed, double clicks included."""
        return sum(2 if tap.twice else 1 for tap in (*self.taps, *self.again))


def propensities(organisation: Organisation, habits: Habits, resistance: Floats, seed: int) -> Floats:
    """Everybody's chance of taking part in a wave; logit-normal, with ``habits.response`` as its mean.

    Raises ValueError for a response that is not between 0 and 1, both excluded.
    """
    if not 0.0 < habits.response < 1.0:
        raise ValueError(f"a response of {habits.response}; it lies between 0 and 1")
    own = normal_scores(len(organisation.people), stream(seed, "propensity"))
    against = (resistance - resistance.mean()) / (resistance.std() or 1.0)
    keen = np.sqrt(1.0 - habits.selection**2) * own - habits.selection * against
    spread = habits.response_spread * keen

    low, high = -20.0, 20.0
    while high - low > 1e-9:
        centre = (low + high) / 2
        if _logistic(centre + spread).mean() < habits.response:
            low = centre
        else:
            high = centre
    return _logistic(low + spread)


def _logistic(values: Floats) -> Floats:
    chances: Floats = 1.0 / (1.0 + np.exp(-values))
    return chances


def sheets_of(  # noqa: PLR0917 - what a wave depends on, one by one
    organisation: Organisation,
    items: tuple[Item, ...],
    potential: Mapping[str, Integers],
    chances: Floats,
    habits: Habits,
    chance: np.random.Generator,
) -> tuple[Sheet, ...]:
    """The sheets of those who take part in one wave, in the order of the people; ``chance`` is the wave's own."""
    dice = _Dice(len(organisation.people), len(items), habits, chances, chance)
    sheets: list[Sheet] = []
    for i, person in enumerate(organisation.people):
        if not dice.takes_part[i]:
            continue
        final = tuple(
            Tap(item.id, None if dice.withheld[i, j] else int(potential[item.id][i]), bool(dice.twice[i, 0, j]))
            for j, item in enumerate(items)
        )
        if dice.stops[i]:
            sheets.append(Sheet(person.member, i, int(dice.day[i]), final[: int(dice.stops_after[i])]))
        elif dice.changes[i]:
            first = tuple(
                Tap(tap.item_id, _other(tap.value, int(dice.nudge[i, j]), items[j].points), bool(dice.twice[i, 1, j]))
                for j, tap in enumerate(final)
            )
            sheets.append(Sheet(person.member, i, int(dice.day[i]), first, final))
        else:
            sheets.append(Sheet(person.member, i, int(dice.day[i]), final))
    return tuple(sheets)


class _Dice:
    """Every throw of one wave, for all people at once, so that one habit changes nothing about another."""

    def __init__(self, people: int, items: int, habits: Habits, chances: Floats, chance: np.random.Generator) -> None:
        self.takes_part: Flags = chance.random(people) < chances
        early: Flags = chance.random(people) < habits.before_reminder
        soon = chance.choice(DAYS_BEFORE_REMINDER, people, p=(0.6, 0.25, 0.15))
        late = chance.choice(DAYS_AFTER_REMINDER, people, p=(0.7, 0.3))
        self.day: Integers = np.where(early, soon, late).astype(np.int64)
        self.withheld: Flags = chance.random((people, items)) < habits.rather_not_say
        self.stops: Flags = chance.random(people) < habits.stops_half_way
        self.stops_after: Integers = chance.integers(1, max(2, items), people)
        self.changes: Flags = chance.random(people) < habits.changes
        self.nudge: Integers = chance.integers(-1, 2, (people, items))
        self.twice: Flags = chance.random((people, 2, items)) < habits.presses_twice


def _other(value: int | None, nudge: int, points: int) -> int | None:
    """A first answer that is changed later: a point to the side, or the same."""
    return None if value is None else min(points, max(1, value + nudge))
