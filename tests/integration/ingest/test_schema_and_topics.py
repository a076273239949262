"""`draagvlak migrate` and `draagvlak topics`: the second time there is nothing to do; what does not fit is refused."""

import socket
import subprocess
import sys

from kafka import KafkaAdminClient

from sandbox.stack.secret_files import Role
from services.ingest.migrating.plan import packaged
from tests.integration.ingest.platform import Platform


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
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = str(nobody.getsockname()[1])
    environment = there.environment(
        Role.ADMIN, DRAAGVLAK_CLICKHOUSE_PORT=port, DRAAGVLAK_KAFKA_BOOTSTRAP=f"127.0.0.1:{port}"
    )
    for arguments, sentence in (
        (("migrate", "plan"), f"ClickHouse at 127.0.0.1:{port}"),
        (("topics", "apply"), f"Kafka at 127.0.0.1:{port} cannot be reached"),
    ):
        line = [sys.executable, "-m", "services.command_line", *arguments]
        done = subprocess.run(line, check=False, env=environment, capture_output=True, text=True, timeout=90)
        assert done.returncode == 1, done.stderr
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr


def test_a_migration_that_was_changed_after_it_was_applied_is_refused_and_nothing_runs(there: Platform) -> None:
    """The last test of this module: its store cannot be migrated any more."""
    tamper = "INSERT INTO pulse_facts.schema_migrations SELECT 2, '0002_ballots.sql', repeat('a', 64), now64(3)"
    there.change(tamper)
    for command in ("plan", "apply", "status"):
        refused = there.command(Role.ADMIN, "migrate", command)
        assert refused.returncode == 1
        assert "0002_ballots.sql was applied with checksum aaaaaaaaaaaa" in refused.stderr
