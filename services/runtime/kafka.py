"""Connections to Kafka, the same for a server and the sandbox's broker: settings alone differ."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.net.compat import KafkaNetClient

from services.runtime.settings import KafkaSettings, read_secret

_Client = TypeVar("_Client")
_FORCED_CLOSE_SECONDS = 5.0
_BUSY_MS = 50.0
_CONNECTING_MS = 10.0
_POLL_MS = 500
_QUIET_POLLS = 2
"""Polls without a record after which nothing comes behind the ends that were told."""

_SILENT_SECONDS = 30.0
"""How long a broker may give nothing of what it says that it has."""


def connection(settings: KafkaSettings, client_id: str) -> dict[str, Any]:
    """The arguments that every kafka-python client shares. Raises SettingsFault."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap.split(","),
        "client_id": client_id,
        "security_protocol": settings.kafka_security_protocol,
    }
    if "SSL" in settings.kafka_security_protocol:
        for argument, path in (
            ("ssl_cafile", settings.kafka_ca_file),
            ("ssl_certfile", settings.kafka_cert_file),
            ("ssl_keyfile", settings.kafka_key_file),
        ):
            if path is not None:
                arguments[argument] = str(path)
    if settings.kafka_sasl_mechanism is not None:
        password = read_secret(settings.kafka_password_file, "kafka_password_file")
        arguments["sasl_mechanism"] = settings.kafka_sasl_mechanism
        arguments["sasl_plain_username"] = settings.kafka_username
        arguments["sasl_plain_password"] = password.get_secret_value()
    return arguments


def producer(settings: KafkaSettings, client_id: str) -> KafkaProducer:
    """A producer that is told of success only when every in-sync replica has the record.

    ``delivery_timeout_ms`` stays at 30 s although a click waits 2 s: with a short one a frozen broker wedges the
    idempotent producer of kafka-python 3.0.12 for good. ``max_block_ms`` is small since ``send`` may run on an event
    loop.
    """
    return _made(
        KafkaProducer,
        **connection(settings, client_id),
        client=_Unhurried,
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        delivery_timeout_ms=30_000,
        request_timeout_ms=10_000,
        max_block_ms=1_000,
        bootstrap_timeout_ms=5_000,  # whoever waits for a broker tries again; one attempt must not hold up an end
        allow_auto_create_topics=False,  # a topic made by asking for it has the wrong number of partitions
    )


class _Unhurried(KafkaNetClient):
    """The network of a producer, which waits for the broker instead of asking all the time whether it can send.

    kafka-python 3.0.12 takes the delay, which is in seconds, for milliseconds, and it is 0 for a broker that has as
    many requests as it may have at once. So the producer's thread spun for as long as the broker was slow or away, and
    with Python's one lock it took every other thread's time: a frozen broker made presses wait that had not even been
    read. What comes in ends the wait at once.
    """

    def connection_delay(self, node_id: Any) -> float:
        """For how long a node that cannot be sent to is let be, in milliseconds."""
        if self.connected(node_id):  # type: ignore[no-untyped-call]
            return _BUSY_MS
        seconds: float = super().connection_delay(node_id)  # type: ignore[no-untyped-call]
        return max(_CONNECTING_MS, 1000 * seconds)


def end_producer(producer: KafkaProducer, seconds: float) -> None:
    """Let go of a producer for certain; what is not acknowledged within ``seconds`` fails, and may have landed or not.

    ``KafkaProducer.close`` first flushes, and where that takes too long it raises and leaves its thread and sockets
    behind for good. So its thread is told to give up, and then it is closed.
    """
    try:
        producer.close(timeout=seconds)
    except KafkaError:
        producer._sender.force_close()
        producer._sender.join(_FORCED_CLOSE_SECONDS)
        producer.close(timeout=_FORCED_CLOSE_SECONDS)


class GroupConsumer(KafkaConsumer):
    """A member of a group that finishes every rejoin it has begun.

    kafka-python 3.0.12 rejoins when the partitions it divided are not those it knows by now, and asks itself at every
    poll whether that still holds. A poll that ends while the join is under way, and a join that divides anew, make the
    answer "no": then the join's result is never taken, the listener has been told that its partitions are revoked, and
    nothing is read ever again, without an error and without a heartbeat.
    """

    def poll(self, *args: Any, **kwargs: Any) -> Any:
        """Records by partition, as kafka-python gives them."""
        coordinator = self._coordinator
        if coordinator.rejoining and not coordinator.need_rejoin():
            coordinator.request_rejoin()
        return super().poll(*args, **kwargs)  # type: ignore[no-untyped-call]


def consumer(settings: KafkaSettings, client_id: str, group: str) -> GroupConsumer:
    """A consumer that starts at the earliest record and commits only what it is told to. Not subscribed yet."""
    return _made(
        GroupConsumer,
        **connection(settings, client_id),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,  # a topic that a reader makes by asking has the wrong number of partitions
        bootstrap_timeout_ms=10_000,  # an attempt must end well before whoever makes it counts as dead
        session_timeout_ms=settings.kafka_session_timeout_ms,
        heartbeat_interval_ms=max(1_000, settings.kafka_session_timeout_ms // 6),
    )


def reader(settings: KafkaSettings, client_id: str) -> KafkaConsumer:
    """A consumer of no group, for who reads a small topic from its beginning each time; nothing is committed."""
    return _made(
        KafkaConsumer,
        **connection(settings, client_id),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        bootstrap_timeout_ms=1_500,  # an end waits for an attempt under way
    )


def everything(consumer: KafkaConsumer, partitions: Iterable[TopicPartition]) -> Iterator[ConsumerRecord]:
    """Every record of the partitions, each one's oldest first; ``consumer`` is of no group and reads nothing else.

    The ends that the broker told are reached, however slowly it answers; since the sandbox's broker tells ends that are
    too low, it is also asked until nothing comes. Raises kafka-python's errors, KafkaTimeoutError for a broker that
    gives nothing more before the end.
    """
    assigned = list(partitions)
    if not assigned:
        return
    consumer.assign(assigned)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(assigned)
    quiet, heard = 0, time.monotonic()
    while quiet < _QUIET_POLLS or _is_before(consumer, ends):
        polled = consumer.poll(timeout_ms=_POLL_MS)
        for records in polled.values():
            yield from records
        quiet = 0 if polled else quiet + 1
        if polled:
            heard = time.monotonic()
        elif _is_before(consumer, ends) and time.monotonic() - heard > _SILENT_SECONDS:
            raise KafkaTimeoutError("the broker does not give all that it has")


def _is_before(consumer: KafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    """Whether an end is not reached; one where the broker has not told yet where the records begin is not."""
    positions = ((consumer.position(partition, timeout_ms=_POLL_MS), end) for partition, end in ends.items())
    return any(position is None or position < end for position, end in positions)


def admin(settings: KafkaSettings, client_id: str, patience: float = 10.0) -> KafkaAdminClient:
    """A client that creates and describes topics. ``patience``: seconds to connect; a request gets three times that."""
    milliseconds = int(1000 * patience)
    return _made(
        KafkaAdminClient,
        **connection(settings, client_id),
        bootstrap_timeout_ms=milliseconds,
        request_timeout_ms=3 * milliseconds,
    )


def _made(make: Callable[..., _Client], *, client: type[KafkaNetClient] = KafkaNetClient, **arguments: Any) -> _Client:
    """What ``make`` constructs, on a network of class ``client``; where that fails, its network is closed.

    kafka-python 3.0.12 starts a thread before it connects. When it raises then, nobody has what would end that thread
    and close its sockets.
    """
    begun: list[KafkaNetClient] = []

    def begin(**configs: Any) -> KafkaNetClient:
        begun.append(client(**configs))
        return begun[-1]

    try:
        return make(**arguments, kafka_client=begin)
    except BaseException:
        for network in begun:
            network.close()
        raise
