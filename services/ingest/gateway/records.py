"""What is stored already: the newest tree, what an id names, what an Idempotency-Key was used for."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from pydantic import ValidationError

from services.contracts.events import AnnouncementDrafted, Event, OutcomeMeasured
from services.ingest.errors import Unavailable
from services.ingest.gateway.organisation import Organisation, organisation
from services.runtime.clickhouse import sql

_SQL: Final = "services.ingest.gateway.sql"
_WAIT_SECONDS: Final = 3.0


class Records:
    """Reads ClickHouse over one connection, made when it is first needed. All may raise Unavailable."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._client: Client | None = None
        self._turn = threading.Lock()

    def organisation(self) -> Organisation:
        """The nodes of the round that opened last."""
        return organisation((node, parent, people) for node, parent, people in self._rows("newest_tree", {}))

    def named(self, event: Event) -> tuple[Event, ...]:
        """What is stored under the id of ``event``: nothing, an event of its type, or others first of all."""
        match event:
            case OutcomeMeasured():
                return tuple(_outcome(row) for row in self._rows("outcome", {"id": event.outcome_id}))
            case AnnouncementDrafted():
                return tuple(_announcement(row) for row in self._rows("announcement", {"id": event.announcement_id}))
            case _:
                raise ValueError(f"the gateway takes no {type(event).__name__}")

    def used_for(self, key: str) -> str | None:
        """The hash of what this hash of a key was used for, or None."""
        rows = self._rows("key", {"key": key})
        return str(rows[0][0]) if rows else None

    def use(self, key: str, content: str) -> None:
        """Remember what a key was used for."""
        with self._connected() as client:
            client.insert(
                "gateway_keys",
                [[key, content, datetime.now(UTC)]],
                column_names=["key", "content", "at"],
                database="pulse_facts",
            )

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()

    def _rows(self, name: str, parameters: dict[str, Any]) -> Sequence[Any]:
        with self._connected() as client:
            return client.query(sql(_SQL, name), parameters=parameters).result_rows

    @contextmanager
    def _connected(self) -> Iterator[Client]:
        if not self._turn.acquire(timeout=_WAIT_SECONDS):
            raise Unavailable("ClickHouse is slow")
        try:
            if self._client is None:
                self._client = self._connect()
            yield self._client
        except ClickHouseError as error:
            raise Unavailable(f"ClickHouse does not answer ({type(error).__name__})") from None
        finally:
            self._turn.release()


def _outcome(row: Sequence[Any]) -> Event:
    fields = ("outcome_id", "node_id", "measure", "value", "unit", "period_start", "period_end")
    return OutcomeMeasured(**dict(zip(fields, row, strict=True)))


def _announcement(row: Sequence[Any]) -> Event:
    """A draft as it was drafted; of anything else only that it is something else."""
    event_type, payload = row
    if event_type != "announcement.drafted":
        return Event()
    try:
        return AnnouncementDrafted.model_validate_json(payload)
    except ValidationError:  # a draft of newer software
        return Event()
