"""A user of the store reaches what it was granted and nothing else, whatever the query looks like."""

import http.client
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from sandbox.store import Access, StoreAddress, running

ACCESS_DENIED = 497

USERS = {
    "ingest": {"ballots": Access.INSERT, "facts": Access.WRITE},
    "metrics": {"released": Access.READ},
    "nobody": {},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreAddress]:
    with running(tmp_path_factory.mktemp("store access"), USERS) as address:
        with clickhouse_connect.get_client(**address.connect()) as admin:
            for database in ("ballots", "facts", "released"):
                admin.command(f"CREATE DATABASE {database}")
                admin.command(f"CREATE TABLE {database}.t (x UInt32, secret String) ENGINE = MergeTree ORDER BY x")
                admin.command(f"INSERT INTO {database}.t VALUES (1, 'of {database}')")
            admin.command("CREATE VIEW released.through AS SELECT secret FROM ballots.t")
        yield address


@pytest.fixture
def clients(store: StoreAddress) -> Iterator[dict[str, Client]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(clickhouse_connect.get_client(**store.connect(name))) for name in store.passwords
        }


def test_each_user_does_its_work(clients: dict[str, Client]) -> None:
    clients["ingest"].insert("ballots.t", [[2, "b"]], column_names=["x", "secret"])
    clients["ingest"].insert("facts.t", [[2, "b"]], column_names=["x", "secret"])
    clients["ingest"].command("ALTER TABLE facts.t DELETE WHERE x = 2", settings={"mutations_sync": 1})
    assert clients["ingest"].command("SELECT count() FROM facts.t") == 1
    assert clients["metrics"].query("SELECT secret FROM released.t").first_row == ("of released",)
    assert clients["nobody"].command("SELECT 1") == 1


@pytest.mark.parametrize(
    ("user", "query"),
    [
        ("ingest", "SELECT * FROM ballots.t"),
        ("ingest", "SELECT count() FROM released.t"),
        ("ingest", "ALTER TABLE ballots.t DELETE WHERE 1"),
        ("ingest", "DROP TABLE facts.t"),
        ("ingest", "CREATE TABLE facts.mine (x Int8) ENGINE = Memory"),
        ("ingest", "INSERT INTO facts.t SELECT * FROM ballots.t"),
        ("metrics", "SELECT * FROM ballots.t"),
        ("metrics", 'SELECT * FROM "ballots" . `t`'),
        ("metrics", "SELECT * FROM /* quiet */ ballots.t"),
        ("metrics", "WITH a AS (SELECT secret FROM ballots.t) SELECT * FROM a"),
        ("metrics", "SELECT x FROM released.t WHERE secret IN (SELECT secret FROM ballots.t)"),
        ("metrics", "SELECT * FROM released.through"),
        ("metrics", "SELECT * FROM remote('127.0.0.1', ballots.t)"),
        ("metrics", "SELECT * FROM file('/etc/passwd', 'LineAsString')"),
        ("metrics", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"),
        ("metrics", "INSERT INTO released.t VALUES (9, 'x')"),
        ("metrics", "SHOW CREATE TABLE ballots.t"),
        ("metrics", "DESCRIBE TABLE ballots.t"),
        ("metrics", "SET ROLE store_admin"),
        ("metrics", "set /**/ role ALL"),
        ("metrics", "KILL QUERY WHERE 1"),
        ("metrics", "CREATE USER me"),
        ("metrics", "GRANT SELECT ON ballots.* TO default"),
        ("nobody", "SELECT * FROM released.t"),
        ("nobody", "CREATE DATABASE mine"),
    ],
)
def test_what_was_not_granted_is_refused(clients: dict[str, Client], user: str, query: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        clients[user].command(query)
    assert caught.value.code == ACCESS_DENIED
    assert "of ballots" not in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; SELECT secret FROM ballots.t",
        "SELECT 1; SET ROLE store_admin; SELECT secret FROM ballots.t",
        "/* /* */ ' */ ; SET ROLE store_admin; SELECT secret FROM ballots.t --'",
        "SELECT 1 PARALLEL WITH SELECT secret FROM ballots.t",
        "SELECT secret FROM merge('ballots', '.*')",
        "SELECT secret FROM cluster('default', ballots.t)",
    ],
)
def test_no_trick_reaches_another_database(clients: dict[str, Client], query: str) -> None:
    for ask in (clients["metrics"].command, clients["metrics"].query, clients["metrics"].raw_query):
        with pytest.raises(DatabaseError) as caught:
            ask(query)
        assert "of ballots" not in str(caught.value)


def test_system_tables_do_not_tell_of_other_databases(clients: dict[str, Client]) -> None:
    for column, table in (
        ("database", "tables"),
        ("database", "columns"),
        ("name", "databases"),
        ("database", "parts"),
    ):
        names = {
            row[0] for row in clients["metrics"].query(f"SELECT DISTINCT {column} FROM system.{table}").result_rows
        }
        assert "ballots" not in names
        assert "facts" not in names


@pytest.mark.parametrize("user", ["metrics", "stranger", ""])
def test_a_wrong_password_is_refused(store: StoreAddress, user: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        clickhouse_connect.get_client(host=store.host, port=store.port, username=user or "default", password="guess")
    assert caught.value.code == 516


def test_nothing_but_ping_is_answered_without_a_password(store: StoreAddress) -> None:
    answers = {}
    for path in ("/ping", "/", "/?query=SELECT%201", "/?query=SELECT%201&user=admin", "/replicas_status"):
        connection = http.client.HTTPConnection(store.host, store.port, timeout=60)
        connection.request("GET", path)
        answers[path] = connection.getresponse().status
        connection.close()
    assert answers.pop("/ping") == 200
    assert set(answers.values()) == {403}


def test_the_store_listens_on_loopback_alone_and_keeps_its_files_to_itself(store: StoreAddress) -> None:
    folder = Path(store.child.log).parent
    assert store.host == "127.0.0.1"
    assert {(folder / name).stat().st_mode & 0o077 for name in ("users.json", "users.xml", "config.xml")} == {0}


def test_no_query_and_no_password_reaches_the_log(store: StoreAddress, clients: dict[str, Client]) -> None:
    with pytest.raises(DatabaseError):
        clients["metrics"].command("SELECT 'a sentence of a person' FROM ballots.t")
    log = store.child.log.read_text(encoding="utf-8")
    assert "refused: code 497" in log
    assert "a sentence of a person" not in log
    assert not any(password in log for password in store.passwords.values())
