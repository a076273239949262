"""The tables that ingest writes, and how a row is encoded: RowBinary, which is typed and takes any bytes."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

_EPOCH: Final = date(1970, 1, 1)
_BOOL: Final = struct.Struct("<?")
_U16: Final = struct.Struct("<H")
_U32: Final = struct.Struct("<I")
_I64: Final = struct.Struct("<q")
_F64: Final = struct.Struct("<d")


def text(value: str | bytes) -> bytes:
    """String: the length as a varint, then the bytes."""
    raw = value.encode() if isinstance(value, str) else value
    length, head = len(raw), bytearray()
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + raw


def fixed(value: str) -> bytes:
    """FixedString of exactly this many ASCII characters."""
    return value.encode("ascii")


def nullable_u8(value: int | None) -> bytes:
    """Nullable(UInt8). Raises struct.error outside 0..255."""
    return b"\x01" if value is None else struct.pack("<BB", 0, value)


def day(value: date) -> bytes:
    """Date. Raises struct.error before 1970 or after 2149."""
    return _U16.pack((value - _EPOCH).days)


def moment(value: datetime) -> bytes:
    """DateTime64(3, 'UTC') of an aware time; parts of a millisecond are cut off."""
    return _I64.pack(int(value.astimezone(UTC).timestamp() * 1000))


Encoder = Callable[[Any], bytes]


@dataclass(frozen=True, eq=False)  # each table is one object: compared and hashed as such, once a record
class Table:
    """A table and its columns in the order of a row's values."""

    database: str
    name: str
    columns: tuple[tuple[str, Encoder], ...]

    def row(self, *values: Any) -> bytes:
        """One encoded row. Raises struct.error, UnicodeEncodeError or ValueError for a value outside its column."""
        return b"".join(encode(value) for (_, encode), value in zip(self.columns, values, strict=True))

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


INVITED: Final = Table("pulse_ballots", "invited", (("wave_id", text), ("node_id", text), ("invited", _U32.pack)))
NODES: Final = Table(
    "pulse_facts",
    "nodes",
    (
        ("wave_id", text),
        ("node_id", text),
        ("position", _U32.pack),
        ("parent", text),
        ("name_nl", text),
        ("name_en", text),
        ("phase", text),
        ("cadence", text),
    ),
)
WAVES: Final = Table(
    "pulse_facts",
    "waves",
    (
        ("wave_id", text),
        ("campaign_id", text),
        ("title_nl", text),
        ("title_en", text),
        ("opens_at", moment),
        ("closes_at", moment),
        ("items", text),
        ("score_floor", _U16.pack),
        ("distribution_floor", _U16.pack),
        ("imported", _BOOL.pack),
    ),
)
UNIT_COUNTS: Final = Table(
    "pulse_ballots",
    "unit_counts",
    (("wave_id", text), ("node_id", text), ("acknowledged", _U32.pack), ("with_revision", _U32.pack)),
)
WAVE_CLOSES: Final = Table("pulse_facts", "wave_closes", (("wave_id", text), ("closed_at", moment)))
ANSWERS: Final = Table(
    "pulse_ballots",
    "answers",
    (
        ("wave_id", text),
        ("ballot_id", fixed),
        ("node_id", text),
        ("item_id", text),
        ("value", nullable_u8),
        ("revision", _U32.pack),
    ),
)
WITHDRAWALS: Final = Table(
    "pulse_ballots", "withdrawals", (("wave_id", text), ("ballot_id", fixed), ("revision", _U32.pack))
)
COMMENTS: Final = Table(
    "pulse_ballots", "comments", (("wave_id", text), ("comment_id", fixed), ("question", text), ("text", text))
)
ANNOUNCEMENTS: Final = Table(
    "pulse_facts",
    "announcements",
    (("announcement_id", text), ("event_type", text), ("at", moment), ("payload", text)),
)
OUTCOMES: Final = Table(
    "pulse_facts",
    "outcomes",
    (
        ("outcome_id", text),
        ("node_id", text),
        ("measure", text),
        ("value", _F64.pack),
        ("unit", text),
        ("period_start", day),
        ("period_end", day),
    ),
)
DEAD_LETTERS: Final = Table(
    "pulse_ballots",
    "dead_letters",
    (
        ("topic", text),
        ("record_hash", fixed),
        ("wave_id", text),
        ("key", text),
        ("raw", text),
        ("error_class", text),
        ("error_text", text),
        ("software", text),
    ),
)
WAVE_ENDS: Final = Table("pulse_facts", "wave_ends", (("wave_id", text), ("topic", text), ("partition", _U16.pack)))

GONE_WITH_THEIR_WAVE: Final = (UNIT_COUNTS, ANSWERS, WITHDRAWALS, COMMENTS, DEAD_LETTERS)
"""What retention erases of a released wave: rows of it that come later, from a replay, are never stored."""

PERSONAL: Final = (ANSWERS, WITHDRAWALS, COMMENTS, DEAD_LETTERS)
"""Tables of which a row is of one person."""

FACT_ORDER: Final = (
    INVITED,
    NODES,
    WAVES,
    UNIT_COUNTS,
    WAVE_CLOSES,
    ANSWERS,
    WITHDRAWALS,
    COMMENTS,
    ANNOUNCEMENTS,
    OUTCOMES,
)
"""The order of writing a batch: readers join on the rows of waves and wave_closes, so what belongs to them goes first.

Dead letters follow, and the wave_ends last of all: they say that everything before them is durable.
"""
