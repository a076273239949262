"""A record as what is to be stored of it."""

import struct
from typing import Final, NamedTuple

from kafka.consumer.fetcher import ConsumerRecord

from services.contracts.events import AnswerGiven, BallotWithdrawn, CommentGiven, WaveClosed
from services.contracts.topics import TopicName
from services.contracts.wire import InvalidRecord, parse
from services.ingest.letters import Letter
from services.ingest.rows import Place, rows_of
from services.ingest.tables import Table
from services.ingest.waves import KnownWaves

_OUTDATED: Final = (AnswerGiven, BallotWithdrawn, CommentGiven, WaveClosed)


class Decoded(NamedTuple):
    """A valid record: its rows, and the wave whose release outdates those that retention would erase with it."""

    rows: tuple[tuple[Table, bytes], ...]
    wave_id: str | None
    unknown_fields: int


def decode(record: ConsumerRecord, waves: KnownWaves) -> Decoded | Letter:
    """What is to be stored of the record, or the dead letter that it becomes."""
    try:
        parsed = parse(TopicName(record.topic), record.value)
        event = parsed.event
        if isinstance(event, AnswerGiven) and (fault := waves.fault(event)) is not None:
            return Letter(record, "outside_wave", fault)
        rows = tuple(rows_of(event, Place(record.topic, record.partition)))
    except InvalidRecord as invalid:
        return Letter(record, invalid.error_class, invalid.text)
    except (struct.error, UnicodeEncodeError, OverflowError, ValueError) as error:
        return Letter(record, "outside_column", f"a field does not fit its column ({type(error).__name__})")
    wave_id = event.wave_id if isinstance(event, _OUTDATED) else None
    return Decoded(rows, wave_id, len(parsed.unknown_fields))
