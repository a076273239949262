"""Facts that are nobody's secret: announcements, concerns answered in public, promises, outcomes, phases of teams."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import structlog
from pydantic import ValidationError

from services.contracts.events import (
    AnnouncementCorrected,
    AnnouncementPublished,
    ConcernAnswered,
    Event,
    PromiseRecorded,
    ReactionsCounted,
)

_log = structlog.get_logger(__name__)

_READ: Final[Mapping[str, type[Event]]] = {
    "announcement.published": AnnouncementPublished,
    "announcement.corrected": AnnouncementCorrected,
    "announcement.reactions": ReactionsCounted,
    "concern.answered": ConcernAnswered,
    "promise.recorded": PromiseRecorded,
}
"""Event types that the API reads; a draft is nobody's business until it is published."""


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement as it reads now, with the last count of reactions to it."""

    published: AnnouncementPublished
    corrected_at: datetime | None = None
    reactions: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class MeasuredOutcome:
    """A business figure of a node over a period."""

    outcome_id: str
    node_id: str
    measure: str
    value: float
    unit: str
    period_start: date
    period_end: date


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything in the order of time; `promises` with every state that was recorded of each."""

    announcements: tuple[Announced, ...] = ()
    concerns: tuple[ConcernAnswered, ...] = ()
    promises: tuple[PromiseRecorded, ...] = ()
    outcomes: tuple[MeasuredOutcome, ...] = ()

    def promises_at(self, moment: datetime | None = None) -> list[PromiseRecorded]:
        """The last state of every promise that had been made by then, in the order in which they were made."""
        states: dict[str, PromiseRecorded] = {}
        for promise in self.promises:
            if moment is None or promise.recorded_at <= moment:
                states[promise.promise_id] = promise
        return list(states.values())


def facts_of(payloads: Iterable[tuple[str, str]], outcomes: Iterable[MeasuredOutcome]) -> Facts:
    """Facts from rows (event type, JSON). One that cannot be read is left out and logged by its type."""
    events = [event for kind, payload in payloads if (event := _event(kind, payload)) is not None]
    promises = [event for event in events if isinstance(event, PromiseRecorded)]
    concerns = {event.concern_id: event for event in events if isinstance(event, ConcernAnswered)}
    return Facts(
        announcements=_announcements(events),
        concerns=tuple(sorted(concerns.values(), key=lambda one: (one.answered_at, one.concern_id))),
        promises=tuple(sorted(promises, key=lambda one: (one.recorded_at, one.promise_id))),
        outcomes=tuple(sorted(outcomes, key=lambda one: (one.period_end, one.outcome_id))),
    )


def _event(kind: str, payload: str) -> Event | None:
    model = _READ.get(kind)
    if model is None:
        return None
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        _log.warning("a stored fact cannot be read and is left out", type=kind, faults=error.error_count())
        return None


def _announcements(events: Iterable[Event]) -> tuple[Announced, ...]:
    first: dict[str, AnnouncementPublished] = {}
    corrections: dict[str, AnnouncementCorrected] = {}
    counts: dict[str, ReactionsCounted] = {}
    for event in events:
        match event:
            case AnnouncementPublished():
                first.setdefault(event.announcement_id, event)
            case AnnouncementCorrected():
                known = corrections.get(event.announcement_id)
                if known is None or known.corrected_at < event.corrected_at:
                    corrections[event.announcement_id] = event
            case ReactionsCounted():
                counted = counts.get(event.announcement_id)
                if counted is None or counted.as_of < event.as_of:
                    counts[event.announcement_id] = event
    for identifier, event in corrections.items():
        first[identifier] = AnnouncementPublished(**event.model_dump(exclude={"type", "corrected_at"}))
    found = [
        Announced(
            published,
            corrections[identifier].corrected_at if identifier in corrections else None,
            counts[identifier].reactions if identifier in counts else None,
        )
        for identifier, published in first.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.published.published_at, one.published.announcement_id)))
