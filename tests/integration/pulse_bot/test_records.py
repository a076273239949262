"""The bridge to Kafka: what keeps records from being handed over, and what does not."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError
from prometheus_client import CollectorRegistry

from services.contracts.events import BallotWithdrawn, ReactionsCounted
from services.contracts.topics import TopicName
from services.contracts.wire import encode
from services.pulse_bot.answers import records as bridge
from services.pulse_bot.answers import rights
from services.pulse_bot.answers.records import KafkaAway, Record, RecordWriter
from services.pulse_bot.telemetry import Telemetry
from services.runtime import kafka
from services.runtime.causes import Cause
from services.runtime.settings import KafkaSettings
from tests.integration.pulse_bot.house import eventually

BALLOT = "0" * 32
ANSWER = Record(
    TopicName.ANSWERS, encode(BallotWithdrawn(wave_id="records", ballot_id=BALLOT, revision=1)), key=BALLOT.encode()
)
COUNTED = ReactionsCounted(announcement_id="records", as_of=datetime.now(UTC), reactions={})
STORY = Record(TopicName.ANNOUNCEMENTS, encode(COUNTED), key=b"records")


@asynccontextmanager
async def writing(bootstrap: str) -> AsyncIterator[RecordWriter]:
    writer = RecordWriter(KafkaSettings(kafka_bootstrap=bootstrap), "test", Telemetry.create(CollectorRegistry()))
    try:
        yield writer
    finally:
        await writer.close()


async def connected(writer: RecordWriter) -> None:
    writer.start()

    async def there() -> bool:
        return writer.connected

    await eventually(there)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every producer that is made."""
    real, producers = kafka.producer, list[Any]()

    def producer(*arguments: Any) -> Any:
        producers.append(real(*arguments))
        return producers[-1]

    monkeypatch.setattr(kafka, "producer", producer)
    return producers


async def test_who_waits_for_the_connection_gets_the_one_that_is_there(topics_there: str, made: list[Any]) -> None:
    async with writing(topics_there) as writer:
        for _ in range(3):
            await writer.wait_connected(60)
            await writer.send(STORY)
    assert len(made) == 1


@pytest.mark.parametrize("error", [KafkaTimeoutError(), TypeError(), KeyError("topics")])
async def test_rights_that_are_not_told_keep_nobody_from_anything(
    topics_there: str, made: list[Any], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(rights, "lack", fails(error))
    async with writing(topics_there) as writer:
        await writer.wait_connected(60)
        await writer.send(ANSWER)
        await writer.send(STORY)
        assert writer.why_not() is None
    assert len(made) == 1


async def test_answers_wait_for_no_look_at_rights(topics_there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = threading.Event()

    def slow(*_: Any) -> None:
        seen.wait()

    monkeypatch.setattr(rights, "lack", slow)
    async with writing(topics_there) as writer:
        try:
            await connected(writer)
            await writer.send(ANSWER)
            with pytest.raises(KafkaAway):
                writer.send(STORY)
        finally:
            seen.set()
        await writer.wait_connected(60)
        await writer.send(STORY)


async def test_an_error_that_is_not_kafkas_own_ends_no_attempt_to_connect(
    topics_there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, errors = kafka.producer, [KeyError("brokers"), TypeError()]

    def producer(*arguments: Any) -> Any:
        if errors:
            raise errors.pop()
        return real(*arguments)

    monkeypatch.setattr(kafka, "producer", producer)
    async with writing(topics_there) as writer:
        await connected(writer)
        await writer.send(ANSWER)


async def test_a_topic_that_may_not_be_written_to_costs_no_answer_and_is_used_once_it_may(
    topics_there: str, made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = Cause("may not Write topic pulse.announcements.v1", "give the right")
    denied = {TopicName.ANNOUNCEMENTS}
    monkeypatch.setattr(rights, "lack", lambda _settings, _client, needs: cause if denied & set(needs) else None)
    monkeypatch.setattr(bridge, "_LONGEST_PAUSE", 0.1)
    async with writing(topics_there) as writer:
        await writer.wait_connected(60)
        held = [writer.send(ANSWER) for _ in range(20)]
        with pytest.raises(KafkaAway, match="give the right"):
            writer.send(STORY)
        await asyncio.gather(*held)
        denied.clear()
        await eventually(lambda: taken(writer))
        denied.add(TopicName.ANNOUNCEMENTS)
    assert len(made) == 1


async def test_while_answers_may_not_be_written_nobody_is_told_that_they_are_taken(
    topics_there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = {TopicName.ANSWERS: Cause("may not Write topic pulse.answers.v1", "give the right")}
    monkeypatch.setattr(rights, "lack", lambda _settings, _client, _needs: next(iter(denied.values()), None))
    monkeypatch.setattr(bridge, "_LONGEST_PAUSE", 0.1)
    async with writing(topics_there) as writer:
        with pytest.raises(KafkaAway, match="give the right"):
            await writer.wait_connected(60)
        assert "give the right" in (writer.why_not() or "")
        with pytest.raises(KafkaAway, match="give the right"):
            writer.send(ANSWER)
        denied.clear()
        await connected(writer)
        await writer.send(ANSWER)
        assert writer.why_not() is None


def fails(error: Exception) -> Callable[..., None]:
    def fail(*_: Any) -> None:
        raise error

    return fail


async def taken(writer: RecordWriter) -> bool:
    try:
        await writer.send(STORY)
    except KafkaAway:
        return False
    return True
