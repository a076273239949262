"""An event as rows of tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from services.contracts import events
from services.ingest import tables
from services.ingest.tables import Table

_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """The partition that an event came from."""

    topic: str
    partition: int


def rows_of(event: events.Event, place: Place) -> Iterator[tuple[Table, bytes]]:
    """The rows that store ``event``. Raises struct.error or ValueError for a value outside its column."""
    match event:
        case events.AnswerGiven():
            yield (
                tables.ANSWERS,
                tables.ANSWERS.row(
                    event.wave_id, event.ballot_id, event.node_id, event.item_id, event.value, event.revision
                ),
            )
        case events.BallotWithdrawn():
            yield tables.WITHDRAWALS, tables.WITHDRAWALS.row(event.wave_id, event.ballot_id, event.revision)
        case events.WaveEnd():
            yield tables.WAVE_ENDS, tables.WAVE_ENDS.row(event.wave_id, place.topic, place.partition)
        case events.CommentGiven():
            yield (
                tables.COMMENTS,
                tables.COMMENTS.row(event.wave_id, event.comment_id, event.question, event.text),
            )
        case events.WaveOpened():
            yield from _opened(event)
        case events.WaveClosed():
            for unit in event.units:
                counts = (unit.acknowledged, unit.with_revision)
                yield tables.UNIT_COUNTS, tables.UNIT_COUNTS.row(event.wave_id, unit.node_id, *counts)
            yield tables.WAVE_CLOSES, tables.WAVE_CLOSES.row(event.wave_id, event.closed_at)
        case events.OutcomeMeasured():
            period = (event.period_start, event.period_end)
            outcome = (event.outcome_id, event.node_id, event.measure, event.value, event.unit, *period)
            yield tables.OUTCOMES, tables.OUTCOMES.row(*outcome)
        case _:
            subject, at = _announced(event)
            payload = event.model_dump_json(exclude={"event_id"})
            event_type = orjson.loads(payload)["type"]
            yield tables.ANNOUNCEMENTS, tables.ANNOUNCEMENTS.row(subject, event_type, at, payload)


def _opened(event: events.WaveOpened) -> Iterator[tuple[Table, bytes]]:
    for position, node in enumerate(event.nodes):
        described = (node.parent or "", node.name.nl, node.name.en, node.phase or "", node.cadence)
        yield tables.INVITED, tables.INVITED.row(event.wave_id, node.id, node.invited)
        yield tables.NODES, tables.NODES.row(event.wave_id, node.id, position, *described)
    items = orjson.dumps([item.model_dump(mode="json") for item in event.items])
    titles = (event.title.nl, event.title.en)
    rules = (event.thresholds.score, event.thresholds.distribution, event.imported)
    times = (event.opens_at, event.closes_at)
    yield (
        tables.WAVES,
        tables.WAVES.row(event.wave_id, event.campaign_id, *titles, *times, items, *rules),
    )


def _announced(event: events.Event) -> tuple[str, datetime]:
    """What the event is about, and its campaign time; a draft has none yet."""
    match event:
        case events.AnnouncementDrafted():
            return event.announcement_id, _NO_TIME
        case events.AnnouncementPublished():
            return event.announcement_id, event.published_at
        case events.AnnouncementCorrected():
            return event.announcement_id, event.corrected_at
        case events.ReactionsCounted():
            return event.announcement_id, event.as_of
        case events.ConcernAnswered():
            return event.concern_id, event.answered_at
        case events.PromiseRecorded():
            return event.promise_id, event.recorded_at
        case _:
            raise ValueError(f"there is no table for a {type(event).__name__}")
