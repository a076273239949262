"""Taking an answer: ledger, then Kafka, and only then a confirmation."""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog

from services.contracts.base import Language
from services.contracts.events import AnswerGiven
from services.contracts.topics import TopicName
from services.contracts.wire import encode
from services.pulse_bot.answers.ballot import ballot_id
from services.pulse_bot.answers.book import OpenWave, WaveBook
from services.pulse_bot.answers.crowd import Crowds
from services.pulse_bot.answers.in_flight import InFlight
from services.pulse_bot.answers.records import KafkaAway, Record, RecordWriter
from services.pulse_bot.answers.values import AskedWave, GivenAnswer, Person
from services.pulse_bot.ledger import ballots, invitations, waves
from services.pulse_bot.ledger.ballots import Refusal, Revision
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.ledger.writer import LedgerAway

_log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of an answer."""

    STORED = "stored"
    PRESS_AGAIN = "press_again"
    CLOSED = "closed"
    NOT_INVITED = "not_invited"
    UNKNOWN_QUESTION = "unknown_question"


@dataclass(frozen=True)
class Taken:
    """The outcome, the person's language if the ledger knows it, and the wave if it is open (or previewed)."""

    outcome: Outcome
    language: Language | None = None
    wave: AskedWave | None = None


@dataclass(repr=False)
class _Reached:
    """How far an answer came, for the words to someone who waits no longer."""

    language: Language | None = None
    wave: OpenWave | None = None


class Answering:
    """Takes answers. ``deadline`` is the longest that a person waits from the arrival of the press, in seconds."""

    def __init__(
        self, ledger: Ledger, book: WaveBook, records: RecordWriter, in_flight: InFlight, deadline: float
    ) -> None:
        self._ledger = ledger
        self._book = book
        self._records = records
        self._in_flight = in_flight
        self._deadline = deadline
        self.crowds = Crowds()
        self._running: set[asyncio.Task[Any]] = set()

    async def take(self, person: Person, answer: GivenAnswer, waited: float = 0.0) -> Taken:
        """Store one answer. STORED means that Kafka has it on every in-sync replica.

        ``waited``: for how many seconds the person has waited already.

        After PRESS_AGAIN the answer may still land; the next press takes a higher revision and replaces it.
        """
        reached = _Reached()
        try:
            work = self._keep(self._take(person, answer, reached))
            return await asyncio.wait_for(asyncio.shield(work), max(0.0, self._deadline - waited))
        except (TimeoutError, LedgerAway):
            return Taken(Outcome.PRESS_AGAIN, reached.language, reached.wave)

    async def standing(self, person: Person, wave_id: str) -> Taken:
        """Whether the person may answer in the wave; STORED stands for yes, and nothing is stored."""
        standing = await self._ledger.read(
            lambda connection: ballots.standing(connection, wave_id, person.workspace, person.member)
        )
        wave = None if standing.refusal else await self._book.find(wave_id)
        if standing.refusal is Refusal.NOT_INVITED:
            return Taken(Outcome.NOT_INVITED, standing.language)
        if wave is None:
            return Taken(Outcome.CLOSED, standing.language)
        return Taken(Outcome.STORED, standing.language, wave)

    async def preview(self, person: Person, wave_id: str, answer: GivenAnswer | None = None) -> Taken:
        """What a champion sees who presses in a preview; nothing is ever stored by it, whatever the wave's state."""
        language = await self._ledger.read(
            lambda connection: invitations.language_of(connection, person.workspace, person.member)
        )
        try:
            wave = await self._ledger.read(lambda connection: waves.find(connection, wave_id))
        except waves.NoSuchWave:
            return Taken(Outcome.UNKNOWN_QUESTION, language)
        if answer is not None and not _is_asked(wave, answer):
            return Taken(Outcome.UNKNOWN_QUESTION, language, wave)
        return Taken(Outcome.STORED, language, wave)

    async def settled(self) -> None:
        """Wait for everything in flight, of whatever wave."""
        await self._in_flight.none_left()

    async def _take(self, person: Person, answer: GivenAnswer, reached: "_Reached") -> Taken:
        wave = reached.wave = await self._book.find(answer.wave_id)
        if wave is None:
            return await self.standing(person, answer.wave_id)
        if not _is_asked(wave, answer):
            return Taken(Outcome.UNKNOWN_QUESTION, wave=wave)
        with self._in_flight.one(wave.id):
            ballot = ballot_id(wave.key, person.workspace, person.member)
            revision = await self._ledger.write(ballots.take_revision(wave.id, person.workspace, person.member, ballot))
            language = reached.language = revision.standing.language
            if revision.standing.refusal is Refusal.NOT_INVITED:
                return Taken(Outcome.NOT_INVITED, language)
            if revision.standing.refusal is Refusal.CLOSED:
                self._book.forget(wave.id)
                return Taken(Outcome.CLOSED, language)
            try:
                await self._records.send(_record(wave, ballot, answer, revision))
            except KafkaAway:
                return Taken(Outcome.PRESS_AGAIN, language, wave)
            self.crowds.stored(wave.id, person)
            if not revision.standing.answered:
                held = ExitStack()
                held.enter_context(self._in_flight.one(wave.id))  # before the task begins: no gap for a closing wave
                self._keep(self._note_answered(wave.id, person, held))
        return Taken(Outcome.STORED, language, wave)

    async def _note_answered(self, wave_id: str, person: Person, held: ExitStack) -> None:
        with held:
            try:
                await self._ledger.write(ballots.mark_answered(wave_id, person.workspace, person.member))
            except Exception as error:
                _log.error("answered flag not set", wave=wave_id, error=type(error).__name__)

    def _keep(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run on even when nobody waits any more: a late acknowledgement still counts."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("an answer was not taken", error=type(error).__name__)


def _is_asked(wave: AskedWave, answer: GivenAnswer) -> bool:
    if not 0 <= answer.index < len(wave.items):
        return False
    item = wave.items[answer.index]
    return item.id == answer.item_id and item.allows(answer.value)


def _record(wave: OpenWave, ballot: str, answer: GivenAnswer, revision: Revision) -> Record:
    event = AnswerGiven(
        wave_id=wave.id,
        ballot_id=ballot,
        node_id=revision.standing.node_id,
        item_id=answer.item_id,
        value=answer.value,
        revision=revision.number,
    )
    return Record(TopicName.ANSWERS, encode(event), key=ballot.encode(), timestamp_ms=wave.timestamp_ms)
