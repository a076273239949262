"""Records that are no events: a few are put aside and cost no other; many stop ingest, and nothing is lost."""

from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from kafka import KafkaConsumer

from services.contracts import wire
from services.contracts.topics import TopicName
from tests import kafka
from tests.chaos.conftest import PATIENCE, tell
from tests.chaos.counting import Ledger
from tests.integration.ingest.events import Broken, answer, broken, poison
from tests.integration.ingest.platform import Platform, Writer, platform, wait_until

pytestmark = [pytest.mark.needs("java", "maven"), pytest.mark.timeout(1_200)]

RECORDS = 5_000


def write(writer: Writer, wave_id: str, share: float) -> tuple[set[int], int]:
    """Answers with a share of broken ones among them, of every kind; gives the ballots and how many are broken."""
    seed, count = Random(wave_id), 0
    missing = list(Broken)  # each kind at least once
    for ballot in range(RECORDS):
        writer.event(TopicName.ANSWERS, answer(wave_id, ballot), f"{ballot:032x}")
        if seed.random() < share:
            record = broken(missing.pop(), wave_id, seed) if missing else poison(wave_id, seed)
            writer.raw(TopicName.ANSWERS, record, f"{ballot:032x}".encode())
            count += 1
    return set(range(RECORDS)), count


def test_four_percent_broken_records_are_put_aside(there: Platform, ledger: Ledger) -> None:
    with closing(Writer(there.bootstrap)) as writer, there.running_ingest():
        produced, count = write(writer, "four", 0.04)
        writer.flush()
        ledger.settle("four", produced, count, more=f"{len(Broken)} kinds of broken")


def test_ten_percent_broken_records_stop_ingest_and_lose_nothing(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """On a broker of its own: nobody reads past these records until their writer is mended."""
    with (
        kafka.running(tmp_path / "kafka") as cluster,
        platform(tmp_path, cluster.bootstrap, DRAAGVLAK_KAFKA_SESSION_TIMEOUT_MS="3000") as there,
        closing(Writer(there.bootstrap)) as writer,
    ):
        produced, count = write(writer, "ten", 0.10)
        writer.flush()
        for _ in range(2):
            with there.ingest(DRAAGVLAK_INGEST_FLUSH_ROWS="100") as ingest:
                wait_until(lambda: ingest.child.code() is not None, "it stops", PATIENCE)
                assert ingest.child.code() == 1
                assert "Ingest has stopped" in ingest.child.last_line(), ingest.log
                assert "Nothing is lost" in ingest.child.last_line()
        ledger = Ledger(there, "ten percent broken records stop ingest")
        stored, letters = ledger.ballots("ten"), ledger.dead_letters()
        good, bad = uncommitted(there, writer)
        assert good, "it went on to the end"
        assert stored | good == produced, "an answer is neither stored nor still to be read"
        assert letters + bad >= count, "a broken record is neither put aside nor still to be read"
        more = f"and {len(good - stored):,} + {len(produced) + count - len(stored | good) - letters:,} still to be read"
        ledger.count(len(produced) + count, len(stored), letters, more)
        tell(request, ledger)


def uncommitted(there: Platform, writer: Writer) -> tuple[set[int], int]:
    """What the group would read next: the ballots of answers, and how many records are none."""
    committed = there.committed()
    good, bad = set(), 0
    with closing(KafkaConsumer(bootstrap_servers=there.bootstrap, enable_auto_commit=False)) as consumer:
        consumer.assign(writer.ends)
        for place in writer.ends:
            consumer.seek(place, committed.get(place, 0))

        def at_the_end() -> bool:
            return all(consumer.position(place) >= end for place, end in writer.ends.items())

        while not at_the_end():
            for record in (one for part in consumer.poll(timeout_ms=200).values() for one in part):
                try:
                    good.add(int(wire.parse(TopicName.ANSWERS, record.value).event.ballot_id, 16))
                except wire.InvalidRecord:
                    bad += 1
    return good, bad
