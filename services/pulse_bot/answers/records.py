"""Records into Kafka, awaited from an event loop: the bridge to kafka-python's threads."""

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from typing import Any, Final

import structlog
from kafka import KafkaProducer
from kafka.admin import ACLOperation
from kafka.errors import KafkaError

from services.contracts.topics import TopicName
from services.pulse_bot.telemetry import Telemetry
from services.runtime import kafka
from services.runtime.causes import Cause
from services.runtime.causes.account import Rights, lack
from services.runtime.causes.kafka import why
from services.runtime.causes.obstacle import Obstacle
from services.runtime.settings import KafkaSettings, SettingsFault
from services.runtime.tracing.records import headers

_log = structlog.get_logger(__name__)
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0

WRITES: Final[Rights] = dict.fromkeys(
    (TopicName.ANSWERS, TopicName.COMMENTS, TopicName.WAVES, TopicName.ANNOUNCEMENTS), (ACLOperation.WRITE,)
)
"""What the bot does with these topics."""


class KafkaAway(RuntimeError):
    """Kafka is not connected, or did not acknowledge."""


class _Lacking(KafkaAway):
    """Kafka is there, and topics or rights are not."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclass(frozen=True)
class Record:
    """One record to write. ``partition`` None: chosen by the key. ``timestamp_ms`` None: now."""

    topic: TopicName
    value: bytes
    key: bytes | None = None
    partition: int | None = None
    timestamp_ms: int | None = None


class RecordWriter:
    """Connects by itself and for as long as needed; replaces a producer that has given up on a record.

    An idempotent producer of kafka-python that has timed out does not recover by itself.
    """

    def __init__(self, settings: KafkaSettings, client_id: str, telemetry: Telemetry) -> None:
        self._settings = settings
        self._client_id = client_id
        self._telemetry = telemetry
        self._producer: KafkaProducer | None = None
        self._made: KafkaProducer | None = None  # made and not ended, whether or not it knows its topics yet
        self._making = threading.Lock()
        self._connecting: asyncio.Task[None] | None = None
        self._partitions: dict[TopicName, frozenset[int]] = {}
        self._closing = False
        self._obstacle = Obstacle("Kafka", lambda error: why(settings, error))
        self._beside = Obstacle("a topic beside the answers", lambda error: why(settings, error))

    @property
    def connected(self) -> bool:
        """Whether there is a producer that knows its topics."""
        return self._producer is not None

    def why_not(self) -> str | None:
        """None when records are taken, else what is in the way and its mend."""
        if self._producer is not None:
            return None
        return self._obstacle.sentence or f"Kafka at {self._settings.kafka_bootstrap} has not answered yet"

    def start(self) -> None:
        """Begin to connect; returns at once."""
        if self._connecting is None and not self._closing:
            self._connecting = asyncio.create_task(self._connect(), name="kafka-connect")

    async def wait_connected(self, seconds: float) -> None:
        """Wait for the connection. Raises KafkaAway when it takes longer than ``seconds``."""
        self.start()
        task = self._connecting
        if task is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(task), seconds)
        if (obstacle := self.why_not()) is not None:
            raise KafkaAway(obstacle)

    def partitions(self, topic: TopicName) -> frozenset[int]:
        """The partitions of ``topic``. Raises KafkaAway before the first connection."""
        if topic not in self._partitions:
            raise KafkaAway("Kafka has not been reached yet")
        return self._partitions[topic]

    def send(self, record: Record) -> asyncio.Future[None]:
        """Hand over one record. The future is done when every in-sync replica has it; else it carries KafkaAway.

        In the order of the calls, records of one partition reach Kafka. Raises KafkaAway when it cannot be handed over.
        """
        producer = self._producer
        if producer is None:
            raise KafkaAway("Kafka is not connected")
        loop = asyncio.get_running_loop()
        acknowledged: asyncio.Future[None] = loop.create_future()
        try:
            future = producer.send(
                record.topic.value,
                value=record.value,
                key=record.key,
                partition=record.partition,
                timestamp_ms=record.timestamp_ms,
                headers=headers(record.topic),
            )
        except (KafkaError, ValueError, OSError) as error:
            self._replace(producer)
            raise KafkaAway(f"Kafka takes no record ({type(error).__name__})") from None

        def succeeded(_metadata: Any) -> None:
            _call(loop, _resolve, acknowledged)

        def refused(error: BaseException) -> None:
            _call(loop, self._refused, acknowledged, producer, error)

        future.add_callback(succeeded)
        future.add_errback(refused)
        return acknowledged

    async def flush(self, seconds: float) -> None:
        """Wait until everything handed over is settled. Raises KafkaAway when it takes longer than ``seconds``."""
        producer = self._producer
        if producer is None:
            return
        try:
            await asyncio.to_thread(producer.flush, seconds)
        except KafkaError as error:
            raise KafkaAway(f"Kafka did not settle all records in time ({type(error).__name__})") from None

    async def close(self) -> None:
        """Let go of Kafka; what is still unsettled gets a last second."""
        with self._making:
            self._closing = True
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._connecting
        self._producer = None
        if self._made is not None:
            await asyncio.to_thread(self._end, self._made, 1.0)

    def _refused(self, acknowledged: asyncio.Future[None], producer: KafkaProducer, error: BaseException) -> None:
        if not acknowledged.done():
            acknowledged.set_exception(KafkaAway(f"Kafka did not acknowledge ({type(error).__name__})"))
            acknowledged.exception()  # the click may have stopped waiting; that is no unseen fault
        self._replace(producer)

    def _replace(self, broken: KafkaProducer) -> None:
        if self._producer is not broken:
            return
        self._producer = None
        self._telemetry.kafka_connected.set(0)
        self._telemetry.producer_rebuilds.inc()
        _log.warning("kafka producer replaced")
        asyncio.get_running_loop().run_in_executor(None, self._end, broken, 0.0)
        self.start()

    async def _connect(self) -> None:
        pause = _FIRST_PAUSE
        try:
            while True:
                producer = None
                try:
                    producer = await asyncio.to_thread(self._make)
                    await asyncio.to_thread(self._learn, producer)
                except (KafkaError, KafkaAway, OSError, ValueError, SettingsFault) as error:
                    if isinstance(error, _Lacking):
                        self._obstacle.told(error.cause)
                    elif not self._closing:
                        self._obstacle.met(error)
                    if producer is not None:
                        await asyncio.to_thread(self._end, producer, 0.0)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                    continue
                self._producer = producer
                self._obstacle.gone()
                self._telemetry.kafka_connected.set(1)
                return
        finally:
            self._connecting = None

    def _make(self) -> KafkaProducer:
        """A producer, in a thread that nobody may wait for any more. Raises KafkaAway when it is no longer wanted."""
        producer = kafka.producer(self._settings, self._client_id)
        with self._making:
            if not self._closing:
                self._made = producer
                return producer
        kafka.end_producer(producer, 0.0)
        raise KafkaAway("this process is ending")

    def _learn(self, producer: KafkaProducer) -> None:
        """Everything that a press must not wait for. Raises _Lacking, SettingsFault, and kafka-python's errors.

        A right that lacks on another topic than that of answers is told, and keeps nobody from answering.
        """
        lacking = lack(self._settings, self._client_id, WRITES)
        if lacking and lack(self._settings, self._client_id, {TopicName.ANSWERS: WRITES[TopicName.ANSWERS]}):
            raise _Lacking(lacking)
        try:
            for topic in WRITES:
                self._partitions[topic] = frozenset(producer.partitions_for(topic.value))
        except KafkaError:  # a topic that is not there, or not shown to us
            if lacking:
                raise _Lacking(lacking) from None
            raise
        if lacking:
            self._beside.told(lacking)
        else:
            self._beside.gone()

    def _end(self, producer: KafkaProducer, seconds: float) -> None:
        with self._making:
            if self._made is producer:
                self._made = None
        kafka.end_producer(producer, seconds)


def _call(loop: asyncio.AbstractEventLoop, function: Any, *arguments: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended before its producer
        loop.call_soon_threadsafe(function, *arguments)


def _resolve(acknowledged: asyncio.Future[None]) -> None:
    if not acknowledged.done():
        acknowledged.set_result(None)
