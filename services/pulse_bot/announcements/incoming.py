"""Drafts from business systems: read from Kafka, and laid before champions.

The topic is small and compacted, so it is read from its beginning at every start, by every bot; a draft that the ledger
knows, whatever became of it, stays as it is. Nothing is committed, so nothing can be passed over.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from functools import partial

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.contracts.events import AnnouncementDrafted
from services.contracts.topics import TOPICS, TopicName
from services.contracts.wire import InvalidRecord, parse
from services.pulse_bot.announcements import book
from services.pulse_bot.announcements.draft import Draft
from services.pulse_bot.faults import place_of
from services.pulse_bot.ledger import campaigns
from services.pulse_bot.ledger.store import Ledger
from services.runtime import kafka
from services.runtime.causes.kafka import why
from services.runtime.causes.obstacle import Obstacle
from services.runtime.settings import KafkaSettings, SettingsFault

_log = structlog.get_logger(__name__)
_TOPIC = TopicName.ANNOUNCEMENTS
_POLL_MS = 300
_PAUSE_SECONDS = 0.7
_LONGEST_PAUSE = 10.0


class IncomingDrafts:
    """Reads for as long as the bot lives. ``wake`` is called when a new draft has come."""

    def __init__(self, settings: KafkaSettings, client_id: str, ledger: Ledger, wake: Callable[[], None]) -> None:
        self._settings = settings
        self._client_id = client_id
        self._ledger = ledger
        self._wake = wake
        self._consumer: KafkaConsumer | None = None
        self._reading: asyncio.Task[None] | None = None
        self._closing = False
        self._obstacle = Obstacle("the topic of drafts", lambda error: why(settings, error))

    async def run(self) -> None:
        """Read until cancelled; a broker or ledger that is away is asked again, ever less often."""
        pause = _PAUSE_SECONDS
        while not self._closing:
            try:
                self._reading = asyncio.create_task(self._read(), name="drafts-read")
                await asyncio.shield(self._reading)  # an end waits for the thread that reads: see close
                pause = _PAUSE_SECONDS
                self._obstacle.gone()
            except Exception as error:
                self._met(error)
                await self._let_go()  # the next attempt reads from the beginning: what was polled is not passed over
                pause = min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    def _met(self, error: Exception) -> None:
        if isinstance(error, (KafkaError, OSError, ValueError, SettingsFault)):
            self._obstacle.met(error)
        else:  # the ledger's; its text may hold anything
            _log.error("loop failed, goes on", loop="drafts", error=type(error).__name__, place=place_of(error))

    async def close(self) -> None:
        """Let go of the broker."""
        self._closing = True
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
        await self._let_go()

    async def _read(self) -> None:
        if self._consumer is None:
            self._consumer = await asyncio.to_thread(self._open)
        polled = await asyncio.to_thread(self._consumer.poll, timeout_ms=_POLL_MS)
        for records in polled.values():
            await self._take(record.value for record in records)

    async def _take(self, values: Iterable[bytes | None]) -> None:
        for value in values:
            try:
                event = parse(_TOPIC, value).event
            except InvalidRecord as fault:  # ingest keeps it as a dead letter
                _log.warning("a record of announcements is not understood", fault=str(fault))
                continue
            if isinstance(event, AnnouncementDrafted):
                campaign = await self._ledger.read(partial(campaigns.reaching, audience=event.audience))
                campaign_id = campaign.id if campaign else ""
                draft = Draft(
                    kind=event.kind,
                    title=event.title,
                    story=event.story,
                    audience=event.audience,
                    figure=event.figure,
                )
                if await self._ledger.write(book.put_draft(campaign_id, event.announcement_id, draft, None)):
                    self._wake()

    def _open(self) -> KafkaConsumer:
        consumer = kafka.reader(self._settings, f"{self._client_id}-drafts")
        consumer.assign([TopicPartition(_TOPIC.value, n) for n in range(TOPICS[_TOPIC].partitions)])
        consumer.seek_to_beginning()
        return consumer

    async def _let_go(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with contextlib.suppress(Exception):  # it is gone already
                await asyncio.to_thread(consumer.close)
