"""How an announcement of the story reaches the world: one seam, so that it can go through the bot instead."""

import asyncio
from types import TracebackType
from typing import Protocol, Self

from kafka import KafkaProducer

from services.contracts.events import AnnouncementPublished
from services.contracts.topics import TopicName
from services.contracts.wire import encode
from services.runtime import kafka
from services.runtime.settings import KafkaSettings

_ACKNOWLEDGED_WITHIN = 10.0


class Announcer(Protocol):
    """Brings an announcement out."""

    async def publish(self, event: AnnouncementPublished) -> None:
        """Returns when the announcement is out."""


class KafkaAnnouncer:
    """Writes the bot's event itself, as the bot does once a champion has approved. An async context manager."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: KafkaProducer | None = None

    async def __aenter__(self) -> Self:
        self._producer = await asyncio.to_thread(kafka.producer, self._settings, "story")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer is not None:
            await asyncio.to_thread(self._producer.close)

    async def publish(self, event: AnnouncementPublished) -> None:
        """Returns when Kafka has acknowledged. Raises kafka-python's errors."""
        producer = self._producer
        if producer is None:
            raise RuntimeError("use KafkaAnnouncer as an async context manager")

        def send() -> None:
            key = event.announcement_id.encode()
            sent = producer.send(TopicName.ANNOUNCEMENTS.value, value=encode(event), key=key)
            sent.get(timeout=_ACKNOWLEDGED_WITHIN)

        await asyncio.to_thread(send)
