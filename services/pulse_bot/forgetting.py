"""Forgetting a person: their open ballots withdrawn, then every row that names them removed, and no old page left."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from services.contracts.events import BallotWithdrawn
from services.contracts.topics import TopicName
from services.contracts.wire import encode
from services.pulse_bot.answers.ballot import ballot_id
from services.pulse_bot.answers.book import OpenWave, WaveBook
from services.pulse_bot.answers.in_flight import InFlight
from services.pulse_bot.answers.records import KafkaAway, Record, RecordWriter
from services.pulse_bot.answers.values import Person
from services.pulse_bot.ledger import ballots, closing, stored, waves
from services.pulse_bot.ledger.models import WaveState
from services.pulse_bot.ledger.store import Ledger

_log = structlog.get_logger(__name__)
_SECONDS = 30.0


@dataclass(frozen=True)
class Forgotten:
    """What forgetting took: waves whose ballot was withdrawn, and rows removed."""

    withdrawn: Sequence[str]
    rows: int


class Forgetting:
    """Forgets people. ``in_flight``: a closing wave waits for a withdrawal as for an answer."""

    def __init__(self, ledger: Ledger, book: WaveBook, records: RecordWriter, in_flight: InFlight) -> None:
        self._ledger = ledger
        self._book = book
        self._records = records
        self._in_flight = in_flight

    async def forget(self, person: Person, *, seconds: float = _SECONDS) -> Forgotten:
        """Withdraw, then remove. Harmless to repeat.

        Raises KafkaAway when Kafka does not acknowledge a withdrawal within ``seconds``; nothing is removed then, so
        that it can be tried again. Ballots of closed waves stay: nobody can find which are the person's.
        """
        withdrawn = []
        for wave in await self._ledger.read(lambda c: waves.in_states(c, [WaveState.OPEN])):
            opened = await self._book.find(wave.id)
            if opened is not None and await self._withdraw(person, opened, seconds):
                withdrawn.append(wave.id)
        rows = await self._ledger.write(stored.forget(person.workspace, person.member))
        await self._scrub()
        return Forgotten(withdrawn, rows)

    async def _withdraw(self, person: Person, wave: OpenWave, seconds: float) -> bool:
        ballot = ballot_id(wave.key, person.workspace, person.member)
        with self._in_flight.one(wave.id):
            revision = await self._ledger.write(ballots.withdraw(wave.id, person.workspace, person.member, ballot))
            if revision is None:
                return False
            event = BallotWithdrawn(wave_id=wave.id, ballot_id=ballot, revision=revision)
            record = Record(TopicName.ANSWERS, encode(event), key=ballot.encode(), timestamp_ms=wave.timestamp_ms)
            try:
                await asyncio.wait_for(asyncio.shield(self._records.send(record)), seconds)
            except TimeoutError:
                raise KafkaAway("Kafka did not acknowledge a withdrawal in time") from None
        return True

    async def _scrub(self) -> None:
        """Rewrite the database; where another process reads it just now, the close of the next wave does it too."""
        try:
            await self._ledger.maintain(closing.scrub)
        except closing.ErasureIncomplete as fault:
            _log.warning("old pages of the ledger wait for the next rewriting", fault=str(fault))
