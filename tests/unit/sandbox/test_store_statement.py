"""What the store's lexer finds in a statement, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.store.faults import EngineFault
from sandbox.store.statement import Kind, parse


@pytest.mark.parametrize(
    ("query", "kind", "output_format"),
    [
        (b"SELECT 1", Kind.SELECT, None),
        (b"  -- first\n select 1 format JSONEachRow ;", Kind.SELECT, "JSONEachRow"),
        (b"WITH 1 AS x SELECT x FORMAT Native SETTINGS max_threads = 1", Kind.SELECT, "Native"),
        (b"(SELECT 1) UNION ALL (SELECT 2)", Kind.SELECT, None),
        (b"SELECT ' FORMAT Native'", Kind.SELECT, None),
        (b"SELECT `format native` FROM x", Kind.SELECT, None),
        (b"SELECT {format:String}", Kind.SELECT, None),
        (b"DESCRIBE TABLE t FORMAT TSV", Kind.ROWS, "TSV"),
        (b"EXISTS t", Kind.ROWS, None),
        (b"CREATE TABLE t (x Int8) ENGINE = Memory", Kind.COMMAND, None),
        (b"INSERT INTO t VALUES (1); ", Kind.COMMAND, None),
        (b"INSERT INTO t SELECT 1", Kind.COMMAND, None),
        (b"UPDATE t SET role = 1 WHERE 1", Kind.COMMAND, None),
    ],
)
def test_kind_and_format(query: bytes, kind: Kind, output_format: str | None) -> None:
    statement = parse(query)
    assert (statement.kind, statement.format) == (kind, output_format)


@pytest.mark.parametrize(
    "head",
    [
        "INSERT INTO t FORMAT Native",
        "INSERT INTO `a`.`format` (`x`, `select`) FORMAT Native",
        "insert into a.t (format, values) settings async_insert = 0 format Native",
        "INSERT INTO FUNCTION null('x Int8') FORMAT Native",
    ],
)
@given(data=st.binary())
def test_the_data_of_an_insert_is_left_alone(head: str, data: bytes) -> None:
    statement = parse(head.encode() + b"\n" + data)
    assert (statement.kind, statement.format, statement.data) == (Kind.INSERT, "Native", data)
    assert statement.text + statement.settings == head[: -len("FORMAT Native")]
    assert statement.settings in ("", "settings async_insert = 0 ")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (b"", 62),
        (b" -- nothing", 62),
        (b"SELECT 1; SELECT 2", 62),
        (b"SELECT 1;;\n'x'", 62),
        (b"SELECT 'open", 62),
        (b"SELECT /* open", 62),
        (b"/* /* */ ' */ ; SET ROLE a --'", 62),
        (b"SELECT $x$ not closed $y$", 62),
        (b"SET ROLE a", 497),
        (b"/**/set\n-- \nrole a", 497),
        (b"EXECUTE AS a SELECT 1", 497),
        (b"KILL QUERY WHERE 1", 497),
        (b"SELECT 1 PARALLEL WITH SELECT 2", 48),
        (b"SELECT 1 INTO OUTFILE 'x'", 48),
        (b"INSERT INTO t FROM INFILE 'x' FORMAT TSV", 48),
        (b"SELECT '\xff'", 36),
    ],
)
def test_what_is_refused(query: bytes, code: int) -> None:
    with pytest.raises(EngineFault) as caught:
        parse(query)
    assert caught.value.code == code


@given(text=st.text())
def test_nothing_in_a_string_is_taken_for_sql(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    assert parse(f"SELECT '{escaped}'".encode()).kind is Kind.SELECT


@given(query=st.binary())
def test_any_bytes_are_a_statement_or_refused(query: bytes) -> None:
    fault: EngineFault | None = None
    try:
        parse(query)
    except EngineFault as caught:
        fault = caught
    assert fault is None or fault.code in {36, 48, 62, 497}
