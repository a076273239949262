"""Numbered files, each applied once, never changed afterwards."""

import pytest

from services.ingest.migrating.cluster import render
from services.ingest.migrating.losses import Taken, taken_by
from services.ingest.migrating.plan import MigrationFault, compare, numbered, packaged
from services.ingest.migrating.statements import split


def test_statements_end_at_a_semicolon_that_is_sql() -> None:
    text = "-- one; two\nSELECT ';' AS a, `b;` /* ; */, \"c;\";\n\nSELECT 'it''s; \\'fine\\';';\n-- the end;\n"
    assert [" ".join(s.split()) for s in split(text)] == [
        "SELECT ';' AS a, `b;` , \"c;\"",
        "SELECT 'it''s; \\'fine\\';'",
    ]


def test_the_packaged_migrations_are_in_order_and_have_statements() -> None:
    numbers = [migration.number for migration in packaged()]
    assert numbers == sorted(set(numbers))
    assert all(migration.statements for migration in packaged())


def test_a_second_plan_is_empty() -> None:
    known = packaged()
    assert compare(known, {}).pending == known
    assert compare(known, {m.number: m.checksum for m in known}).pending == ()


def test_a_changed_migration_is_refused_by_name() -> None:
    known = numbered({"0001_a.sql": "SELECT 1", "0002_b.sql": "SELECT 2"})
    changed = numbered({"0001_a.sql": "SELECT 3", "0002_b.sql": "SELECT 2"})
    with pytest.raises(MigrationFault, match=r"0001_a\.sql was applied with checksum .* an applied migration never"):
        compare(changed, {m.number: m.checksum for m in known})


def test_line_ends_change_no_checksum() -> None:
    unix, windows = (numbered({"0001_a.sql": text}) for text in ("SELECT 1;\nSELECT 2", "SELECT 1;\r\nSELECT 2"))
    assert unix[0].checksum == windows[0].checksum


def test_a_number_twice_a_wrong_name_and_a_migration_left_out_are_refused() -> None:
    assert [migration.number for migration in numbered({"0001_a.sql": "", "0003_c.sql": ""})] == [1, 3]
    with pytest.raises(MigrationFault, match=r"0002_b\.sql and 0002_c\.sql have the same number"):
        numbered({"0001_a.sql": "", "0002_b.sql": "", "0002_c.sql": ""})
    with pytest.raises(MigrationFault, match="is named like"):
        numbered({"1-a.sql": ""})
    known = numbered({"0001_a.sql": "1", "0002_b.sql": "2"})
    with pytest.raises(MigrationFault, match=r"0001_a\.sql was never applied, but 0002 was"):
        compare(known, {2: known[1].checksum})


def test_migrations_of_newer_software_are_seen_and_do_no_harm() -> None:
    known = numbered({"0001_a.sql": "1"})
    plan = compare(known, {1: known[0].checksum, 2: "of the future"})
    assert (plan.pending, plan.foreign) == ((), (2,))


@pytest.mark.parametrize(
    ("statement", "on_a_cluster"),
    [
        (
            "CREATE DATABASE IF NOT EXISTS pulse_facts ENGINE = Atomic",
            "CREATE DATABASE IF NOT EXISTS pulse_facts ON CLUSTER 'pulse' ENGINE = Atomic",
        ),
        (
            "CREATE TABLE IF NOT EXISTS a.b\n(\n    x UInt8\n)\nENGINE = ReplacingMergeTree(revision)\nORDER BY x",
            "CREATE TABLE IF NOT EXISTS a.b ON CLUSTER 'pulse'\n(\n    x UInt8\n)\nENGINE = "
            "ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', revision)\nORDER BY x",
        ),
        (
            "CREATE TABLE a.b (x UInt8) ENGINE = MergeTree ORDER BY x",
            "CREATE TABLE a.b ON CLUSTER 'pulse' (x UInt8) ENGINE = "
            "ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY x",
        ),
        (
            "ALTER TABLE a.b ADD COLUMN IF NOT EXISTS c Bool",
            "ALTER TABLE a.b ON CLUSTER 'pulse' ADD COLUMN IF NOT EXISTS c Bool",
        ),
        ("INSERT INTO a.b SELECT 1", "INSERT INTO a.b SELECT 1"),
    ],
)
def test_a_statement_runs_on_every_node_and_tables_are_replicated(statement: str, on_a_cluster: str) -> None:
    assert render(statement, "pulse") == on_a_cluster
    assert render(statement, None) == statement


def test_what_is_not_known_to_run_on_a_cluster_is_refused() -> None:
    with pytest.raises(MigrationFault, match="REVOKE SELECT: it is not known"):
        render("REVOKE SELECT\nON a.* TO b", "pulse")
    with pytest.raises(MigrationFault, match="is not the name of a cluster"):
        render("CREATE DATABASE a", "x'; DROP DATABASE a")


@pytest.mark.parametrize(
    ("statement", "taken"),
    [
        ("DROP TABLE a.b", Taken("a", "b")),
        ("drop table if exists `a`.`b` SYNC", Taken("a", "b")),
        ("TRUNCATE TABLE a.b", Taken("a", "b")),
        ("TRUNCATE a.b", Taken("a", "b")),
        ("DETACH TABLE a.b", Taken("a", "b")),
        ("DROP DATABASE IF EXISTS a", Taken("a", "")),
        ("CREATE OR REPLACE TABLE a.b (x UInt8) ENGINE = MergeTree ORDER BY x", Taken("a", "b")),
        ("ALTER TABLE a.b\n DROP COLUMN c", Taken("a", "b")),
        ("ALTER TABLE a.b DROP PARTITION 'w'", Taken("a", "b")),
        ("ALTER TABLE a.b ADD COLUMN c String DEFAULT 'DROP COLUMN'", Taken("a", "b")),  # to be on the safe side
        ("ALTER TABLE a.b ADD COLUMN c UInt8", None),
        ("CREATE TABLE IF NOT EXISTS a.b (x UInt8) ENGINE = MergeTree ORDER BY x", None),
        ("INSERT INTO a.b SELECT 1", None),
    ],
)
def test_what_a_statement_would_take_is_seen(statement: str, taken: Taken | None) -> None:
    assert taken_by(statement) == taken
