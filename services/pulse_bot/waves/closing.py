"""Closing a wave: drain, count, mark every partition, tell Kafka, and then destroy the link between people and ballots.

Each step is written down before the next, and can be repeated after a crash. Nothing is destroyed before the counts are
frozen and Kafka has the markers.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection

from services.contracts.topics import TOPICS, TopicName, record_timestamp_ms
from services.contracts.wire import encode
from services.pulse_bot.answers.records import KafkaAway, Record
from services.pulse_bot.ledger import audit, closing, leases, waves
from services.pulse_bot.ledger.keys import KeyLost
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.waves import Wave
from services.pulse_bot.waves.events import wave_closed, wave_end
from services.pulse_bot.waves.workshop import KAFKA_SECONDS, Workshop
from services.runtime.tracing import spans
from services.runtime.tracing.context import of_wave
from services.runtime.tracing.names import Attribute, SpanName

_log = structlog.get_logger(__name__)


async def close_if_due(workshop: Workshop, wave: Wave, now: datetime) -> Wave:
    """Turn an open wave to closing when its time has come, or when its key is gone."""
    key_lost = not await _has_key(workshop, wave.id)
    if now < wave.closes_at and not key_lost:
        return wave

    def operation(connection: Connection) -> Wave:
        if key_lost:
            audit.record(connection, workshop.holder, audit.AuditAction.KEY_LOST, wave.id)
        return waves.begin_closing(connection, wave.id, workshop.holder)

    if key_lost:
        _log.error("wave key lost: the wave closes now", wave=wave.id)
    return await workshop.ledger.write(operation)


async def finish_closing(workshop: Workshop, wave: Wave, now: datetime) -> bool:
    """Take a closing wave as far as it goes. Gives whether it is closed; else bots still drain. Raises expected faults.

    ``now`` is campaign time, and becomes the wave's moment of closing.
    """
    if wave.opened is None or wave.opened_on is None:
        raise RuntimeError(f"the wave {wave.id} closes without ever having been opened")
    invited = sum(node.invited for node in wave.opened.nodes)
    if not wave.counted:
        if not await _drained(workshop, wave):
            return False
        units = [node.id for node in wave.opened.nodes if node.invited]
        await workshop.ledger.write(closing.freeze_counts(wave.id, units, now))
        wave = await workshop.ledger.read(lambda connection: waves.find(connection, wave.id))
    with spans.span(SpanName.WAVE_CLOSE, parent=of_wave(wave.id)) as span:
        span.tell(Attribute.WAVE, wave.id)
        await _part_from_people(workshop, wave)
        _log.info("wave closed", wave=wave.id, invited=invited)
    return True


async def _part_from_people(workshop: Workshop, wave: Wave) -> None:
    """Tell Kafka, and then destroy the key and everything that depends on it."""
    if not wave.announced:
        await _announce(workshop, wave)
        await workshop.ledger.write(lambda connection: waves.note(connection, wave.id, announced=True))
    await asyncio.to_thread(workshop.keys.destroy, wave.id)
    await workshop.ledger.write(closing.erase(wave.id))
    await workshop.ledger.maintain(closing.scrub)
    await workshop.ledger.write(lambda connection: _count_as_closed(connection, wave.id, workshop.holder))


async def _has_key(workshop: Workshop, wave_id: str) -> bool:
    try:
        await asyncio.to_thread(workshop.keys.read, wave_id)
    except KeyLost:
        return False
    return True


async def _drained(workshop: Workshop, wave: Wave) -> bool:
    """Whether every live bot has nothing in flight, or every record's delivery timeout has passed."""

    def waiting_for(connection: Connection) -> frozenset[str]:
        return leases.live_instances(connection) - closing.drained(connection, wave.id)

    missing = await workshop.ledger.read(waiting_for)
    if not missing:
        return True
    since = wave.closing_since or datetime.min.replace(tzinfo=UTC)
    if datetime.now(UTC) - since < timedelta(seconds=workshop.settings.drain_seconds):
        return False
    _log.warning("bots did not report drained in time", wave=wave.id, bots=sorted(missing))
    return True


async def _announce(workshop: Workshop, wave: Wave) -> None:
    if wave.closed_at is None or wave.opened_on is None:
        raise RuntimeError(f"the wave {wave.id} has no counts")
    await workshop.records.wait_connected(KAFKA_SECONDS)
    timestamp = record_timestamp_ms(wave.opened_on)
    marker = encode(wave_end(wave.id))
    await _acknowledged(
        workshop,
        [
            Record(topic.name, marker, partition=partition, timestamp_ms=timestamp)
            for topic in TOPICS.values()
            if topic.barrier
            for partition in sorted(workshop.records.partitions(topic.name))
        ],
    )
    units = await workshop.ledger.read(lambda connection: closing.unit_counts(connection, wave.id))
    event = wave_closed(wave.id, wave.closed_at, units)
    await _acknowledged(workshop, [Record(TopicName.WAVES, encode(event), key=f"{wave.id}|closed".encode())])


async def _acknowledged(workshop: Workshop, records: list[Record]) -> None:
    try:
        async with asyncio.timeout(KAFKA_SECONDS):
            await asyncio.gather(*[workshop.records.send(record) for record in records])
    except TimeoutError:
        raise KafkaAway("Kafka did not acknowledge the close of a wave in time") from None


def _count_as_closed(connection: Connection, wave_id: str, actor: str) -> None:
    if waves.move(connection, wave_id, [WaveState.CLOSING], WaveState.CLOSED):
        audit.record(connection, actor, audit.AuditAction.CLOSED, wave_id)
