"""`draagvlak retention`: what was released is erased when its days are over, to the last part on the disk."""

import secrets
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from sandbox.stack.secret_files import Role
from services.contracts.topics import TopicName
from services.ingest.commands.backup import backup as backup_command
from services.ingest.commands.retention import retention as command
from tests.integration.ingest.events import answer
from tests.integration.ingest.platform import Platform, Writer

BALLOTS = (
    "answers",
    "withdrawals",
    "closed_answers",
    "unit_counts",
    "dead_letters",
    "replayed_letters",
    "release_claims",
)
COMMENTS = ("comments", "comment_reviews")
KEPT = (
    "invited",
    "wave_rewrites",
    "releasable_nodes",
    "class_units",
    "class_people",
    "class_sums",
    "class_histograms",
    "distribution_units",
)


@pytest.fixture(autouse=True)
def nothing_stored(there: Platform) -> None:
    """Retention looks at every wave that there is, so each test begins without any."""
    tables = there.rows(
        "SELECT database, table FROM system.tables WHERE database LIKE 'pulse_%' AND table != 'schema_migrations'"
    )
    for database, table in tables:
        there.change(f"TRUNCATE TABLE {database}.{table}")


def stored_wave(there: Platform, wave: str, released_days_ago: int | None, mark: str = "0" * 32) -> None:
    """A wave with a row in every table that has rows of waves; ``mark`` is a ballot id to look for on the disk."""
    rows = {
        "answers": f"'{wave}', '{mark}', 't', 'A1', 3, 1",
        "withdrawals": f"'{wave}', '{mark}', 0",
        "closed_answers": f"'{wave}', '{mark}', 't', 'A1', 3",
        "unit_counts": f"'{wave}', 't', 1, 1",
        "dead_letters": f"'pulse.answers.v1', '{wave:0>64}', '{wave}', 'k', 'raw', 'c', 't', 's'",
        "replayed_letters": f"'{wave:0>64}', '{wave}'",
        "release_claims": f"'{wave}', 'c', '{mark}', now64(3), now64(3), repeat('0', 64), '{{}}', '[]'",
        "comments": f"'{wave}', '{mark}', 'O1', 'text'",
        "comment_reviews": f"'{wave}', '{mark}', true, now64(6)",
        "invited": f"'{wave}', 't', 30",
        "wave_rewrites": f"'{wave}', 1",
        "releasable_nodes": f"'{wave}', 't', true, true",
        "class_units": f"'{wave}', 't', 't'",
        "class_people": f"'{wave}', 't', 30, 20",
        "class_sums": f"'{wave}', 't', 'A1', 20, 60, 200",
        "class_histograms": f"'{wave}', 't', 'A1', [20], 0",
        "distribution_units": f"'{wave}', 't', 't'",
    }
    assert set(rows) == {*BALLOTS, *COMMENTS, *KEPT}, "every table is spoken of"
    for table, values in rows.items():
        there.change(f"INSERT INTO pulse_ballots.{table} VALUES ({values})")
    there.change(
        f"INSERT INTO pulse_facts.waves (wave_id, opens_at) VALUES ('{wave}', now64(3) - INTERVAL 30 DAY)",
    )
    if released_days_ago is not None:
        at = f"now64(3) - INTERVAL {released_days_ago} DAY"
        there.change(f"INSERT INTO pulse_release.releases SELECT '{wave}', {at}, {at}, repeat('0', 64), 'published'")


def left(there: Platform, wave: str) -> set[str]:
    """The tables that still have rows of the wave."""
    return {t for t in (*BALLOTS, *COMMENTS, *KEPT) if there.count(f"pulse_ballots.{t}", wave)}


def on_disk(there: Platform, table: str, mark: str) -> bool:
    """Whether any file of the table holds the mark, in a part that can be read or in one that cannot."""
    query = (
        "SELECT arrayJoin(data_paths) FROM system.tables WHERE database = 'pulse_ballots' AND table = {table:String}"
    )
    files = [file for (path,) in there.rows(query, table=table) for file in Path(path).rglob("*.bin")]
    return any(mark.encode() in file.read_bytes() for file in files)


def retention(there: Platform, *arguments: str, **more: str) -> tuple[int, str]:
    return there.inside(command, Role.RETENTION, *arguments, **more)


def test_every_table_of_waves_is_either_erased_or_kept_on_purpose(there: Platform) -> None:
    tables = there.rows(
        "SELECT table FROM system.columns WHERE database = 'pulse_ballots' AND name = 'wave_id' ORDER BY table"
    )
    assert {table for (table,) in tables} == {*BALLOTS, *COMMENTS, *KEPT}


def test_ballots_go_seven_days_after_release_and_comments_ninety_and_the_release_stays(there: Platform) -> None:
    mark = secrets.token_hex(16)
    stored_wave(there, "old", 91)
    stored_wave(there, "due", 8, mark)
    stored_wave(there, "fresh", 6)
    stored_wave(there, "open", None)
    everything = {*BALLOTS, *COMMENTS, *KEPT}
    assert on_disk(there, "answers", mark)

    code, said = retention(there, "--dry-run")
    assert (code, "would erase due: ballots, 7 rows" in said, left(there, "due")) == (0, True, everything)

    code, said = retention(there)
    assert code == 0, said
    assert [line for line in said.splitlines() if line.startswith("erased")] == [
        "erased old: ballots, 7 rows",
        "erased old: comments, 2 rows",
        "erased due: ballots, 7 rows",
    ]
    assert left(there, "old") == set(KEPT)
    assert left(there, "due") == {*KEPT, *COMMENTS}
    assert left(there, "fresh") == left(there, "open") == everything
    for table in ("answers", "withdrawals", "closed_answers"):
        assert not on_disk(there, table, mark), f"a file of {table} still holds a ballot"
    assert on_disk(there, "comments", mark), "the mark can be found where it is"
    assert there.rows("SELECT document FROM pulse_release.releases FINAL WHERE wave_id = 'due'") == [("published",)]

    again, said = retention(there)
    assert (again, "erased" in said) == (0, False)
    there.change(f"INSERT INTO pulse_ballots.answers VALUES ('due', '{mark}', 't', 'A1', 3, 1)")  # a replay brings it
    assert "erased due: ballots, 1 rows" in retention(there)[1]
    assert "erased fresh: ballots" in retention(there, DRAAGVLAK_RETENTION_BALLOTS_DAYS="5")[1]


def test_letters_of_no_known_wave_go_when_retention_has_known_them_for_a_week(there: Platform) -> None:
    for number, wave in enumerate(("", "never-opened")):
        letter = f"'pulse.answers.v1', '{number:064}', '{wave}', 'k', 'raw', 'c', 't', 's'"
        there.change(f"INSERT INTO pulse_ballots.dead_letters VALUES ({letter})")
    code, said = retention(there)
    assert (code, "dead letters" in said) == (0, False)
    there.change(
        "INSERT INTO pulse_ballots.unclaimed_letters SELECT record_hash, today() - 7 FROM pulse_ballots.dead_letters"
    )
    assert "would erase 2 dead letters of no known wave" in retention(there, "--dry-run")[1]
    assert "erased 2 dead letters of no known wave" in retention(there)[1]
    for table in ("dead_letters", "unclaimed_letters"):
        assert there.rows(f"SELECT count() FROM pulse_ballots.{table}") == [(0,)]
    assert "dead letters" not in retention(there)[1]


def commit(there: Platform, offsets: dict[TopicPartition, int]) -> None:
    """As ingest commits what it has stored."""
    consumer = KafkaConsumer(bootstrap_servers=there.bootstrap, group_id="pulse-ingest", enable_auto_commit=False)
    consumer.assign(list(offsets))
    consumer.commit({partition: OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()})
    consumer.close()


def test_records_in_kafka_are_deleted_once_no_wave_needs_them_where_the_broker_can(there: Platform) -> None:
    """The broker here cannot: that is said, and no fault. On Apache Kafka they go: test_on_apache_kafka."""
    writer = Writer(there.bootstrap)
    for ballot in range(10):
        writer.event(TopicName.ANSWERS, answer("w1", ballot), partition=3)
    writer.close()
    commit(there, {TopicPartition(str(TopicName.ANSWERS), 3): 10})
    assert "records in Kafka are kept, since ClickHouse knows of no round" in retention(there)[1]
    stored_wave(there, "w1", None)
    code, said = retention(there)
    assert (code, "records in Kafka are kept, since they may be needed until w1 is released" in said) == (0, True)
    there.change("INSERT INTO pulse_release.releases SELECT 'w1', now64(3), now64(3), repeat('0', 64), 'published'")
    assert "would delete the records of answers and comments in 1 partitions" in retention(there, "--dry-run")[1]
    code, said = retention(there)
    assert (code, "this broker did not delete records" in said) == (0, True), said
    assert "until they are 45 days old" in said


def test_the_role_of_retention_erases_ballots_and_nothing_else(there: Platform) -> None:
    stored_wave(there, "w1", 1)
    with clickhouse_connect.get_client(**there.store.connect(Role.RETENTION)) as client:
        for statement in (
            "ALTER TABLE pulse_release.releases DELETE WHERE 1",
            "ALTER TABLE pulse_facts.waves DELETE WHERE 1",
            "INSERT INTO pulse_facts.wave_ends VALUES ('w1', 't', 1)",
        ):
            with pytest.raises(DatabaseError, match="code: 497"):
                client.command(statement)


def test_without_kafka_ballots_are_erased_and_the_rest_is_said(there: Platform) -> None:
    stored_wave(there, "due", 8)
    done = there.command(Role.RETENTION, "retention", DRAAGVLAK_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert (done.returncode, "erased due: ballots" in done.stdout) == (1, True)
    assert done.stderr.strip().endswith("the rest is done.")
    assert "Kafka at 127.0.0.1:1 refuses connections: start it" in done.stderr


@pytest.mark.parametrize("port", [None, "9"])
def test_where_nothing_schedules_it_retention_goes_on_until_it_is_stopped(there: Platform, port: str | None) -> None:
    """Also after a run that failed: nobody listens on port 9."""
    line = [sys.executable, "-m", "services.command_line", "retention", "--every-hours", "0.0002"]
    environment = {**there.environment(Role.RETENTION), "PYTHONUNBUFFERED": "1"}
    if port is not None:
        environment["DRAAGVLAK_CLICKHOUSE_PORT"] = port
    with subprocess.Popen(
        line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        runs = Counter[str]()
        for said in running.stdout:
            runs[said.partition(":")[0]] += 1  # what is told of each run; addresses behind it may differ
            if max(runs.values()) == 3:
                break
        assert running.poll() is None
        running.terminate()
        assert running.wait(60) == -signal.SIGTERM


def backup(there: Platform, folder: Path) -> Path:
    """The folder of a backup that is made now."""
    code, said = there.inside(backup_command, Role.BACKUP, "create", DRAAGVLAK_BACKUP_FOLDER=str(folder))
    assert code == 0, said
    (made,) = folder.glob("clickhouse-*Z")
    return made


@pytest.mark.parametrize("state", ["there", "none", "older than a release", "damaged"])
def test_where_nothing_schedules_it_kafka_keeps_what_the_newest_backup_lacks(
    there: Platform, tmp_path: Path, state: str
) -> None:
    """At its start too, for a machine may be off at the hour. Kafka is away here: it is missed when its turn comes."""
    stored_wave(there, "due", 8)
    told = "there is no backup of the clickhouse in"
    if state != "none":
        made = backup(there, tmp_path)
        told = "Kafka at 127.0.0.1:1 refuses connections"
    if state == "older than a release":
        stored_wave(there, "later", 0)
        told = f"later is not in {made.name}: records in Kafka are kept until a backup has it; the rest is done."
    if state == "damaged":
        (made / "pulse_release.releases.native").write_bytes(b"another")
        told = "its SHA-256 is another; use another backup: records in Kafka are kept; the rest is done."
    with nightly(there, tmp_path, KAFKA_BOOTSTRAP="127.0.0.1:1") as said:
        assert "erased due: ballots" in next(said)
        assert any(told in line for line in said)
        assert next(said) == "it is tried again in an hour\n"
    assert not left(there, "due") & set(BALLOTS)


def test_where_nothing_schedules_it_the_next_run_comes_after_the_next_backup(there: Platform, tmp_path: Path) -> None:
    """Nothing has been released, so nothing needs a backup."""
    hour = datetime.now(UTC) + timedelta(hours=2)
    with nightly(there, tmp_path, BACKUP_AT=f"{hour:%H:%M}", RETENTION_AFTER_MINUTES="45") as said:
        assert any(line == f"the next run is 45 minutes after {hour:%Y-%m-%d %H:%M} UTC\n" for line in said)


@contextmanager
def nightly(there: Platform, backups: Path, **settings: str) -> Iterator[Iterator[str]]:
    """The lines that `retention --nightly` says, until it is ended as a container is."""
    environment = {
        **there.environment(Role.RETENTION),
        "PYTHONUNBUFFERED": "1",
        "DRAAGVLAK_BACKUP_TIMEZONE": "UTC",
        "DRAAGVLAK_BACKUP_FOLDER": str(backups),
        **{f"DRAAGVLAK_{name}": value for name, value in settings.items()},
    }
    line = [sys.executable, "-m", "services.command_line", "retention", "--nightly"]
    with subprocess.Popen(
        line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        try:
            yield iter(running.stdout)
        finally:
            running.terminate()
        assert running.wait(60) == -signal.SIGTERM
