"""The passwords of ClickHouse's users, given by `draagvlak migrate apply`: told to an engine that understands them."""

from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from sandbox.stack.secret_files import Role
from services.ingest.migrating import passwords
from services.ingest.migrating.cluster import render
from services.ingest.migrating.statements import split
from services.runtime import secret_files
from services.runtime.clickhouse import sql
from tests.integration.ingest.platform import Platform


def test_a_store_that_keeps_its_users_in_files_is_left_alone_and_says_so(there: Platform, tmp_path: Path) -> None:
    secret_files.make(tmp_path)
    done = there.command(Role.ADMIN, "migrate", "apply", DRAAGVLAK_CLICKHOUSE_PASSWORDS=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "users of this ClickHouse are kept in its files" in done.stdout


def test_a_missing_password_is_named_before_anything_is_touched(there: Platform, tmp_path: Path) -> None:
    secret_files.make(tmp_path)
    (tmp_path / "clickhouse-metrics-password").unlink()
    done = there.command(
        Role.ADMIN, "migrate", "apply", DRAAGVLAK_CLICKHOUSE_PASSWORDS=str(tmp_path), DRAAGVLAK_CLICKHOUSE_PORT="9"
    )
    assert done.returncode == 2
    assert "DRAAGVLAK_CLICKHOUSE_PASSWORDS" in done.stderr
    assert "clickhouse-metrics-password" in done.stderr


@pytest.mark.parametrize(
    ("cluster", "password_hash", "answer"),
    [
        (
            None,
            "2" * 64,
            "UNKNOWN_USER",
        ),  # all of it is understood, but nobody is there
        (None, "22", "must be exactly 32 bytes"),
        ("pulse", "2" * 64, "QUERY_IS_PROHIBITED|CLUSTER_DOESNT_EXIST"),
    ],
)
def test_the_engine_understands_the_statement(
    there: Platform, cluster: str | None, password_hash: str, answer: str
) -> None:
    statement = render(split(sql("services.ingest.migrating.sql", "give_password"))[0], cluster)
    with (
        clickhouse_connect.get_client(**there.store.connect()) as client,
        pytest.raises(DatabaseError, match=answer),
    ):
        client.command(statement, parameters={"user": "draagvlak_ingest", "hash": password_hash})


def test_the_hash_and_not_the_password_is_told(tmp_path: Path) -> None:
    secret_files.make(tmp_path)
    told = passwords.read(tmp_path)
    for role in secret_files.CLICKHOUSE_ROLES:
        assert (tmp_path / f"clickhouse-{role}-password").read_text().strip() not in told.values()
    assert all(len(bytes.fromhex(value)) == 32 for value in told.values())
