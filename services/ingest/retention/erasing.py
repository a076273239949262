"""Erasing in ClickHouse, and reading afterwards that it is gone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from services.ingest.retention.planning import TABLES, Erasure, ReleasedWave, Table
from services.runtime.clickhouse import sql

_SQL: Final = "services.ingest.retention.sql"
_PIECE: Final = 500


class NotErased(RuntimeError):
    """Rows are still there after they were erased; the text names table and wave."""


class Ballots:
    """The restricted tables, as the role of retention sees them. All methods raise clickhouse-connect's errors."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def released(self) -> tuple[ReleasedWave, ...]:
        """Every released wave, earliest release first."""
        return tuple(ReleasedWave(wave, _utc(at)) for wave, at in self._rows("released_waves"))

    def unreleased(self) -> tuple[str, ...]:
        """Waves that are open, or closed and not released yet."""
        return tuple(wave for (wave,) in self._rows("unreleased_waves"))

    def rows_of(self, erasure: Erasure) -> int:
        """How many rows there are to erase."""
        return sum(self._count(table, erasure.wave_id) for table in TABLES[erasure.kind])

    def erase(self, erasure: Erasure) -> None:
        """Erase, and read that nothing is left; tables without rows of the wave are left alone. Raises NotErased."""
        for table in TABLES[erasure.kind]:
            if not self._count(table, erasure.wave_id):
                continue
            statement = "drop_partition" if table.by_partition else "delete_rows"
            self._command(statement, table=table.name, wave=erasure.wave_id)
            rows, parts = self._count(table, erasure.wave_id), self._parts(table, erasure.wave_id)[0]
            if rows or (table.by_partition and parts):
                raise NotErased(f"{table.name}: {rows} rows in {parts} parts of {erasure.wave_id} are still there")

    def on_disk_yet(self) -> int:
        """Parts of any of these tables that nobody can read any more and that ClickHouse is about to remove."""
        tables = {table for kind in TABLES.values() for table in kind}
        return sum(self._parts(table, "")[1] for table in tables)

    def note_unclaimed(self, today: date) -> None:
        """Note from when on letters of no known wave have been there."""
        self._command("see_unclaimed", today=today)

    def unclaimed(self, until: date) -> tuple[str, ...]:
        """Letters of no known wave that were there on ``until`` already."""
        return tuple(letter for (letter,) in self._rows("unclaimed", until=until))

    def erase_unclaimed(self, until: date) -> None:
        """Erase them, and read that none is left. Raises NotErased."""
        self._delete("delete_unclaimed", self.unclaimed(until))
        left = self.unclaimed(until)
        if left:
            raise NotErased(f"dead_letters: {len(left)} letters of no known wave are still there")
        self._delete("forget_unclaimed", tuple(letter for (letter,) in self._rows("gone_unclaimed")))

    def _delete(self, name: str, hashes: Sequence[str]) -> None:
        """In pieces: a subquery in a deletion is no deterministic one, which replicated tables refuse."""
        for start in range(0, len(hashes), _PIECE):
            self._command(name, hashes=list(hashes[start : start + _PIECE]))

    def _count(self, table: Table, wave_id: str) -> int:
        return int(self._rows("rows", table=table.name, wave=wave_id)[0][0])

    def _parts(self, table: Table, wave_id: str) -> tuple[int, int]:
        active, replaced = self._rows("parts", table=table.name, wave=wave_id)[0]
        return active, replaced

    def _rows(self, name: str, **parameters: Any) -> Sequence[Any]:
        return self._client.query(sql(_SQL, name), parameters=parameters).result_rows

    def _command(self, name: str, **parameters: Any) -> None:
        self._client.command(sql(_SQL, name), parameters=parameters)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
