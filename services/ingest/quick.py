"""Answers in the very form that our own writers give them, checked and encoded without building an event.

What is matched here is exactly what the contract accepts: the pattern holds the patterns of the contract, in the order
in which the model writes its fields, so that there is no other field, no field twice, no character that the contract
refuses. Everything else, valid or not, takes the way of ``decode``. tests/unit/ingest/test_quick.py holds the two
together.
"""

import re
import struct
from typing import Final, NamedTuple

from services.ingest.decode import Decoded
from services.ingest.tables import ANSWERS, nullable_u8, text
from services.ingest.waves import LARGEST_VALUE, KnownWaves

_ANSWER: Final = re.compile(
    rb'\{"version":1,'
    rb'"event_id":"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",'
    rb'"type":"answer\.given",'
    rb'"wave_id":"([a-z0-9][a-z0-9-]{0,62})",'
    rb'"ballot_id":"([0-9a-f]{32})",'
    rb'"node_id":"([A-Za-z0-9][A-Za-z0-9_.+-]{0,126})",'
    rb'"item_id":"([A-Za-z][A-Za-z0-9_]{0,31})",'
    rb'"value":(null|[1-9]|1[01]),'
    rb'"revision":(0|[1-9][0-9]{0,8})\}'  # at most 9 digits: any such number fits the column
).fullmatch
_VALUES: Final = {b"null": nullable_u8(None)} | {
    b"%d" % value: nullable_u8(value) for value in range(1, LARGEST_VALUE + 1)
}
_REVISION: Final = struct.Struct("<I").pack
_LARGEST_CACHE: Final = 10_000


class _Question(NamedTuple):
    """What all answers to one item from one node of a wave share."""

    wave_id: str
    wave_part: bytes
    node_and_item: bytes
    refused: frozenset[bytes]
    """The values that the wave does not offer."""


class QuickAnswers:
    """Remembers the parts of rows that repeat, for as long as the knowledge of waves stands."""

    def __init__(self, waves: KnownWaves) -> None:
        self._waves = waves
        self._questions: dict[tuple[bytes, bytes, bytes], _Question | None] = {}
        self._edition = -1

    def decode(self, raw: bytes | None) -> Decoded | None:
        """The row of an answer that is in the usual form and right; None: it must go the long way."""
        found = _ANSWER(raw) if raw is not None else None
        if found is None:
            return None
        wave, ballot, node, item, value, revision = found.groups()
        if self._edition != self._waves.edition or len(self._questions) > _LARGEST_CACHE:
            self._questions.clear()
            self._edition = self._waves.edition
        place = (wave, node, item)
        try:
            question = self._questions[place]
        except KeyError:
            question = self._questions[place] = self._question(wave.decode(), node.decode(), item.decode())
        if question is None or value in question.refused:
            return None
        row = question.wave_part + ballot + question.node_and_item + _VALUES[value] + _REVISION(int(revision))
        return Decoded(((ANSWERS, row),), question.wave_id, 0)

    def _question(self, wave_id: str, node_id: str, item_id: str) -> _Question | None:
        """None where the wave does not ask this of this node."""
        points = self._waves.largest_value(wave_id, node_id, item_id)
        if points is None:
            return None
        refused = frozenset(b"%d" % value for value in range(points + 1, LARGEST_VALUE + 1))
        return _Question(wave_id, text(wave_id), text(node_id) + text(item_id), refused)
