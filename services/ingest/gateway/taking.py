"""Taking one report: known nodes, one meaning for an id, into Kafka; and only then an answer that says so."""

from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import Final, TypeVar

import structlog

from services.contracts import wire
from services.contracts.events import Event, OutcomeMeasured
from services.contracts.topics import TopicName
from services.ingest.errors import Unavailable
from services.ingest.gateway.contents import Announcement, Outcome
from services.ingest.gateway.outbox import Outbox
from services.ingest.gateway.records import Records
from services.runtime.problems import Problem

RETRY_SECONDS: Final = 5
_REMEMBERED: Final = 10_000
_STRIPES: Final = 64
_log = structlog.get_logger("draagvlak.gateway")

T = TypeVar("T")


class _Recent(OrderedDict[str, T]):
    """What this process took lately: ingest may not have stored it yet."""

    def remember(self, name: str, value: T) -> None:
        self[name] = value
        if len(self) > _REMEMBERED:
            self.popitem(last=False)


class Taker:
    """Shared by all requests of the process; requests for the same id wait for one another."""

    def __init__(self, records: Records, outbox: Outbox) -> None:
        self._records = records
        self._outbox = outbox
        self._events: _Recent[Event] = _Recent()
        self._keys: _Recent[str] = _Recent()
        self._locks = tuple(Lock() for _ in range(_STRIPES))

    def take(self, content: Outcome | Announcement, caller: str, key: str | None) -> None:
        """Return when Kafka has the report, or has had it before. Raises Problem.

        ``key`` is the Idempotency-Key of ``caller``, if it sent one.
        """
        event = content.event()
        name = f"{event.__class__.__name__} {content.id}"
        key_hash = _hash(caller, key) if key is not None else None
        stripes = sorted({hash(part) % _STRIPES for part in (name, key_hash) if part is not None})
        for stripe in stripes:
            self._locks[stripe].acquire()
        try:
            self._take(content, event, name, key_hash)
        except Unavailable as error:
            _log.warning("a report was not taken", reason=str(error))
            raise Problem(
                503,
                "unavailable",
                "Not available",
                "The report was not taken, since Kafka or ClickHouse does not answer. Send the same again.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            ) from None
        finally:
            for stripe in stripes:
                self._locks[stripe].release()

    def _take(self, content: Outcome | Announcement, event: Event, name: str, key: str | None) -> None:
        content_hash = _hash(name, content.model_dump_json())
        if key is not None:
            used = self._keys.get(key) or self._records.used_for(key)
            if used is not None and used != content_hash:
                raise Problem(
                    409,
                    "key-used",
                    "Key used before",
                    "This Idempotency-Key was sent with another report: a new report takes a new key.",
                )
        if not self._known(event, name):
            self._refuse_unknown_nodes(content)
            topic = TopicName.OUTCOMES if isinstance(event, OutcomeMeasured) else TopicName.ANNOUNCEMENTS
            self._outbox.put(topic, content.id, wire.encode(event))
            _log.info("a report is in Kafka", topic=topic.value, event_id=str(event.event_id))
            self._events.remember(name, event)
        if key is not None and key not in self._keys:
            self._keys.remember(key, content_hash)
            self._remember_key(key, content_hash)

    def _known(self, event: Event, name: str) -> bool:
        """Whether just this was taken before. Raises Problem when the id names something else."""
        recent = self._events.get(name)
        stored = (recent,) if recent is not None else self._records.named(event)
        if not stored:
            return False
        if _same(stored[0], event):
            return True
        raise Problem(
            409,
            "id-taken",
            "Id taken",
            "This id names another report already. What was reported stays as it is: send a new one with a new id.",
        )

    def _refuse_unknown_nodes(self, content: Outcome | Announcement) -> None:
        organisation = self._records.organisation()
        outcome = isinstance(content, Outcome)
        valid = organisation.with_outcomes if outcome else organisation.audiences
        if unknown := sorted(set(content.nodes) - valid):
            which = "with at least 5 invited people" if outcome else "that can be told something"
            raise Problem(
                404,
                "unknown-node",
                "Unknown node",
                f"The newest round has no node {unknown[0]!r} {which}.",
                valid=valid,
            )

    def _remember_key(self, key: str, content_hash: str) -> None:
        """The report itself is safe, so a store that is away now costs the memory of a key and nothing else."""
        try:
            self._records.use(key, content_hash)
        except Unavailable as error:
            _log.warning("an Idempotency-Key is remembered by this process alone", reason=str(error))


def _same(stored: Event, event: Event) -> bool:
    """The same content; ``event_id`` is not part of it."""
    return type(stored) is type(event) and stored.model_dump(exclude={"event_id"}) == event.model_dump(
        exclude={"event_id"}
    )


def _hash(*parts: str) -> str:
    digest = sha256()
    for part in parts:
        digest.update(len(part.encode()).to_bytes(8, "big") + part.encode())
    return digest.hexdigest()
