"""Nothing is said to be taken before Kafka has acknowledged it, and what failed leaves no trace."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from services.contracts.events import Event
from services.contracts.topics import TopicName
from services.ingest.errors import Unavailable
from services.ingest.gateway.contents import Outcome
from services.ingest.gateway.organisation import Organisation
from services.ingest.gateway.outbox import Outbox
from services.ingest.gateway.taking import Taker
from services.runtime.problems import Problem
from tests.obstacles import obstacle
from tests.unit.ingest.test_gateway_contents import OUTCOME


class Acknowledgement:
    """Of a record: comes when ``given`` is set, or never."""

    def __init__(self) -> None:
        self.given = threading.Event()

    def get(self, timeout: float) -> None:
        if not self.given.wait(timeout):
            raise KafkaTimeoutError("no acknowledgement")


class FakeProducer:
    """Acknowledges at once unless told not to."""

    def __init__(self, *, acknowledges: bool = True) -> None:
        self.acknowledges = acknowledges
        self.sent: list[tuple[str, bytes]] = []
        self.last = Acknowledgement()
        self.closed = False

    def send(self, topic: str, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> Acknowledgement:
        assert headers == [], "nobody traces here"
        self.sent.append((topic, key))
        self.last = Acknowledgement()
        if self.acknowledges:
            self.last.given.set()
        return self.last

    def close(self, timeout: float) -> None:
        self.closed = True


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen within 60 s"
        time.sleep(0.005)


def put_when_connected(outbox: Outbox) -> None:
    def put() -> bool:
        try:
            outbox.put(TopicName.OUTCOMES, "k", b"v")
        except Unavailable:
            return False
        return True

    until(put)


def test_a_record_is_put_when_it_is_acknowledged_and_not_before() -> None:
    slow: Any = FakeProducer(acknowledges=False)
    outbox = Outbox(lambda: slow, patience_seconds=60, obstacle=obstacle())
    outbox.start()
    put = threading.Thread(target=put_when_connected, args=(outbox,))
    put.start()
    until(lambda: bool(slow.sent))
    assert put.is_alive(), "it was put without an acknowledgement"
    slow.last.given.set()
    put.join()
    outbox.close()
    assert (slow.sent, slow.closed) == ([(TopicName.OUTCOMES, b"k")], True)


def test_a_producer_that_failed_is_ended_and_another_one_goes_on() -> None:
    made: list[Any] = []

    def connect() -> Any:
        if len(made) == 1:
            made.append(None)
            raise KafkaConnectionError
        made.append(FakeProducer(acknowledges=bool(made)))
        return made[-1]

    outbox = Outbox(connect, patience_seconds=0.01, obstacle=obstacle())
    outbox.start()
    until(lambda: outbox.connected)
    with pytest.raises(Unavailable, match="KafkaTimeoutError"):
        outbox.put(TopicName.OUTCOMES, "k", b"v")
    put_when_connected(outbox)
    until(lambda: made[0].closed)
    outbox.close()
    assert [len(made), len(made[2].sent), made[2].closed] == [3, 1, True]


def test_an_outbox_that_never_connected_takes_nothing_and_closes() -> None:
    def refuse() -> Any:
        raise KafkaConnectionError

    outbox = Outbox(refuse, patience_seconds=5, obstacle=obstacle())
    outbox.start()
    with pytest.raises(Unavailable, match="not connected"):
        outbox.put(TopicName.OUTCOMES, "k", b"v")
    outbox.close()


class Nothing:
    """A store without reports, whose organisation is the team of the outcome."""

    def organisation(self) -> Organisation:
        return Organisation({"thuiszorg": 30})

    def named(self, event: Event) -> tuple[Event, ...]:
        return ()

    def used_for(self, key: str) -> str | None:
        return None

    def use(self, key: str, content: str) -> None:
        raise Unavailable("the store has just gone")


class Box:
    """Kafka, there or away."""

    def __init__(self, acknowledges_after: float = 0.0) -> None:
        self.away = True
        self.keys: list[str] = []
        self._seconds = acknowledges_after

    def put(self, topic: TopicName, key: str, value: bytes) -> None:
        if self.away:
            raise Unavailable("Kafka is away")
        threading.Event().wait(self._seconds)
        self.keys.append(key)


def test_what_kafka_did_not_take_is_a_503_and_leaves_id_and_key_free() -> None:
    box: Any = Box()
    nothing: Any = Nothing()
    taker = Taker(nothing, box)
    first, other = (Outcome.model_validate(OUTCOME | {"value": value}) for value in (1, 2))
    with pytest.raises(Problem) as away:
        taker.take(first, "caller", "key")
    assert (away.value.details.status, away.value.headers) == (503, {"Retry-After": "5"})
    box.away = False
    taker.take(other, "caller", "key")
    taker.take(other, "caller", "key")
    assert box.keys == [other.id], "the second time there is nothing to put"
    for content, key in ((first, None), (first, "key")):
        with pytest.raises(Problem) as taken:
            taker.take(content, "caller", key)
        assert taken.value.details.status == 409


def test_requests_for_the_same_id_at_the_same_time_put_one_record() -> None:
    box: Any = Box(acknowledges_after=0.05)
    box.away = False
    nothing: Any = Nothing()
    taker = Taker(nothing, box)
    contents = [Outcome.model_validate(OUTCOME | {"value": value % 2}) for value in range(16)]
    start = threading.Barrier(len(contents))
    refused: list[int] = []

    def take(content: Outcome) -> None:
        start.wait()
        try:
            taker.take(content, "caller", None)
        except Problem as problem:
            refused.append(problem.details.status)

    threads = [threading.Thread(target=take, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(box.keys), refused) == (1, [409] * 8)
