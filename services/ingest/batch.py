"""What all partitions of this process gather between two flushes: few large inserts instead of one a partition."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from kafka.consumer.fetcher import ConsumerRecord

from services.ingest.decode import Decoded
from services.ingest.letters import Letter
from services.ingest.tables import DEAD_LETTERS, GONE_WITH_THEIR_WAVE, PERSONAL, Table
from services.ingest.tracker import LowWaterMark


class Entry(NamedTuple):
    """One encoded row, the record that it came from, and the wave that it is of, where its release may outdate it."""

    row: bytes
    record: ConsumerRecord
    wave_id: str | None


@dataclass(frozen=True)
class Limits:
    """When a batch is flushed: whichever comes first."""

    rows: int = 10_000
    size: int = 4_000_000
    seconds: float = 1.0


class Batch:
    """Rows by table, letters for the topic, and every record behind them with the mark of its partition."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.letters: list[Letter] = []
        self.rows = 0
        self.size = 0
        self._entries: dict[Table, list[Entry]] = defaultdict(list)
        self._refused: set[tuple[str, int, int]] = set()
        self._unsettled: list[tuple[LowWaterMark, int]] = []

    def add(self, record: ConsumerRecord, decoded: Decoded | Letter, mark: LowWaterMark) -> None:
        """Take one record in; ``mark`` is told when it is durable."""
        self._unsettled.append((mark, record.offset))
        if isinstance(decoded, Letter):
            self.put_aside(decoded)
            return
        rows, wave_id, _ = decoded
        for table, row in rows:
            self._entries[table].append(Entry(row, record, wave_id))
            self.size += len(row)
        self.rows += len(rows)

    def put_aside(self, letter: Letter) -> None:
        """Make a record a dead letter; rows of it that are still to be written are left out."""
        place = _place(letter.record)
        if place in self._refused:
            return
        self._refused.add(place)
        if letter.restricted:
            self._append(DEAD_LETTERS, Entry(letter.row(), letter.record, letter.wave_id))
        else:
            self.letters.append(letter)
            self.rows += 1
            self.size += len(letter.record.value or b"")

    def entries(self, table: Table) -> list[Entry]:
        """The rows to write to ``table``."""
        entries = self._entries.get(table, [])
        if not self._refused or table is DEAD_LETTERS:
            return entries
        return [entry for entry in entries if _place(entry.record) not in self._refused]

    def drop_outdated(self, released: frozenset[str]) -> Counter[str]:
        """Leave out what would be erased with these waves. Gives how many records of each topic that is."""
        dropped: set[tuple[str, int, int]] = set()
        for table in GONE_WITH_THEIR_WAVE:
            entries = self._entries.get(table, [])
            kept = [entry for entry in entries if entry.wave_id not in released]
            if len(kept) < len(entries):
                dropped |= {_place(entry.record) for entry in entries if entry.wave_id in released}
                self._entries[table] = kept
        return Counter(topic for topic, _, _ in dropped)

    def settle(self) -> None:
        """Everything in it is durable: tell the marks."""
        for mark, offset in self._unsettled:
            mark.settled(offset)
        self._unsettled.clear()

    @property
    def may_be_outdated(self) -> bool:
        """Whether a release could outdate any of it."""
        return any(self._entries.get(table) for table in GONE_WITH_THEIR_WAVE)

    @property
    def people(self) -> int:
        """How many ballots and comments have something in it, counted by their records' keys."""
        return len({entry.record.key for table in PERSONAL for entry in self._entries.get(table, ())})

    @property
    def waves(self) -> frozenset[str]:
        """The waves that something of it belongs to."""
        return frozenset(entry.wave_id for entries in self._entries.values() for entry in entries if entry.wave_id)

    def records(self) -> Iterator[ConsumerRecord]:
        """The records behind its rows and letters; of several rows of one record, it comes several times."""
        for entries in self._entries.values():
            yield from (entry.record for entry in entries)
        yield from (letter.record for letter in self.letters)

    def full(self, limits: Limits) -> bool:
        """Whether it holds as much as it may."""
        return self.rows >= limits.rows or self.size >= limits.size

    def _append(self, table: Table, entry: Entry) -> None:
        self._entries[table].append(entry)
        self.rows += 1
        self.size += len(entry.row)


def _place(record: ConsumerRecord) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset
