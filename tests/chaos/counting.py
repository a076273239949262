"""What was produced, and what became of it."""

import threading
import time
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from services.contracts import wire
from services.contracts.topics import TopicName
from tests.integration.ingest.events import answer
from tests.integration.ingest.platform import Platform, wait_until

DELIVERY_MS = 120_000


class Ledger:
    """The account of one fault: every record that the broker has acknowledged must be found, once."""

    def __init__(self, there: Platform, fault: str) -> None:
        self._there = there
        self._fault = fault
        self._letters = self.dead_letters()
        self.lines: list[str] = []

    def settle(self, wave_id: str, produced: set[int], broken: int = 0, *, more: str = "") -> None:
        """Wait until everything is stored; then compare ballot by ballot. ``broken`` of the records are no events."""
        wait_until(lambda: self.stored(wave_id) >= len(produced), f"{self._fault}: all of {len(produced)}", 240)
        wait_until(lambda: self.dead_letters() - self._letters >= broken, f"{self._fault}: all dead letters", 240)
        self.compare(wave_id, produced, broken, more)

    def compare(self, wave_id: str, produced: set[int], broken: int = 0, more: str = "") -> None:
        """The same, without waiting."""
        stored = self._found(wave_id)
        letters = self.dead_letters() - self._letters
        self.count(len(produced) + broken, len(stored), letters, more)
        lost, twice = produced - stored.keys(), [ballot for ballot, count in stored.items() if count != 1]
        assert not lost, f"{len(lost)} of {len(produced)} acknowledged answers are lost"
        assert not twice, f"{len(twice)} answers are stored twice"
        assert stored.keys() == produced, "there is more than was produced"
        assert letters == broken, f"{letters} dead letters of {broken} broken records"

    def stored(self, wave_id: str) -> int:
        """Answers of the wave."""
        return self._there.count("pulse_ballots.answers", wave_id)

    def ballots(self, wave_id: str) -> set[int]:
        """The ballots of the wave that are stored."""
        return set(self._found(wave_id))

    def _found(self, wave_id: str) -> dict[int, int]:
        found = "SELECT ballot_id, count() FROM pulse_ballots.answers FINAL WHERE wave_id = {wave:String} GROUP BY 1"
        return {int(ballot, 16): count for ballot, count in self._there.rows(found, wave=wave_id)}

    def dead_letters(self) -> int:
        """All that are put aside, of every wave."""
        return int(self._there.rows("SELECT count() FROM pulse_ballots.dead_letters FINAL")[0][0])

    def count(self, produced: int, stored: int, letters: int, more: str) -> None:
        """Say what was counted."""
        line = f"{self._fault}: {produced:,} = {stored:,} + {letters:,}"
        self.lines.append(line + (f" ({more})" if more else ""))


class Stream:
    """Answers of one wave, one a ballot, sent by a thread of its own at a steady pace for as long as the block.

    ``acknowledged`` are the ballots of those that the broker has taken; all must be acknowledged in the end.
    """

    def __init__(self, there: Platform, wave_id: str, a_second: int = 200) -> None:
        self._wave_id = wave_id
        self._pause = 1 / a_second
        self._producer = KafkaProducer(
            bootstrap_servers=there.bootstrap.split(","),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            delivery_timeout_ms=DELIVERY_MS,
            request_timeout_ms=5_000,
        )
        self._stop = threading.Event()
        self._sent: dict[int, Any] = {}
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)

    def __enter__(self) -> "Stream":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def sent(self) -> int:
        """How many have been handed to the producer."""
        return len(self._sent)

    def end(self) -> set[int]:
        """Stop, wait for every acknowledgement, and give the ballots. Raises what the broker refused one with."""
        self._stop.set()
        self._thread.join(DELIVERY_MS / 1000)
        try:
            for future in self._sent.values():
                future.get(DELIVERY_MS / 1000)
            return set(self._sent)
        finally:
            self._producer.close(timeout=5)

    def _run(self) -> None:
        ballot = 0
        due = time.monotonic()
        while not self._stop.is_set():
            event = wire.encode(answer(self._wave_id, ballot))
            try:
                self._sent[ballot] = self._producer.send(TopicName.ANSWERS, event, b"%032x" % ballot)
            except KafkaError:
                continue  # it was not taken, so it was not produced: the same one is tried again
            ballot += 1
            due += self._pause
            self._stop.wait(max(0.0, due - time.monotonic()))
