"""What goes wrong around ingest: the store away, answers of the store lost, consumers coming and going."""

from contextlib import ExitStack

from services.contracts.topics import TopicName
from tests.integration.ingest.events import answer
from tests.integration.ingest.platform import Platform, Writer, wait_until
from tests.integration.ingest.test_consuming import BARRIER
from tests.integration.ingest.wire_tap import Mode, wire_tap


def send(writer: Writer, wave_id: str, first: int, count: int) -> None:
    for ballot in range(first, first + count):
        writer.event(TopicName.ANSWERS, answer(wave_id, ballot), f"{ballot:032x}")
    writer.flush()


def stored(there: Platform, wave_id: str) -> tuple[int, int]:
    """Answers and ballots."""
    query = "SELECT count(), uniqExact(ballot_id) FROM pulse_ballots.answers FINAL WHERE wave_id = {wave:String}"
    answers, ballots = there.rows(query, wave=wave_id)[0]
    return answers, ballots


def test_a_store_that_is_away_holds_everything_up_and_nothing_is_lost(there: Platform, writer: Writer) -> None:
    with (
        wire_tap((there.store.host, there.store.port)) as tap,
        there.running_ingest(DRAAGVLAK_CLICKHOUSE_PORT=str(tap.port)) as ingest,
    ):
        send(writer, "away", 0, 500)
        wait_until(lambda: stored(there, "away")[0] == 500, "the first answers")
        wait_until(lambda: there.behind(writer) == 0, "and they are committed")
        committed = sum(there.committed().values())
        tap.set(Mode.REFUSE)
        send(writer, "away", 500, 500)
        wait_until(lambda: ingest.metric("draagvlak_ingest_retries_total") >= 3, "it tries again")
        assert ingest.metric("draagvlak_ingest_partitions_held") > 0
        assert sum(there.committed().values()) == committed, "nothing that is not stored is committed"
        tap.set(Mode.PASS)
        writer.markers("away")
        wait_until(lambda: there.markers("away") == BARRIER, "all markers")
        wait_until(lambda: ingest.metric("draagvlak_ingest_partitions_held") == 0, "nothing is held up any more")
    assert stored(there, "away") == (1_000, 1_000)


def test_inserts_whose_answer_is_lost_are_repeated_and_double_nothing(there: Platform, writer: Writer) -> None:
    with (
        wire_tap((there.store.host, there.store.port)) as tap,
        there.running_ingest(DRAAGVLAK_CLICKHOUSE_PORT=str(tap.port)) as ingest,
    ):
        tap.set(Mode.LOSE_ANSWERS)
        send(writer, "applied", 0, 500)
        wait_until(lambda: ingest.metric("draagvlak_ingest_retries_total") >= 3, "it tries again")
        wait_until(lambda: tap.lost >= 3, "answers were lost")
        applied = stored(there, "applied")[0]
        tap.set(Mode.PASS)
        writer.markers("applied")
        wait_until(lambda: there.markers("applied") == BARRIER, "all markers")
    assert applied > 0, "no insert was applied without its answer arriving"
    assert stored(there, "applied") == (500, 500)


def test_sigterm_with_the_store_away_ends_in_time_and_commits_nothing_unstored(there: Platform, writer: Writer) -> None:
    with (
        wire_tap((there.store.host, there.store.port)) as tap,
        there.running_ingest(DRAAGVLAK_CLICKHOUSE_PORT=str(tap.port)) as ingest,
    ):
        tap.set(Mode.REFUSE)
        before = sum(there.committed().values())
        send(writer, "dark", 0, 100)
        wait_until(lambda: ingest.metric("draagvlak_ingest_retries_total") >= 1, "it tries again")
        assert ingest.child.stop() == 0, "it was killed instead of ending by itself"
        assert sum(there.committed().values()) == before
    with there.running_ingest():
        wait_until(lambda: stored(there, "dark") == (100, 100), "the next one reads them again")


def test_consumers_that_come_and_go_lose_and_double_nothing(there: Platform, writer: Writer) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(there.running_ingest(DRAAGVLAK_INGEST_FLUSH_ROWS="200"))
        send(writer, "moving", 0, 1_000)
        second = stack.enter_context(there.ingest(DRAAGVLAK_INGEST_FLUSH_ROWS="200"))
        send(writer, "moving", 1_000, 1_000)
        wait_until(second.ready, "the second has partitions")
        send(writer, "moving", 2_000, 1_000)
        assert first.child.stop() == 0
        writer.markers("moving")
        wait_until(lambda: there.markers("moving") == BARRIER, "all markers")
        wait_until(lambda: there.behind(writer) == 0, "everything is committed")
    assert stored(there, "moving") == (3_000, 3_000)
