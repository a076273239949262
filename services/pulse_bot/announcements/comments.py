"""Taking a comment on the open question: into Kafka without any ballot, and only then thanks."""

import asyncio
import hmac
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

import structlog
from sqlalchemy import Connection

from services.contracts.events import CommentGiven
from services.contracts.topics import TopicName
from services.contracts.wire import encode
from services.pulse_bot.announcements import people
from services.pulse_bot.announcements.redaction import Redaction
from services.pulse_bot.answers.book import OpenWave, WaveBook
from services.pulse_bot.answers.in_flight import InFlight
from services.pulse_bot.answers.records import KafkaAway, Record, RecordWriter
from services.pulse_bot.answers.values import Person
from services.pulse_bot.ledger import ballots
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.writer import LedgerAway

_log = structlog.get_logger(__name__)
_LONGEST = 3_000
_HEX_DIGITS = 32


class CommentOutcome(StrEnum):
    """What became of a comment."""

    STORED = "stored"
    TRY_AGAIN = "try_again"
    CLOSED = "closed"
    NOT_INVITED = "not_invited"
    GIVEN_BEFORE = "given_before"


def comment_id(wave_key: bytes, workspace: str, member: str) -> str:
    """The id of a person's comment in a wave, 128 bits in hex.

    From the wave's key, so that a comment that is sent again after a failure is the same one; and of another domain
    than ballot ids, so that without the key nobody can tell which ballot goes with it. The key is destroyed at close.
    """
    return hmac.new(wave_key, f"comment|{workspace}|{member}".encode(), sha256).hexdigest()[:_HEX_DIGITS]


@dataclass(frozen=True, repr=False)
class Said:
    """What somebody wrote, to which question of which wave. Its representation shows nothing."""

    wave_id: str
    question: str
    text: str


class Commenting:
    """Takes comments. ``deadline``: the longest that a person waits from the arrival of the modal, in seconds."""

    def __init__(
        self, ledger: Ledger, book: WaveBook, records: RecordWriter, in_flight: InFlight, deadline: float
    ) -> None:
        self._ledger = ledger
        self._book = book
        self._records = records
        self._in_flight = in_flight
        self._deadline = deadline
        self._running: set[asyncio.Task[CommentOutcome]] = set()

    @property
    def deadline(self) -> float:
        """The longest that a person waits, in seconds."""
        return self._deadline

    async def take(self, person: Person, said: Said, redact: Redaction, seconds: float) -> CommentOutcome:
        """Store one comment, names and long numbers taken out. STORED: Kafka has it on every in-sync replica.

        ``seconds``: how long the person can still wait; afterwards TRY_AGAIN, and it may land all the same: it is the
        same comment then.
        """
        work = asyncio.get_running_loop().create_task(self._take(person, said, redact))
        self._running.add(work)
        work.add_done_callback(self._finished)
        try:
            return await asyncio.wait_for(asyncio.shield(work), max(0.0, seconds))
        except (KafkaAway, LedgerAway, TimeoutError):
            return CommentOutcome.TRY_AGAIN

    def _finished(self, work: asyncio.Task[CommentOutcome]) -> None:
        self._running.discard(work)
        if not work.cancelled() and (error := work.exception()) is not None:
            _log.warning("a comment was not taken", error=type(error).__name__)

    async def _take(self, person: Person, said: Said, redact: Redaction) -> CommentOutcome:
        wave_id = said.wave_id
        wave = await self._book.find(wave_id)
        if wave is None:
            return CommentOutcome.CLOSED
        with self._in_flight.one(wave.id):  # a closing wave waits for this one
            refusal = await self._refusal(person, wave)
            if refusal is not None:
                return refusal
            event = CommentGiven(
                comment_id=comment_id(wave.key, person.workspace, person.member),
                wave_id=wave.id,
                question=said.question,
                text=redact(said.text)[:_LONGEST],
            )
            record = Record(
                TopicName.COMMENTS, encode(event), key=event.comment_id.encode(), timestamp_ms=wave.timestamp_ms
            )
            await self._records.send(record)
            await self._ledger.write(people.mark_commented(wave.id, person.workspace, person.member))
        return CommentOutcome.STORED

    async def _refusal(self, person: Person, wave: OpenWave) -> CommentOutcome | None:
        """In a write transaction: on PostgreSQL too the wave cannot turn to closing meanwhile."""

        def operation(connection: Connection) -> tuple[ballots.Standing, bool]:
            standing = ballots.standing(connection, wave.id, person.workspace, person.member)
            return standing, people.has_commented(connection, wave.id, person.workspace, person.member)

        standing, before = await self._ledger.write(operation)
        if standing.refusal is ballots.Refusal.NOT_INVITED:
            return CommentOutcome.NOT_INVITED
        if standing.refusal is not None:
            return CommentOutcome.CLOSED
        return CommentOutcome.GIVEN_BEFORE if before else None
