"""A record as what is to be stored of it."""

import struct
from typing import NamedTuple

from kafka.consumer.fetcher import ConsumerRecord

from services.contracts.events import AnswerGiven, BallotWithdrawn
from services.contracts.topics import TopicName
from services.contracts.wire import InvalidRecord, parse
from services.ingest.letters import Letter
from services.ingest.rows import Place, rows_of
from services.ingest.tables import Table
from services.ingest.waves import KnownWaves


class Decoded(NamedTuple):
    """A valid record: its rows, and the wave that it is a ballot of (None for all that no release can outdate)."""

    rows: tuple[tuple[Table, bytes], ...]
    ballot_of: str | None
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
    ballot_of = event.wave_id if isinstance(event, AnswerGiven | BallotWithdrawn) else None
    return Decoded(rows, ballot_of, len(parsed.unknown_fields))
