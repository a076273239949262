"""Records into Kafka for the gateway: acknowledged by every in-sync replica, or not taken."""

import threading
from collections.abc import Callable
from typing import Final

from kafka import KafkaProducer
from kafka.errors import KafkaError

from services.contracts.topics import TopicName
from services.ingest.errors import Unavailable
from services.runtime.causes import Cause
from services.runtime.causes.obstacle import Obstacle
from services.runtime.kafka import end_producer
from services.runtime.settings import SettingsFault
from services.runtime.tracing.records import headers

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0


class Outbox:
    """A thread of its own connects, again and again where it must; a producer that failed is ended and replaced.

    ``connect`` gives a producer that waits for all in-sync replicas, or what is lacking, or raises kafka-python's
    errors; ``obstacle`` is told.
    """

    def __init__(
        self, connect: Callable[[], KafkaProducer | Cause], patience_seconds: float, obstacle: Obstacle
    ) -> None:
        self._connect = connect
        self._patience = patience_seconds
        self._obstacle = obstacle
        self._producer: KafkaProducer | None = None
        self._broken: list[KafkaProducer] = []
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._keep_connected, name="gateway-kafka", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether there is a producer."""
        return self._producer is not None

    def why_not(self) -> str | None:
        """None when records are taken, else what is in the way."""
        return None if self.connected else self._obstacle.sentence or "the gateway is not connected to Kafka yet"

    def put(self, topic: TopicName, key: str, value: bytes) -> None:
        """Return only when Kafka has the record for certain. Raises Unavailable.

        After a time-out the record may have landed: putting the same again is harmless.
        """
        producer = self._producer
        if producer is None:
            raise Unavailable("Kafka is not connected")
        try:
            producer.send(topic, key=key.encode(), value=value, headers=headers(topic)).get(timeout=self._patience)
        except (KafkaError, ValueError, OSError) as error:
            self._give_up(producer)
            raise Unavailable(f"Kafka does not take the record ({type(error).__name__})") from None

    def close(self) -> None:
        """Let go of Kafka."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _give_up(self, producer: KafkaProducer) -> None:
        with self._changed:
            if self._producer is producer:
                self._producer = None
                self._broken.append(producer)
                self._changed.notify_all()

    def _keep_connected(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closing:
            self._end_broken()
            if self._producer is not None:
                with self._changed:
                    self._changed.wait_for(lambda: self._closing or self._producer is None)
                continue
            if self._connected():
                pause = _FIRST_PAUSE
                continue
            with self._changed:
                self._changed.wait_for(lambda: self._closing, pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        self._end_broken()
        if self._producer is not None:
            end_producer(self._producer, 1.0)

    def _connected(self) -> bool:
        """One attempt; gives whether there is a producer now."""
        try:
            made = self._connect()
        except (KafkaError, OSError, ValueError, SettingsFault) as error:
            self._obstacle.met(error)
            return False
        if isinstance(made, Cause):
            self._obstacle.told(made)
            return False
        self._producer = made
        self._obstacle.gone()
        return True

    def _end_broken(self) -> None:
        with self._changed:
            broken, self._broken = self._broken, []
        for producer in broken:
            end_producer(producer, 0.0)
