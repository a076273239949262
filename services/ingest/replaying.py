"""Writing dead letters back to their topics: only what is understood now, and never into a released wave."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import orjson
from clickhouse_connect.driver.client import Client
from kafka import KafkaProducer
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError

from services.contracts.topics import TopicName, record_timestamp_ms
from services.ingest.clickhouse_store import ClickHouseStore
from services.ingest.dead_letters import NO_LETTER, Kept, records_of
from services.ingest.decode import decode
from services.ingest.letters import RESTRICTED, Letter
from services.ingest.waves import KnownWaves
from services.runtime.clickhouse import sql
from services.runtime.settings import KafkaSettings

CHUNK: Final = 500
_SECONDS: Final = 30.0


class ReplayFailed(RuntimeError):
    """Kafka does not take a record; what was written back before is marked, so the same can be done again."""


@dataclass(frozen=True)
class Replay:
    """A letter that can be written back; ``timestamp_ms`` None: now."""

    letter: Kept
    timestamp_ms: int | None


@dataclass(frozen=True)
class Refusal:
    """A letter that cannot, and why."""

    letter: Kept
    reason: str


@dataclass(frozen=True)
class Situation:
    """What decides on a replay: the waves that are released or about to be, and when each wave was really opened."""

    released: frozenset[str]
    rewritten: frozenset[str]
    opened_on: Mapping[str, date]
    waves: KnownWaves


def situation(client: Client, settings: KafkaSettings) -> Situation:
    """As it is now. Raises clickhouse-connect's and kafka-python's errors, and Unavailable."""
    store = ClickHouseStore(client)
    rewritten = client.query(sql("services.ingest.sql", "rewritten_waves")).result_rows
    return Situation(
        released=store.released(),
        rewritten=frozenset(wave for (wave,) in rewritten),
        opened_on=opening_days(records_of(settings, TopicName.WAVES)),
        waves=KnownWaves(store),
    )


def opening_days(records: Iterable[ConsumerRecord]) -> dict[str, date]:
    """The real day on which each wave was opened: that of the first record that tells of it.

    Facts know campaign time alone. An opening that was sent again later, for a close that was moved, counts with its
    first record that the topic still has.
    """
    days: dict[str, date] = {}
    for record in records:
        content = _content(record.value)
        if content.get("type") == "wave.opened" and isinstance(content.get("wave_id"), str):
            days.setdefault(content["wave_id"], datetime.fromtimestamp(record.timestamp / 1000, UTC).date())
    return days


def judge(letter: Kept, now: Situation) -> Replay | Refusal:
    """Whether the letter can be written back, and with which time."""
    obstacle = _obstacle(letter, now) or _not_understood(letter, now)
    if obstacle is not None:
        return Refusal(letter, obstacle)
    return Replay(letter, record_timestamp_ms(now.opened_on[letter.wave_id]) if letter.topic in RESTRICTED else None)


def _obstacle(letter: Kept, now: Situation) -> str | None:
    """The first reason why it cannot be written back whatever it holds, or None."""
    wave, ballots = letter.wave_id, letter.topic in RESTRICTED
    reasons = (
        (letter.error_class == NO_LETTER, "it is no dead letter"),
        (letter.cut, "only its first bytes were kept"),
        (ballots and not wave, "its wave cannot be read, so nobody knows whether that is released"),
        (ballots and wave in now.released, f"{wave} is released: it never changes any more"),
        (ballots and wave in now.rewritten, f"{wave} is being released"),
        (ballots and wave not in now.opened_on, f"the opening of {wave} is not in the topic of waves"),
        (
            ballots and _content(letter.raw).get("type") == "wave.end",
            "a closing marker belongs to a partition, which is not kept: close the wave again",
        ),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _not_understood(letter: Kept, now: Situation) -> str | None:
    """A record that would be put aside again is not written: a hundred of them in a row would stop ingest."""
    decoded = decode(_record(letter), now.waves)
    if not isinstance(decoded, Letter):
        now.waves.renew()  # the first answer of a wave makes it known
        decoded = decode(_record(letter), now.waves)
    if isinstance(decoded, Letter):
        return f"it would be put aside again: {decoded.error_class}: {decoded.error_text}"
    return None


def write_back(producer: KafkaProducer, client: Client, replays: Sequence[Replay]) -> Iterator[int]:
    """Write records back, wait for every acknowledgement, then mark them; gives how many are done after each piece.

    A record that was written and not marked is written again by the next replay, which changes nothing in the store.
    Raises ReplayFailed, and clickhouse-connect's errors.
    """
    for start in range(0, len(replays), CHUNK):
        piece = replays[start : start + CHUNK]
        try:
            for acknowledgement in [_send(producer, replay) for replay in piece]:
                acknowledgement.get(timeout=_SECONDS)
        except KafkaError as error:
            raise ReplayFailed(f"Kafka does not take records ({type(error).__name__})") from error
        client.insert(
            "replayed_letters",
            [[replay.letter.letter_id, replay.letter.wave_id] for replay in piece],
            column_names=["letter_id", "wave_id"],
            database="pulse_ballots",
        )
        yield start + len(piece)


def _send(producer: KafkaProducer, replay: Replay) -> Any:
    letter = replay.letter
    return producer.send(letter.topic, key=letter.key, value=letter.raw, timestamp_ms=replay.timestamp_ms)


def _record(letter: Kept) -> ConsumerRecord:
    """As ingest would read it; partition and offset decide nothing here."""
    nothing = (None, -1, -1, -1)
    return ConsumerRecord(str(letter.topic), 0, -1, 0, 0, 0, letter.key, letter.raw, [], *nothing)


def _content(raw: bytes | None) -> dict[str, Any]:
    try:
        content = orjson.loads(raw or b"")
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
