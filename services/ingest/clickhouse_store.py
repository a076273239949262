"""ClickHouse as the store of rows and of facts about waves; its faults sorted by what is to be done."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from services.ingest.errors import IngestStopped, Rejected, Unavailable
from services.ingest.tables import Table
from services.ingest.telemetry import BATCH_ROWS, INSERT_SECONDS
from services.ingest.waves import Asked
from services.runtime.clickhouse import sql
from services.runtime.tracing import spans
from services.runtime.tracing.names import Attribute, SpanName

RETRIABLE: Final = frozenset({159, 202, 209, 210, 241, 242, 285, 286, 319, 999})
"""Time-out, too many queries, socket time-out, network, memory, read-only table, replicas, unknown outcome, Keeper."""

CAPPED: Final = frozenset({75, 243, 252})
"""A full disk (in two ways), too many parts or partitions: mostly passing, sometimes for good."""

DATA: Final = frozenset({6, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 321, 349, 407, 469, 691})
"""Parsing, conversion, range, size, enum and constraint errors: some row is bad."""

_SQL: Final = "services.ingest.sql"


class ClickHouseStore:
    """Inserts synchronously; each call is one block for each table, which ClickHouse takes whole or not at all."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def insert(self, table: Table, rows: Sequence[bytes]) -> None:
        """See ``writing.Store``."""
        started = time.perf_counter()
        with spans.below(SpanName.INSERT) as span:
            span.tell(Attribute.TABLE, str(table))
            try:
                self._client.raw_insert(
                    str(table),
                    [name for name, _ in table.columns],
                    b"".join(rows),
                    settings={"async_insert": 0},
                    fmt="RowBinary",
                )
            except ClickHouseError as error:
                raise sorted_out(error, f"insert into {table}") from error
        INSERT_SECONDS.labels(str(table)).observe(time.perf_counter() - started)
        BATCH_ROWS.labels(str(table)).observe(len(rows))

    def released(self) -> frozenset[str]:
        """See ``waves.WaveFacts``."""
        return frozenset(wave_id for (wave_id,) in self._rows("released_waves"))

    def asked(self) -> Mapping[str, Asked]:
        """See ``waves.WaveFacts``."""
        return {
            wave_id: Asked({item["id"]: len(item["scale"]) for item in orjson.loads(items)}, frozenset(node_ids))
            for wave_id, items, node_ids in self._rows("asked")
        }

    def _rows(self, name: str) -> Sequence[Any]:
        try:
            return self._client.query(sql(_SQL, name)).result_rows
        except ClickHouseError as error:
            raise sorted_out(error, f"read {name}") from error


def sorted_out(error: ClickHouseError, doing: str) -> Exception:
    """The error of ours that says what is to be done. ClickHouse's text quotes data, so only its code goes on."""
    code = getattr(error, "code", None)
    if code in DATA:
        return Rejected(f"clickhouse_{code}")
    said = f"ClickHouse, {doing}: " + (f"code {code}" if code else "no answer")
    if code in RETRIABLE or (code is None and isinstance(error, OperationalError)):
        return Unavailable(said)
    if code in CAPPED:
        return Unavailable(said, capped=True)
    if code is None and isinstance(error, DatabaseError):
        return Unavailable(f"{said} that it understands")  # a proxy before ClickHouse, or one that is starting
    name = getattr(error, "name", None)
    return IngestStopped(
        f"Ingest has stopped: {said}{f' ({name})' if name else ''}. Nothing is lost. Check ClickHouse, the role of "
        "ingest and `draagvlak migrate status`, and start ingest again."
    )
