"""The store answers the unmodified clickhouse-connect as a server does."""

import http.client
import math
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from sandbox.store import StoreAddress


@pytest.fixture
def client(store: StoreAddress) -> Iterator[Client]:
    with clickhouse_connect.get_client(**store.connect(), settings={"async_insert": 0}) as connected:
        yield connected


@pytest.fixture
def database(client: Client) -> Iterator[str]:
    name = f"http_{uuid.uuid4().hex[:8]}"
    client.command(f"CREATE DATABASE {name}")
    yield name
    client.command(f"DROP DATABASE {name}")


@pytest.fixture
def answers(client: Client, database: str) -> str:
    table = f"{database}.answers"
    client.command(
        f"CREATE TABLE {table} (wave String, value Nullable(UInt8), at DateTime('UTC'), revision UInt32)"
        " ENGINE = ReplacingMergeTree(revision) ORDER BY (wave, at) -- a comment; with a semicolon"
    )
    return table


def post(store: StoreAddress, body: bytes = b"", headers: dict[str, str] | None = None, **values: str) -> Any:
    """A bare request of the admin, as a program without clickhouse-connect would send it."""
    connection = http.client.HTTPConnection(store.host, store.port, timeout=120)
    signed = {"X-ClickHouse-User": store.user, "X-ClickHouse-Key": store.password}
    connection.request("POST", f"/?{urlencode(values)}", body, signed | (headers or {}))
    response = connection.getresponse()
    response.content = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


def test_a_client_connects_and_times_are_utc(client: Client) -> None:
    assert client.command("SELECT timezone()") == "UTC"
    assert client.server_version
    assert client.ping()


def test_a_hundred_thousand_rows_go_in_and_come_out(client: Client, answers: str) -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    rows = [[f"w{number}", None if number % 7 == 0 else number % 5 + 1, at, 1] for number in range(100_000)]
    summary = client.insert(answers, rows, column_names=["wave", "value", "at", "revision"])
    assert summary.written_rows == 100_000
    stored = client.query(f"SELECT count(), countIf(value IS NULL), sum(value) FROM {answers} FINAL").first_row
    assert stored == (100_000, math.ceil(100_000 / 7), sum(row[1] or 0 for row in rows))


def test_rows_arrive_block_by_block(client: Client) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(300000)") as blocks:
        sizes = [len(block) for block in blocks]
    assert sum(sizes) == 300_000
    assert len(sizes) > 1


@pytest.mark.parametrize("compression", ["lz4", "zstd", "gzip", False])
def test_inserts_may_be_compressed(store: StoreAddress, answers: str, compression: str | bool) -> None:
    with clickhouse_connect.get_client(**store.connect(), compress=compression) as client:
        client.insert(answers, [["w", 1, datetime(2026, 1, 5, tzinfo=UTC), 1]])
        assert client.command(f"SELECT count() FROM {answers}") == 1


def test_an_unknown_compression_is_refused_and_the_connection_lives_on(store: StoreAddress) -> None:
    connection = http.client.HTTPConnection(store.host, store.port, timeout=120)
    headers = {"X-ClickHouse-User": store.user, "X-ClickHouse-Key": store.password}
    connection.request("POST", "/", b"SELECT 1", headers | {"Content-Encoding": "br"})
    refused = connection.getresponse()
    assert (refused.status, refused.headers["X-ClickHouse-Exception-Code"]) == (501, "48")
    assert b"use one of" in refused.read()
    connection.request("POST", "/", b"SELECT 1", headers)
    assert connection.getresponse().read() == b"1\n"


@pytest.mark.parametrize(
    ("placeholder", "value"),
    [
        ("{x:String}", "it's \t a \\ tab\nand DROP TABLE `x`; --"),
        ("{x:Array(String)}", ["a'b", "ć"]),
        ("{x:Nullable(String)}", None),
        ("{x:Int64}", -5),
        ("{x:Float64}", 0.25),
        ("{x:DateTime('UTC')}", datetime(2026, 3, 29, 1, 30)),  # noqa: DTZ001 - the client gives UTC without saying so
        ("{x:Array(UInt32)}", list(range(5000))),
    ],
)
def test_bound_parameters_come_back_as_they_were(client: Client, placeholder: str, value: object) -> None:
    # the last one is too long for an address: clickhouse-connect sends it as a form
    assert client.query(f"SELECT {placeholder}", parameters={"x": value}).first_row[0] == value


def test_a_row_may_be_inserted_with_bound_values(client: Client, answers: str) -> None:
    client.command(
        f"INSERT INTO {answers} VALUES ({{wave:String}}, 3, now(), 1)", parameters={"wave": "semi;colon 'quoted'"}
    )
    assert client.query(f"SELECT wave FROM {answers}").first_row == ("semi;colon 'quoted'",)


def test_data_of_an_insert_is_not_taken_for_sql(client: Client, answers: str) -> None:
    data = b"w;1\t3\t2026-01-05 00:00:00\t1\n'w2 -- \t4\t2026-01-05 00:00:00\t1\n"
    client.raw_insert(answers, insert_block=data, fmt="TabSeparated")
    assert client.query(f"SELECT wave FROM {answers} ORDER BY wave").result_rows == [("'w2 -- ",), ("w;1",)]


def test_any_bytes_are_stored_as_they_were(client: Client, database: str) -> None:
    client.command(f"CREATE TABLE {database}.bytes (content String) ENGINE = MergeTree ORDER BY content")
    marks = [
        b"",
        b";",
        b"\n\n",
        b"\x00",
        b"'",
        b"/*",
        b"\n;\n",
        b"\r\n\r\n",
        b"; DROP TABLE x;",
        b"\xff\xfe",
        b"FORMAT",
    ]
    contents = sorted({before + middle + after for before in marks for middle in marks for after in marks})
    client.insert(f"{database}.bytes", [[content] for content in contents], column_names=["content"])
    stored = client.query(f"SELECT content FROM {database}.bytes ORDER BY content", query_formats={"String": "bytes"})
    assert [row[0] for row in stored.result_rows] == contents


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ("(x UInt8) ENGINE = MergeTree ORDER BY x SETTINGS min_free_disk_bytes_to_perform_insert = 1e18", 243),
        ("(x UInt8, CONSTRAINT small CHECK x < 2) ENGINE = MergeTree ORDER BY x", 469),
        ("(x UInt8) ENGINE = MergeTree PARTITION BY x ORDER BY x SETTINGS max_parts_in_total = 0", 252),
    ],
)
def test_an_insert_that_fails_at_its_end_is_not_acknowledged(
    client: Client, database: str, definition: str, code: int
) -> None:
    """A full disk, a broken constraint, too many parts: found out when the rows are committed."""
    client.command(f"CREATE TABLE {database}.failing {definition}")
    with pytest.raises(DatabaseError) as caught:
        client.insert(f"{database}.failing", [[1], [2], [3]], column_names=["x"])
    assert caught.value.code == code
    assert client.command(f"SELECT count() FROM {database}.failing") == 0


def test_settings_and_a_token_against_duplicates_are_accepted(client: Client, answers: str) -> None:
    settings = {"async_insert": 0, "insert_deduplication_token": "batch-1", "wait_end_of_query": 1}
    client.insert(answers, [["w", 1, datetime(2026, 1, 5, tzinfo=UTC), 1]], settings=settings)
    assert client.command(f"SELECT count() FROM {answers}") == 1


def test_a_setting_holds_for_its_request_only(client: Client) -> None:
    query = "SELECT getSetting('max_threads')"
    assert client.query(query, settings={"max_threads": 3}).first_row == (3,)
    assert client.query(query).first_row != (3,)


def test_the_database_of_a_client_is_used(store: StoreAddress, answers: str) -> None:
    database = answers.partition(".")[0]
    with clickhouse_connect.get_client(**store.connect(), database=database, session_id="s1") as client:
        assert client.command("SELECT currentDatabase()") == database
        assert client.command("SELECT count() FROM answers") == 0


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("SELECT * FROM default.nothing", 60, 404),
        ("SELECT nothing", 47, 404),
        ("SELECT FROM WHERE", 62, 400),
        ("SELECT 1; SELECT 2", 62, 400),
        ("", 62, 400),
        ("SELECT 'not closed", 62, 400),
        ("SELECT 1 SETTINGS no_such_setting = 1", 115, 404),
        ("SELECT throwIf(1)", 395, 500),
        ("SELECT toUInt8('x')", 6, 400),
        ("SELECT 1 INTO OUTFILE '/tmp/out'", 48, 501),
    ],
)
def test_errors_carry_the_code_the_text_and_the_status_of_a_server(
    store: StoreAddress, query: str, code: int, status: int
) -> None:
    response = post(store, query.encode())
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (status, str(code))
    assert response.content.startswith(f"Code: {code}. DB::Exception: ".encode())


def test_an_error_has_its_code_in_the_client(client: Client) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.query("SELECT * FROM default.nothing")
    assert (caught.value.code, caught.value.name) == (60, "UNKNOWN_TABLE")


def test_an_error_in_the_middle_of_a_stream_is_an_error(client: Client) -> None:
    with (
        pytest.raises(StreamFailureError, match="throwIf"),
        client.query_row_block_stream("SELECT throwIf(number = 900000) FROM numbers(1000000)") as blocks,
    ):
        for _ in blocks:
            pass


def test_a_get_cannot_write(store: StoreAddress, answers: str) -> None:
    connection = http.client.HTTPConnection(store.host, store.port, timeout=120)
    headers = {"X-ClickHouse-User": store.user, "X-ClickHouse-Key": store.password}
    connection.request("GET", f"/?{urlencode({'query': f'TRUNCATE TABLE {answers}'})}", headers=headers)
    assert connection.getresponse().headers["X-ClickHouse-Exception-Code"] == "164"


def test_a_query_in_the_address_and_its_data_in_a_chunked_body_belong_together(
    store: StoreAddress, client: Client, answers: str
) -> None:
    connection = http.client.HTTPConnection(store.host, store.port, timeout=120)
    headers = {"X-ClickHouse-User": store.user, "X-ClickHouse-Key": store.password}
    parts = [b"w1\t3\t2026-01-05 00:00:00\t1\n", b"w2\t", b"4\t2026-01-05 00:00:00\t1\n"]
    query = urlencode({"query": f"INSERT INTO {answers} FORMAT TabSeparated"})
    connection.request("POST", f"/?{query}", iter(parts), headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    assert client.command(f"SELECT sum(value) FROM {answers}") == 7


def test_an_insert_that_breaks_off_stores_nothing(store: StoreAddress, client: Client, answers: str) -> None:
    connection = http.client.HTTPConnection(store.host, store.port, timeout=120)
    connection.putrequest("POST", f"/?{urlencode({'query': f'INSERT INTO {answers} FORMAT TabSeparated'})}")
    connection.putheader("X-ClickHouse-User", store.user)
    connection.putheader("X-ClickHouse-Key", store.password)
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"w1\t3\t2026-01-05 00:00:00\t1\n")
    connection.close()
    client.insert(answers, [["later", 1, datetime(2026, 1, 5, tzinfo=UTC), 1]])
    assert client.query(f"SELECT wave FROM {answers}").result_rows == [("later",)]


def test_many_write_and_read_at_once_and_every_count_is_whole(store: StoreAddress, answers: str) -> None:
    batches, size, writers = 10, 2_000, 3
    at = datetime(2026, 1, 5, tzinfo=UTC)

    def write(writer: int) -> None:
        with clickhouse_connect.get_client(**store.connect()) as client:
            for batch in range(batches):
                rows = [[f"{writer}-{batch}-{row}", 1, at, 1] for row in range(size)]
                client.insert(answers, rows)

    def read() -> list[int]:
        with clickhouse_connect.get_client(**store.connect()) as client:
            return [int(client.command(f"SELECT count() FROM {answers} FINAL")) for _ in range(20)]  # type: ignore[arg-type]

    with ThreadPoolExecutor(writers + 2) as pool:
        writing = [pool.submit(write, writer) for writer in range(writers)]
        reading = [pool.submit(read) for _ in range(2)]
        for work in writing:
            work.result()
        for work in reading:
            counts = work.result()
            assert counts == sorted(counts)
            assert all(count % size == 0 for count in counts)
    with clickhouse_connect.get_client(**store.connect()) as client:
        assert client.command(f"SELECT count() FROM {answers} FINAL") == writers * batches * size
