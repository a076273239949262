"""The ingest process on a real broker and the real engine: nothing lost, nothing doubled, the markers last."""

import os
import signal
from datetime import date
from random import Random

import pytest

from sandbox.stack.secret_files import Role
from services.contracts.events import BallotWithdrawn, CommentGiven, OutcomeMeasured, UnitCount, WaveClosed
from services.contracts.topics import TOPICS, TopicName
from tests.integration.ingest.events import Broken, answer, broken, opened, poison
from tests.integration.ingest.platform import Platform, Writer, addresses_in, platform, wait_until
from tests.integration.ingest.wire_tap import wire_tap

BARRIER = sum(topic.partitions for topic in TOPICS.values() if topic.barrier)


def test_answers_are_stored_once_with_their_last_revision_and_the_log_names_no_ballot(
    there: Platform, writer: Writer
) -> None:
    writer.event(TopicName.WAVES, opened("once"), "once")
    for ballot in range(50):
        for item in (0, 1):
            writer.event(TopicName.ANSWERS, answer("once", ballot, item), f"{ballot:032x}")
            writer.event(TopicName.ANSWERS, answer("once", ballot, item, 5, 2), f"{ballot:032x}")
            writer.event(TopicName.ANSWERS, answer("once", ballot, item, 5, 2), f"{ballot:032x}")
    writer.event(TopicName.ANSWERS, BallotWithdrawn(wave_id="once", ballot_id="0" * 32, revision=3), "0" * 32)
    comment = CommentGiven(comment_id="c" * 32, wave_id="once", question="OPEN1", text="Goed.")
    writer.event(TopicName.COMMENTS, comment, "c" * 32)
    counts = (UnitCount(node_id="t", acknowledged=50, with_revision=50),)
    closed = WaveClosed(wave_id="once", closed_at=opened("once").closes_at, units=counts)
    writer.markers("once")
    writer.event(TopicName.WAVES, closed, "once.closed")
    writer.flush()
    with there.running_ingest() as ingest:
        wait_until(lambda: there.markers("once") == BARRIER, "all markers")
        wait_until(lambda: there.count("pulse_facts.wave_closes", "once"), "the close")
        log = ingest.log
    answers = "SELECT value, revision, count() FROM pulse_ballots.answers FINAL WHERE wave_id = 'once' GROUP BY ALL"
    assert there.rows(answers) == [(5, 2, 100)]
    assert there.count("pulse_ballots.withdrawals", "once") == 1
    assert there.count("pulse_ballots.comments", "once") == 1
    assert there.rows("SELECT node_id, invited FROM pulse_ballots.invited FINAL WHERE wave_id = 'once'") == [
        ("organisation", 0),
        ("t", 30),
    ]
    assert there.rows("SELECT * FROM pulse_ballots.unit_counts FINAL WHERE wave_id = 'once'") == [("once", "t", 50, 50)]
    assert there.rows("SELECT parent FROM pulse_facts.nodes FINAL WHERE wave_id = 'once' ORDER BY position") == [
        ("",),
        ("organisation",),
    ]
    assert addresses_in(log) == []


def test_sigterm_stores_and_commits_what_was_read_and_ends_with_zero(there: Platform, writer: Writer) -> None:
    """A flush comes only after 5 s here: it is the end that stores the answers."""
    with there.running_ingest(DRAAGVLAK_INGEST_FLUSH_SECONDS="5") as ingest:
        for ballot in range(300):
            writer.event(TopicName.ANSWERS, answer("term", ballot), f"{ballot:032x}")
        writer.flush()
        read = 'draagvlak_ingest_records_total{outcome="valid",topic="pulse.answers.v1"}'
        wait_until(lambda: ingest.metric(read) >= 300, "all are read")
        assert ingest.child.stop() == 0
    assert there.count("pulse_ballots.answers", "term") == 300
    assert there.behind(writer) == 0


def test_broken_records_are_put_aside_without_a_place_and_cost_no_good_one(there: Platform, writer: Writer) -> None:
    seed = Random(4)
    writer.event(TopicName.WAVES, opened("poison"), "poison")
    broken = 0
    for ballot in range(3_000):
        writer.event(TopicName.ANSWERS, answer("poison", ballot), f"{ballot:032x}")
        if seed.random() < 0.04:
            broken += 1
            writer.raw(TopicName.ANSWERS, poison("poison", seed), f"{ballot:032x}".encode())
    outcome = b'{"type": "outcome.measured", "version": 7}'
    writer.raw(TopicName.OUTCOMES, outcome, b"o-1")
    writer.markers("poison")
    before = there.rows("SELECT count() FROM pulse_ballots.dead_letters FINAL")[0][0]
    with there.running_ingest():
        wait_until(lambda: there.markers("poison") == BARRIER, "all markers")
        wait_until(lambda: there.behind(writer) == 0, "everything is committed")
    assert there.count("pulse_ballots.answers", "poison") == 3_000
    assert there.rows("SELECT count() FROM pulse_ballots.dead_letters FINAL")[0][0] - before == broken
    columns = "SELECT name FROM system.columns WHERE database = 'pulse_ballots' AND table = 'dead_letters'"
    assert not {"offset", "partition", "at", "timestamp"} & {name for (name,) in there.rows(columns)}
    listed = there.command(Role.DEAD_LETTERS, "dead-letters", "list")
    assert listed.returncode == 0, listed.stderr
    assert "pulse.outcomes.v1: unknown_version: only version 1 is known" in listed.stdout
    letter_id = next(line.split()[0] for line in listed.stdout.splitlines() if "pulse.outcomes.v1" in line)
    shown = there.command(Role.DEAD_LETTERS, "dead-letters", "show", letter_id)
    assert outcome.decode() in shown.stdout


def test_the_same_topics_read_again_from_the_beginning_change_nothing(there: Platform, writer: Writer) -> None:
    tables = ("answers", "withdrawals", "comments", "invited", "unit_counts", "dead_letters")
    facts = ("waves", "nodes", "wave_closes", "wave_ends", "outcomes", "announcements")
    names = [f"pulse_ballots.{name}" for name in tables] + [f"pulse_facts.{name}" for name in facts]

    def contents() -> list[tuple[object, ...]]:
        return [there.rows(f"SELECT '{name}', count(), sum(cityHash64(*)) FROM {name} FINAL")[0] for name in names]

    for ballot in range(200):
        writer.event(TopicName.ANSWERS, answer("again", ballot), f"{ballot:032x}")
    writer.markers("again")
    with there.running_ingest():
        wait_until(lambda: there.markers("again") == BARRIER and there.behind(writer) == 0, "the first reading")
    first = contents()
    with there.running_ingest(group="another"):
        wait_until(lambda: there.behind(writer, "another") == 0, "the second reading")
    assert contents() == first


def test_a_kill_in_the_middle_of_the_stream_loses_and_doubles_nothing(there: Platform, writer: Writer) -> None:
    """Each insert takes a second, so that there is a middle."""
    produced = 0
    kills = 0
    for part in range(2):
        with (
            wire_tap((there.store.host, there.store.port)) as tap,
            there.ingest(DRAAGVLAK_INGEST_FLUSH_ROWS="400", DRAAGVLAK_CLICKHOUSE_PORT=str(tap.port)) as ingest,
        ):
            tap.hold_seconds = 1.0
            for ballot in range(part * 3_000, (part + 1) * 3_000):
                writer.event(TopicName.ANSWERS, answer("kill", ballot), f"{ballot:032x}")
                produced += 1
            writer.flush()
            before = there.count("pulse_ballots.answers", "kill")
            wait_until(lambda: there.count("pulse_ballots.answers", "kill") > before, "ingest has begun")  # noqa: B023
            pid = ingest.child.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: ingest.child.code() is not None, "it is dead")
            kills += there.count("pulse_ballots.answers", "kill") < produced
    assert kills, "no kill landed in the middle"
    writer.markers("kill")
    with there.running_ingest():
        wait_until(lambda: there.markers("kill") == BARRIER, "all markers")
    stored = "SELECT count(), uniqExact(ballot_id) FROM pulse_ballots.answers FINAL WHERE wave_id = 'kill'"
    assert there.rows(stored) == [(produced, produced)]


def test_what_is_replayed_of_a_released_wave_is_dropped_and_other_waves_go_on(there: Platform, writer: Writer) -> None:
    released = "INSERT INTO pulse_release.releases SELECT 'gone', now64(3), now64(3), repeat('0', 64), ''"
    there.change(released)
    for ballot in range(20):
        writer.event(TopicName.ANSWERS, answer("gone", ballot), f"{ballot:032x}")
        writer.event(TopicName.ANSWERS, answer("here", ballot), f"{ballot:032x}")
    for number, wave in enumerate(("gone", "here")):
        comment = CommentGiven(comment_id=f"{number:032x}", wave_id=wave, question="OQ1", text="Goed.")
        writer.event(TopicName.COMMENTS, comment, comment.comment_id)
        writer.raw(TopicName.ANSWERS, broken(Broken.OUT_OF_RANGE, wave, Random(number)), b"k")
        closed = WaveClosed(
            wave_id=wave,
            closed_at=opened(wave).closes_at,
            units=(UnitCount(node_id="t", acknowledged=20, with_revision=20),),
        )
        writer.event(TopicName.WAVES, closed, f"{wave}.closed")
    writer.markers("here")
    with there.running_ingest():
        wait_until(lambda: there.markers("here") == BARRIER, "all markers")
        wait_until(lambda: there.behind(writer) == 0, "everything is committed")
    stored = {"answers": 20, "comments": 1, "dead_letters": 1, "unit_counts": 1}
    for table, rows in stored.items():
        assert there.count(f"pulse_ballots.{table}", "gone") == 0
        assert there.count(f"pulse_ballots.{table}", "here") == rows


def test_an_answer_outside_its_wave_is_put_aside_and_one_of_an_unknown_wave_is_stored(
    there: Platform, writer: Writer
) -> None:
    with there.running_ingest():
        writer.event(TopicName.ANSWERS, answer("unknown", 1), "1")
        writer.event(TopicName.WAVES, opened("scale"), "scale")
        writer.flush()
        wait_until(lambda: there.count("pulse_facts.waves", "scale"), "the wave")
        # the first answer makes ingest look for the wave; from then on it knows the scale
        wait_until(lambda: _refused(there, writer), "an answer outside the scale is put aside")
        writer.markers("unknown")
        wait_until(lambda: there.markers("unknown") == BARRIER, "all markers")
    assert there.count("pulse_ballots.answers", "unknown") == 1


_attempts = iter(range(10**6))


def _refused(there: Platform, writer: Writer) -> bool:
    writer.event(TopicName.ANSWERS, answer("scale", 10**6 + next(_attempts), value=9), "x")
    writer.flush()
    found = "SELECT error_class, error_text FROM pulse_ballots.dead_letters FINAL WHERE wave_id = 'scale' LIMIT 1"
    return there.rows(found) == [("outside_wave", "value: the scale of A1 has 5 points")]


def test_an_outcome_that_no_column_can_hold_goes_to_the_topic_of_dead_letters(there: Platform, writer: Writer) -> None:
    base = {"node_id": "t", "measure": "minutes", "value": 1.5, "unit": "minutes", "period_end": date(2026, 3, 1)}
    writer.event(TopicName.OUTCOMES, OutcomeMeasured(outcome_id="old", period_start=date(1900, 1, 1), **base), "old")
    writer.event(TopicName.OUTCOMES, OutcomeMeasured(outcome_id="new", period_start=date(2026, 1, 1), **base), "new")
    writer.flush()
    with there.running_ingest():
        wait_until(lambda: there.behind(writer) == 0, "everything is committed")
    assert ("new",) in there.rows("SELECT outcome_id FROM pulse_facts.outcomes FINAL")
    assert ("old",) not in there.rows("SELECT outcome_id FROM pulse_facts.outcomes FINAL")
    assert "outside_column" in there.command(Role.DEAD_LETTERS, "dead-letters", "list").stdout


@pytest.mark.parametrize("share", [0.10, 1.0])
def test_too_many_broken_records_stop_ingest_loudly_and_nothing_is_dropped(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    seed = Random(10)
    with platform(tmp_path_factory.mktemp("stop")) as there:
        writer = Writer(there.bootstrap)
        for ballot in range(4_000):
            if seed.random() < share:
                writer.raw(TopicName.ANSWERS, b"{" + str(ballot).encode(), f"{ballot:032x}".encode())
            else:
                writer.event(TopicName.ANSWERS, answer("stop", ballot), f"{ballot:032x}")
        writer.close()
        with there.ingest() as ingest:
            wait_until(lambda: ingest.child.code() is not None, "it stops")
            assert ingest.child.code() == 1
            assert "Ingest has stopped" in ingest.child.last_line(), ingest.log
            assert "Nothing is lost" in ingest.child.last_line()
        committed = sum(there.committed().values())
        stored = there.count("pulse_ballots.answers", "stop")
        aside = there.rows("SELECT count() FROM pulse_ballots.dead_letters FINAL")[0][0]
        assert committed <= stored + aside < 4_000
