"""Taking one SQL statement apart, just enough to hand it to the engine as a server would.

A lexer and no parser: it knows strings, quoted names and comments, so that nothing inside them is taken for SQL. It
finds the verb, the output format, and where the data of an INSERT begins; and it refuses what a server refuses over
HTTP (several statements) and what would step out of the role that a request runs under.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from sandbox.store.faults import Code, refused

_TOKEN = re.compile(
    rb"""(?P<space>[\s\x00]+|--[^\n]*|\#[ !][^\n]*)
    |(?P<comment>/\*.*?\*/)
    |(?P<literal>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`
        |\xe2\x80\x98.*?\xe2\x80\x99|\xe2\x80\x9c.*?\xe2\x80\x9d
        |\$(?P<tag>[A-Za-z0-9_]*)\$.*?\$(?P=tag)\$)
    |(?P<word>[A-Za-z_][A-Za-z0-9_$]*)
    |(?P<number>[0-9][A-Za-z0-9_.]*)
    |(?P<open>[(\[{])|(?P<close>[)\]}])
    |(?P<end>;)
    |(?P<broken>['"`]|/\*|\xe2\x80[\x98\x9c]|\$[A-Za-z0-9_]*\$)
    |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_BEFORE_DATA = re.compile(rb"[ \t\f]*\r?\n?")
_STREAMED = {b"SELECT", b"WITH"}
_ROWS = _STREAMED | {b"SHOW", b"DESCRIBE", b"DESC", b"EXISTS", b"EXPLAIN", b"CHECK", b"FROM"}
_OUT_OF_ROLE = {
    (b"SET", b"ROLE"),
    (b"EXECUTE", b"AS"),
    (b"SET", b"DEFAULT"),
    (b"KILL", b"QUERY"),
    (b"KILL", b"MUTATION"),
}
_NEVER = {(b"INTO", b"OUTFILE"), (b"FROM", b"INFILE"), (b"PARALLEL", b"WITH")}


class Kind(Enum):
    """What the engine is asked for."""

    SELECT = "rows, which can be streamed"
    ROWS = "rows, in one piece"
    INSERT = "an INSERT whose data follows in a format"
    COMMAND = "no rows"


@dataclass(frozen=True)
class Statement:
    """One statement. ``format`` is that of the output, or of the data of an INSERT; None where the text has none.

    Of an INSERT with data, ``text`` ends after the table and its columns; ``settings`` is its SETTINGS clause, if any.
    """

    kind: Kind
    text: str
    format: str | None = None
    data: bytes = b""
    settings: str = ""


@dataclass(frozen=True)
class _Word:
    """A bare word, or a literal or quoted name; ``text`` is upper case, and empty for the latter."""

    text: bytes
    depth: int
    start: int
    end: int


def parse(request: bytes) -> Statement:
    """The one statement in ``request``. Raises EngineFault when there is none, more than one, or a refused one."""
    words: list[_Word] = []
    for word in _words(request):
        words.append(word)
        _refuse_pairs(words)
        if _data_follows(words):
            return _insert(words, request)
    if not words:
        raise refused(Code.SYNTAX_ERROR, "Empty query")
    return Statement(_kind(words), _decoded(request), _output_format(words, request))


def _words(request: bytes) -> Iterator[_Word]:
    depth = 0
    ended = False
    for token in _TOKEN.finditer(request):
        kind = token.lastgroup
        if kind == "comment" and b"/*" in token.group()[2:]:
            raise refused(Code.SYNTAX_ERROR, "Nested comments are not allowed here")
        if kind in ("space", "comment"):
            continue
        if kind == "broken":
            raise refused(Code.SYNTAX_ERROR, f"Syntax error: {token.group().decode()} is not closed")
        if ended and kind != "end":
            raise refused(Code.SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed)")
        if kind == "end":
            ended = True
        depth += (kind == "open") - (kind == "close")
        if kind in ("word", "literal"):
            text = token.group().upper() if kind == "word" else b""
            yield _Word(text, depth, token.start(), token.end())


def _refuse_pairs(words: list[_Word]) -> None:
    if len(words) < 2:
        return
    pair = (words[-2].text, words[-1].text)
    if len(words) == 2 and pair in _OUT_OF_ROLE:
        raise refused(Code.ACCESS_DENIED, f"Not enough privileges: {b' '.join(pair).decode()} is not allowed here.")
    if pair in _NEVER:
        raise refused(Code.NOT_IMPLEMENTED, f"{b' '.join(pair).decode()} is not allowed over HTTP")


def _data_follows(words: list[_Word]) -> bool:
    """Whether the last two words are the ``FORMAT name`` of an INSERT that brings its own data."""
    return (
        words[0].text == b"INSERT"
        and len(words) > 3
        and words[-2].text == b"FORMAT"
        and words[-2].depth == 0
        and words[-3].text not in (b"INTO", b"TABLE")
        and not any(word.text in (b"SELECT", b"VALUES", b"WITH") and word.depth == 0 for word in words[2:-2])
    )


def _insert(words: list[_Word], request: bytes) -> Statement:
    """The INSERT whose last two words are those of its FORMAT; its data follows."""
    name, end_of_text = words[-1], words[-2].start
    clause = next((word.start for word in words[3:] if word.text == b"SETTINGS" and word.depth == 0), end_of_text)
    before_data = _BEFORE_DATA.match(request, name.end)
    return Statement(
        Kind.INSERT,
        _decoded(request[:clause]),
        request[name.start : name.end].decode(),
        request[before_data.end() if before_data else name.end :],
        _decoded(request[clause:end_of_text]),
    )


def _kind(words: list[_Word]) -> Kind:
    verb = words[0].text
    if verb in _STREAMED:
        return Kind.SELECT
    return Kind.ROWS if verb in _ROWS else Kind.COMMAND


def _output_format(words: list[_Word], request: bytes) -> str | None:
    for before, name in reversed(list(pairwise(words))):
        if before.text == b"FORMAT" and before.depth == 0:
            return request[name.start : name.end].decode()
    return None


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise refused(Code.BAD_ARGUMENTS, "The query is not UTF-8") from None
