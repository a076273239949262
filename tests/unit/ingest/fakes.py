"""A store and a letter box in memory that can be told to fail, and records as Kafka gives them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from kafka.consumer.fetcher import ConsumerRecord

from services.contracts import wire
from services.contracts.events import AnswerGiven
from services.contracts.topics import TopicName
from services.ingest.errors import Rejected, Unavailable
from services.ingest.letters import Letter
from services.ingest.tables import Table
from services.ingest.waves import Asked


class FakeStore:
    """Keeps the rows of each table; a row that ``bad`` says yes to is refused with its whole insert."""

    def __init__(self, bad: Callable[[bytes], bool] = lambda _: False) -> None:
        self.rows: dict[Table, Counter[bytes]] = {}
        self.inserts: list[Table] = []
        self.bad = bad
        self.fail_before = False
        self.fail_after = False

    def insert(self, table: Table, rows: Sequence[bytes]) -> None:
        if self.fail_before:
            raise Unavailable("nothing was stored")
        if any(map(self.bad, rows)):
            raise Rejected("bad_row")
        self.inserts.append(table)
        self.rows.setdefault(table, Counter()).update(rows)
        if self.fail_after:
            raise Unavailable("everything was stored, but who knows")

    def kept(self, table: Table) -> set[bytes]:
        """The rows after replacement: equal rows are one."""
        return set(self.rows.get(table, ()))


class FakeLetterBox:
    """Keeps letters."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letters: list[Letter]) -> None:
        self.letters += letters


class FakeFacts:
    """Facts about waves that a test sets."""

    def __init__(self) -> None:
        self.released_waves: frozenset[str] = frozenset()
        self.waves: Mapping[str, Asked] = {}

    def released(self) -> frozenset[str]:
        return self.released_waves

    def asked(self) -> Mapping[str, Asked]:
        return self.waves


def record(
    value: bytes | None, offset: int = 0, topic: TopicName = TopicName.ANSWERS, partition: int = 0
) -> ConsumerRecord:
    """A record as kafka-python gives it."""
    nothing = (None, -1, -1, -1)
    return ConsumerRecord(str(topic), partition, -1, offset, 0, 0, b"key", value, [], *nothing)


def answer(ballot: int, wave_id: str = "w", value: int | None = 3) -> bytes:
    """An answer as bytes."""
    event = AnswerGiven(wave_id=wave_id, ballot_id=f"{ballot:032x}", node_id="t", item_id="A1", value=value, revision=1)
    return wire.encode(event)
