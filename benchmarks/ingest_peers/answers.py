"""The answer as a pydantic model, and the table that it goes to."""

import os
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import clickhouse_connect
from pydantic import BaseModel, Field

BOOTSTRAP = os.environ["BENCH_BOOTSTRAP"]
TOPIC = os.environ["BENCH_TOPIC"]
GROUP = os.environ["BENCH_GROUP"]
ROWS = 10_000
SECONDS = 1.0
COLUMNS = ("wave_id", "ballot_id", "node_id", "item_id", "value", "revision")


class Answer(BaseModel):
    """As the contract of ingest has it."""

    type: Literal["answer.given"]
    version: Literal[1]
    event_id: UUID
    wave_id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    ballot_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    node_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,126}$")]
    item_id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]
    value: Annotated[int, Field(ge=1, le=11, strict=True)] | None
    revision: Annotated[int, Field(ge=0, le=2**32 - 1)]

    def row(self) -> tuple[object, ...]:
        """Its row."""
        return self.wave_id, self.ballot_id.encode(), self.node_id, self.item_id, self.value, self.revision


_client = clickhouse_connect.get_client(
    host="127.0.0.1",
    port=int(os.environ["BENCH_PORT"]),
    username=os.environ["BENCH_USER"],
    password=os.environ["BENCH_PASSWORD"],
)


def insert(rows: Sequence[Sequence[object]]) -> None:
    """Insert the rows and wait until they are stored."""
    _client.insert("pulse_ballots.answers", rows, column_names=COLUMNS)
