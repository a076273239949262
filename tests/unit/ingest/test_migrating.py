"""Numbered files, each applied once, never changed afterwards."""

import pytest

from services.ingest.migrating.plan import MigrationFault, compare, numbered, packaged
from services.ingest.migrating.statements import split


def test_statements_end_at_a_semicolon_that_is_sql() -> None:
    text = "-- one; two\nSELECT ';' AS a, `b;` /* ; */, \"c;\";\n\nSELECT 'it''s; \\'fine\\';';\n-- the end;\n"
    assert [" ".join(s.split()) for s in split(text)] == [
        "SELECT ';' AS a, `b;` , \"c;\"",
        "SELECT 'it''s; \\'fine\\';'",
    ]


def test_the_packaged_migrations_run_without_gaps_and_have_statements() -> None:
    assert [migration.number for migration in packaged()] == list(range(1, len(packaged()) + 1))
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


def test_a_gap_a_wrong_name_and_a_migration_left_out_are_refused() -> None:
    with pytest.raises(MigrationFault, match="number 0002 is expected"):
        numbered({"0001_a.sql": "", "0003_c.sql": ""})
    with pytest.raises(MigrationFault, match="is named like"):
        numbered({"1-a.sql": ""})
    known = numbered({"0001_a.sql": "1", "0002_b.sql": "2"})
    with pytest.raises(MigrationFault, match=r"0001_a\.sql was never applied, but 0002 was"):
        compare(known, {2: known[1].checksum})


def test_migrations_of_newer_software_are_seen_and_do_no_harm() -> None:
    known = numbered({"0001_a.sql": "1"})
    plan = compare(known, {1: known[0].checksum, 2: "of the future"})
    assert (plan.pending, plan.foreign) == ((), (2,))
