"""A simulated wave straight into Kafka, without Slack and bot: for organisations too large to click through.

The same events that the bot writes, in the same order: the opening, the answers as they finally stand, a marker in
every partition, the close with its counts. Ballot ids are random, and nobody can trace them, not even this module.
"""

import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from kafka import KafkaProducer

from sandbox.story.simulation import SimulatedWave
from services.contracts.events import AnswerGiven, UnitCount, WaveClosed, WaveEnd, WaveOpened
from services.contracts.topics import TOPICS, TopicName, record_timestamp_ms
from services.contracts.wire import encode
from services.runtime import kafka
from services.runtime.settings import KafkaSettings

_SETTLED_WITHIN: Final = 60.0
_IN_FLIGHT: Final = 20_000


def opening_of(wave: SimulatedWave) -> WaveOpened:
    """The wave as it opens."""
    campaign = wave.organisation.plan.campaign_in(wave.number)
    return WaveOpened(
        event_id=uuid4(),
        wave_id=wave.id,
        campaign_id=campaign.id,
        title=campaign.title_of(wave.number),
        opens_at=campaign.schedule.opens_at(wave.number),
        closes_at=campaign.schedule.closes_at(wave.number),
        items=wave.items,
        thresholds=campaign.thresholds,
        nodes=wave.organisation.merged_in(wave.number).wave_nodes(),
    )


def answers_of(wave: SimulatedWave) -> Iterator[AnswerGiven]:
    """Every answer as it finally stands, ballot by ballot."""
    units = wave.organisation.units
    for sheet in wave.sheets:
        ballot = secrets.token_hex(16)
        for revision, (item, value) in enumerate(sheet.final.items(), start=1):
            yield AnswerGiven(
                event_id=uuid4(),
                wave_id=wave.id,
                ballot_id=ballot,
                node_id=units[sheet.person],
                item_id=item,
                value=value,
                revision=revision,
            )


def closing_of(wave: SimulatedWave) -> WaveClosed:
    """The close, with the ballots of every unit."""
    opened = opening_of(wave)
    ballots = Counter(wave.organisation.units[sheet.person] for sheet in wave.sheets if sheet.final)
    units = tuple(
        UnitCount(node_id=node.id, acknowledged=ballots[node.id], with_revision=ballots[node.id])
        for node in opened.nodes
        if node.invited
    )
    return WaveClosed(event_id=uuid4(), wave_id=wave.id, closed_at=opened.closes_at.astimezone(UTC), units=units)


def publish(wave: SimulatedWave, settings: KafkaSettings) -> int:
    """Write the whole wave; gives the number of answers. Every record has been acknowledged when this returns.

    Raises kafka-python's errors.
    """
    producer = kafka.producer(settings, "story")
    try:
        timestamp = record_timestamp_ms(datetime.now(UTC).date())
        _acknowledged(producer, TopicName.WAVES, encode(opening_of(wave)), wave.id)
        answers = 0
        for answer in answers_of(wave):
            key = answer.ballot_id.encode()
            producer.send(TopicName.ANSWERS.value, value=encode(answer), key=key, timestamp_ms=timestamp)
            answers += 1
            if answers % _IN_FLIGHT == 0:
                producer.flush(_SETTLED_WITHIN)
        producer.flush(_SETTLED_WITHIN)
        marker = encode(WaveEnd(event_id=uuid4(), wave_id=wave.id))
        for topic in TOPICS.values():
            for partition in sorted(producer.partitions_for(topic.name.value)) if topic.barrier else ():
                producer.send(topic.name.value, value=marker, partition=partition, timestamp_ms=timestamp)
        producer.flush(_SETTLED_WITHIN)
        _acknowledged(producer, TopicName.WAVES, encode(closing_of(wave)), f"{wave.id}|closed")
        return answers
    finally:
        kafka.end_producer(producer, _SETTLED_WITHIN)


def _acknowledged(producer: KafkaProducer, topic: TopicName, value: bytes, key: str) -> None:
    producer.send(topic.value, value=value, key=key.encode()).get(timeout=_SETTLED_WITHIN)
