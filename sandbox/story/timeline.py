"""What happens when in one wave of the story, in campaign time."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.story.behaviour import Sheet
from sandbox.story.events import StoryEvent
from sandbox.story.simulation import SimulatedWave

AFTER_OPENING: Final = timedelta(hours=4)
"""By then it is past the sending hour in every time zone of the people."""


@dataclass(frozen=True)
class Moment:
    """A moment of campaign time: what is announced by then, and who answers."""

    at: datetime
    events: tuple[StoryEvent, ...] = ()
    sheets: tuple[Sheet, ...] = ()


def moments_of(wave: SimulatedWave, events: tuple[StoryEvent, ...]) -> tuple[Moment, ...]:
    """The days of a wave on which something happens, in order; the first one is always there."""
    plan = wave.organisation.plan
    opens = plan.campaign.schedule.opens_at(wave.number)
    sheets: dict[int, list[Sheet]] = defaultdict(list)
    announced: dict[int, list[StoryEvent]] = defaultdict(list)
    for sheet in wave.sheets:
        sheets[sheet.day].append(sheet)
    for event in events:
        if event.number == wave.number:
            announced[event.day].append(event)
    return tuple(
        Moment(opens + timedelta(days=day) + AFTER_OPENING, tuple(announced[day]), tuple(sheets[day]))
        for day in sorted({0, *sheets, *announced})
    )
