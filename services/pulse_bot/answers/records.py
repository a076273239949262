"""Records into Kafka, awaited from an event loop: the bridge to kafka-python's threads."""

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError

from services.contracts.topics import TopicName
from services.pulse_bot.answers.rights import Lacking, Rights
from services.pulse_bot.telemetry import Telemetry
from services.runtime import kafka
from services.runtime.causes import Cause
from services.runtime.causes.kafka import why
from services.runtime.causes.obstacle import Obstacle
from services.runtime.settings import KafkaSettings
from services.runtime.tracing.records import headers

_log = structlog.get_logger(__name__)
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


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

    An idempotent producer of kafka-python that has timed out, or that was refused a topic, does not recover by itself,
    and all that it has in flight fails with it. So a record for a topic that cannot be written to is not handed to it.
    Answers are taken as soon as their topic is known; what else can be written to is asked beside that.
    """

    def __init__(self, settings: KafkaSettings, client_id: str, telemetry: Telemetry) -> None:
        self._settings = settings
        self._client_id = client_id
        self._telemetry = telemetry
        self._producer: KafkaProducer | None = None
        self._made: KafkaProducer | None = None  # made and not ended, whether or not it knows its topics yet
        self._making = threading.Lock()
        self._connecting: asyncio.Task[None] | None = None
        self._partitions: dict[TopicName, frozenset[int]] = {}  # of the topics that this producer can write to
        self._rights = Rights(settings, client_id)
        self._lacking = Lacking()
        self._looking: asyncio.Task[None] | None = None
        self._looked = asyncio.Event()
        self._closing = False
        self._obstacle = Obstacle("Kafka", lambda error: why(settings, error))
        self._beside = Obstacle("a topic beside the answers", lambda error: why(settings, error))

    @property
    def connected(self) -> bool:
        """Whether answers are taken."""
        return TopicName.ANSWERS in self._partitions

    def why_not(self) -> str | None:
        """None when answers are taken, else what is in the way and its mend."""
        if self.connected:
            return None
        return self._obstacle.sentence or f"Kafka at {self._settings.kafka_bootstrap} has not answered yet"

    def start(self) -> None:
        """Begin to connect; returns at once."""
        if self._producer is None and self._connecting is None and not self._closing:
            self._connecting = asyncio.create_task(self._connect(), name="kafka-connect")

    async def wait_connected(self, seconds: float) -> None:
        """Wait until it is known what can be written to. Raises KafkaAway when no answer is taken after ``seconds``."""
        self.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._looked.wait()
        if (obstacle := self.why_not()) is not None:
            raise KafkaAway(obstacle)

    def partitions(self, topic: TopicName) -> frozenset[int]:
        """The partitions of ``topic``. Raises KafkaAway while it cannot be written to."""
        if topic not in self._partitions:
            cause = self._lacking.topics.get(topic)
            raise KafkaAway(str(cause) if cause else f"Kafka has not told of {topic} yet")
        return self._partitions[topic]

    def send(self, record: Record) -> asyncio.Future[None]:
        """Hand over one record. The future is done when every in-sync replica has it; else it carries KafkaAway.

        In the order of the calls, records of one partition reach Kafka. Raises KafkaAway when it cannot be handed over.
        """
        self.partitions(record.topic)
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
        for task in (self._connecting, self._looking):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._producer = None
        self._partitions = {}
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
        self._partitions = {}
        self._looked.clear()
        if self._looking is not None:
            self._looking.cancel()
        self._telemetry.kafka_connected.set(0)
        self._telemetry.producer_rebuilds.inc()
        _log.warning("kafka producer replaced")
        asyncio.get_running_loop().run_in_executor(None, self._end, broken, 0.0)
        self.start()

    async def _connect(self) -> None:
        pause = _FIRST_PAUSE
        try:
            while (reached := await self._attempt()) is None:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self._connecting = None
        self._producer, answers = reached
        self._know({TopicName.ANSWERS: answers}, self._lacking)
        self._looking = asyncio.create_task(self._look(self._producer), name="kafka-rights")

    async def _attempt(self) -> tuple[KafkaProducer, frozenset[int]] | None:
        try:
            return await asyncio.to_thread(self._reach)
        except _Lacking as lacking:
            self._obstacle.told(lacking.cause)
        except Exception as error:  # whatever kafka-python raises: nobody but this task tries again
            if not self._closing:
                self._obstacle.met(error)
        return None

    def _reach(self) -> tuple[KafkaProducer, frozenset[int]]:
        """A producer, and the partitions of the answers' topic. Raises _Lacking, and whatever kafka-python raises."""
        producer = self._make()
        try:
            return producer, frozenset(producer.partitions_for(TopicName.ANSWERS.value))
        except BaseException as error:
            self._end(producer, 0.0)
            if isinstance(error, KafkaError):  # a topic that is not there, or not shown to us
                self._raise_lacking()
            raise

    def _raise_lacking(self) -> None:
        lacking = self._rights.ask()
        if lacking.all_of_it is not None and TopicName.ANSWERS in lacking.topics:
            raise _Lacking(lacking.all_of_it) from None

    async def _look(self, producer: KafkaProducer) -> None:
        """Learn what else can be written to; again for as long as something lacks, so that a mend is seen."""
        while True:
            partitions, lacking = await asyncio.to_thread(self._rights.learn, producer, self._partitions)
            self._know(partitions, lacking)
            self._looked.set()
            if not lacking.topics:
                return
            await asyncio.sleep(_LONGEST_PAUSE)

    def _know(self, partitions: Mapping[TopicName, frozenset[int]], lacking: Lacking) -> None:
        self._lacking = lacking
        self._partitions = {topic: found for topic, found in partitions.items() if topic not in lacking.topics}
        self._telemetry.kafka_connected.set(int(self.connected))
        if not self.connected and lacking.all_of_it is not None:
            self._obstacle.told(lacking.all_of_it)
            return
        self._obstacle.gone()
        if lacking.all_of_it is not None:
            self._beside.told(lacking.all_of_it)
        else:
            self._beside.gone()

    def _make(self) -> KafkaProducer:
        """A producer, in a thread that nobody may wait for any more. Raises KafkaAway when it is no longer wanted."""
        producer = kafka.producer(self._settings, self._client_id)
        with self._making:
            if not self._closing:
                self._made = producer
                return producer
        kafka.end_producer(producer, 0.0)
        raise KafkaAway("this process is ending")

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
