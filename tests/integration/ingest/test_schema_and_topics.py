"""`draagvlak migrate` and `draagvlak topics`: the second time there is nothing to do; what does not fit is refused."""

import subprocess
import sys

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from kafka import KafkaAdminClient

from sandbox.stack.secret_files import Role
from services.ingest.migrating import runner
from services.ingest.migrating.plan import Migration, MigrationFault, packaged
from tests.integration.ingest.platform import Platform
from tests.low_ports import low_port


def test_a_second_plan_is_empty_and_status_knows_every_migration(there: Platform) -> None:
    assert there.command(Role.ADMIN, "migrate", "plan").stdout == "nothing to do: the tables are as they should be\n"
    assert there.command(Role.ADMIN, "migrate", "apply").stdout == "nothing to do: the tables are as they should be\n"
    status = there.command(Role.ADMIN, "migrate", "status")
    assert status.returncode == 0
    assert [line.partition(":")[0] for line in status.stdout.splitlines()] == [m.name for m in packaged()]


def test_the_topics_are_as_the_contracts_say_and_a_second_run_does_nothing(there: Platform) -> None:
    assert there.command(Role.ADMIN, "topics", "apply").stdout == "nothing to do: every topic is as it should be\n"
    described = {topic["name"]: len(topic["partitions"]) for topic in there.admin.describe_topics()}
    assert {name: count for name, count in described.items() if name.startswith("pulse.")} == {
        "pulse.waves.v1": 1,
        "pulse.answers.v1": 12,
        "pulse.comments.v1": 3,
        "pulse.announcements.v1": 1,
        "pulse.outcomes.v1": 1,
        "pulse.dead-letters.v1": 1,
    }


def test_a_topic_with_another_number_of_partitions_is_refused(there: Platform) -> None:
    admin: KafkaAdminClient = there.admin
    admin.delete_topics(["pulse.outcomes.v1"])
    admin.create_topics({"pulse.outcomes.v1": {"num_partitions": 2, "replication_factor": 1}})
    dry = there.command(Role.ADMIN, "topics", "apply", "--dry-run")
    assert dry.returncode == 1
    assert "pulse.outcomes.v1 has 2 partitions, the contract says 1" in dry.stderr
    admin.delete_topics(["pulse.outcomes.v1"])
    dry = there.command(Role.ADMIN, "topics", "apply", "--dry-run")
    assert "would pulse.outcomes.v1: create with 1 partitions" in dry.stdout
    assert "pulse.outcomes.v1" not in admin.list_topics()
    assert there.command(Role.ADMIN, "topics", "apply").returncode == 0


def test_a_store_or_broker_that_is_not_there_is_said_in_one_sentence(there: Platform) -> None:
    port = str(low_port())
    environment = there.environment(
        Role.ADMIN, DRAAGVLAK_CLICKHOUSE_PORT=port, DRAAGVLAK_KAFKA_BOOTSTRAP=f"127.0.0.1:{port}"
    )
    for arguments, sentence in (
        (("migrate", "plan"), f"ClickHouse at 127.0.0.1:{port} refuses connections: start it"),
        (("topics", "apply"), f"Kafka at 127.0.0.1:{port} refuses connections: start it"),
    ):
        line = [sys.executable, "-m", "services.command_line", *arguments]
        done = subprocess.run(line, check=False, env=environment, capture_output=True, text=True, timeout=240)
        assert done.returncode == 1, done.stderr
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr


def test_every_statement_for_a_cluster_is_one_that_the_engine_understands(there: Platform) -> None:
    """Without Keeper the engine creates no replicated table; it gets as far as asking for one, and no further."""
    rendered = [statement for migration in packaged() for statement in runner.rendered(migration, "pulse")]
    created = 0
    for statement in rendered:
        assert " ON CLUSTER 'pulse'" in statement
        there.rows(f"EXPLAIN AST {statement}")
        if statement.startswith("CREATE TABLE"):
            here = statement.replace(" ON CLUSTER 'pulse'", "").replace("pulse_", "cluster_pulse_")
            for macro in ("{uuid}", "{shard}", "{replica}"):  # a server's own; the uuid comes with ON CLUSTER
                here = here.replace(macro, "1")
            database = here.split(".")[0].split()[-1]
            there.change(f"CREATE DATABASE IF NOT EXISTS {database} ENGINE = Atomic")
            with pytest.raises(DatabaseError, match=r"code: (225|139)|ZooKeeper"):
                there.change(here)
            created += 1
    assert created == sum(text.count("ENGINE = ") for text in rendered) - 3, "all but the three databases"


def test_a_store_on_a_cluster_is_spoken_to_with_settings_that_it_knows(there: Platform) -> None:
    line = [sys.executable, "-m", "services.command_line", "migrate", "plan", "--sql"]
    environment = there.environment(Role.ADMIN, DRAAGVLAK_CLICKHOUSE_CLUSTER="pulse")
    done = subprocess.run(line, check=False, env=environment, capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stdout) == (0, "nothing to do: the tables are as they should be\n"), done.stderr


def test_a_migration_that_would_take_a_table_with_rows_is_refused_and_one_without_rows_is_not(there: Platform) -> None:
    there.change("CREATE DATABASE old ENGINE = Atomic")
    there.change("CREATE TABLE old.things (x UInt8) ENGINE = MergeTree ORDER BY x")
    drop = Migration(9999, "9999_drop.sql", "CREATE TABLE old.more (x UInt8) ENGINE = Log;\nDROP TABLE old.things;")
    known = (*packaged(), drop)
    with clickhouse_connect.get_client(**there.store.connect()) as client:
        todo = runner.plan(client, known)
        there.change("INSERT INTO old.things VALUES (1), (2), (3)")
        refusal = r"9999_drop\.sql would take old\.things, which holds 3 rows: copy what is needed"
        with pytest.raises(MigrationFault, match=refusal):
            runner.plan(client, known)
        with pytest.raises(MigrationFault, match=refusal):
            runner.apply(client, todo, lambda _: None)  # the rows came after the plan
        assert there.rows("SELECT count() FROM old.things") == [(3,)]
        there.change("TRUNCATE TABLE old.things")
        there.change("DROP TABLE old.more")
        runner.apply(client, runner.plan(client, known), lambda _: None)
        assert there.rows("SELECT count() FROM system.tables WHERE database = 'old' AND name = 'things'") == [(0,)]
        there.change("DROP DATABASE old")
        there.change("ALTER TABLE pulse_facts.schema_migrations DELETE WHERE number = 9999 SETTINGS mutations_sync = 2")
        assert runner.plan(client).pending == ()


def test_a_migration_that_was_changed_after_it_was_applied_is_refused_and_nothing_runs(there: Platform) -> None:
    """The last test of this module: its store cannot be migrated any more."""
    tamper = "INSERT INTO pulse_facts.schema_migrations SELECT 2, '0002_ballots.sql', repeat('a', 64), now64(3)"
    there.change(tamper)
    for command in ("plan", "apply", "status"):
        refused = there.command(Role.ADMIN, "migrate", command)
        assert refused.returncode == 1
        assert "0002_ballots.sql was applied with checksum aaaaaaaaaaaa" in refused.stderr
