"""Writing a batch: every table in its order, bad rows found by bisection, and the closing markers last of all."""

from collections.abc import Sequence
from typing import Protocol

from services.ingest.batch import Batch, Entry
from services.ingest.errors import IngestStopped, Rejected
from services.ingest.letters import Letter, LetterBox
from services.ingest.tables import DEAD_LETTERS, FACT_ORDER, WAVE_ENDS, Table
from services.ingest.telemetry import DEAD_LETTERS as DEAD_LETTERS_COUNTED
from services.ingest.telemetry import RECORDS
from services.ingest.waves import KnownWaves


class Store(Protocol):
    """Where rows go."""

    def insert(self, table: Table, rows: Sequence[bytes]) -> None:
        """Return only when the rows are durable: all of them or none, and twice is as good as once.

        Raises Unavailable (try again), Rejected (some row is bad), IngestStopped (nothing will help).
        """


class Writer:
    """Makes a batch durable: facts and ballots, then dead letters, then the markers that say so."""

    def __init__(self, store: Store, letters: LetterBox, waves: KnownWaves) -> None:
        self._store = store
        self._letters = letters
        self._waves = waves

    def write(self, batch: Batch) -> None:
        """Return only when everything in the batch is durable or needs no storing.

        Raises Unavailable: call again with the same batch, what was written already does no harm. Raises IngestStopped.
        """
        if batch.may_be_outdated:
            for topic, dropped in batch.drop_outdated(self._waves.released()).items():
                RECORDS.labels(topic, "released").inc(dropped)
        for table in FACT_ORDER:
            for letter in self._insert(table, batch.entries(table)):
                DEAD_LETTERS_COUNTED.labels(letter.record.topic, letter.error_class).inc()
                batch.put_aside(letter)
        self._insert_whole(DEAD_LETTERS, batch)
        if batch.letters:
            self._letters.send(batch.letters)
        self._insert_whole(WAVE_ENDS, batch)

    def _insert(self, table: Table, entries: Sequence[Entry]) -> list[Letter]:
        """Insert all but the bad rows, and give these as letters: halves are tried until single rows are left."""
        if not entries:
            return []
        try:
            self._store.insert(table, [entry.row for entry in entries])
        except Rejected as rejected:
            if len(entries) == 1:
                return [Letter(entries[0].record, rejected.error_class, f"{table} refuses a row of it")]
            middle = len(entries) // 2
            return self._insert(table, entries[:middle]) + self._insert(table, entries[middle:])
        return []

    def _insert_whole(self, table: Table, batch: Batch) -> None:
        entries = batch.entries(table)
        if not entries:
            return
        try:
            self._store.insert(table, [entry.row for entry in entries])
        except Rejected as rejected:
            raise IngestStopped(
                f"Ingest has stopped: {table} refuses rows ({rejected.error_class}), so nothing can be put aside. "
                "Nothing is lost. Compare the table with the migrations (`draagvlak migrate status`)."
            ) from rejected
