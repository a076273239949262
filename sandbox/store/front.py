"""ClickHouse's HTTP interface: what a request means, and how an answer looks. The engine does the rest."""

import json
import logging
import secrets
import time
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

from sandbox.store.bodies import form_of, read_body
from sandbox.store.engine import Counts, Request
from sandbox.store.faults import Code, EngineFault, refused
from sandbox.store.server import StoreServer
from sandbox.store.statement import Kind, parse
from sandbox.store.users import is_user

_log = logging.getLogger("draagvlak.store")

_TRANSPORT = {
    "buffer_size",
    "cancel_http_readonly_queries_on_client_close",
    "client_protocol_version",
    "database",
    "default_format",
    "enable_http_compression",
    "http_headers_progress_interval_ms",
    "query",
    "query_id",
    "quota_key",
    "send_progress_in_http_headers",
    "session_check",
    "session_id",
    "session_timeout",
    "wait_end_of_query",
}
"""Parameters of the HTTP interface itself. Sessions and compressed answers are not offered, so these change nothing."""

_UNSUPPORTED = {"compress", "decompress", "user", "password", "quota_key"}
_PARAMETER = "param_"


class Front(BaseHTTPRequestHandler):
    """One connection. Every request but ``/ping`` shows a user and password."""

    server: StoreServer
    protocol_version = "HTTP/1.1"
    server_version = "draagvlak-store"
    sys_version = ""
    wbufsize = 256 * 1024
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """A read-only query, or ``/ping``."""
        if urlsplit(self.path).path == "/ping":
            self._send(200, b"Ok.\n")
        else:
            self._answer(read_only=True)

    def do_POST(self) -> None:
        """A query in the URL, the body, or both; a form of the same; or an INSERT with its data."""
        self._answer(read_only=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """No access log: addresses hold queries, and queries hold values."""

    def _answer(self, read_only: bool) -> None:
        if not self.server.begin_request():
            self.close_connection = True
            self._send(503, b"The store is stopping.\n")
            return
        try:
            self._run(read_only)
        except EngineFault as fault:
            _log.info("refused: code %d", fault.code)
            self._send_fault(fault)
        except ConnectionError:  # the caller is gone, or its request broke off
            self.close_connection = True
        except Exception as error:
            _log.exception("a request failed in the store itself")
            self._send_fault(refused(Code.UNKNOWN_EXCEPTION, type(error).__name__))
        finally:
            self.server.end_request()

    def _run(self, read_only: bool) -> None:
        started = time.monotonic()
        body = read_body(self.headers, self.rfile)  # before anything is refused: the connection is used again
        request, whole = self._understand(self._user(), body, read_only)
        if request.statement.kind is Kind.INSERT:
            self._send(200, b"", self._summary(started, self.server.engine.insert(request)))
        elif request.can_stream and not whole:
            with closing(self.server.engine.stream(request)) as blocks:
                self._send_blocks(blocks, request.output_format)
        else:
            rows, counts = self.server.engine.rows(request)
            headers = self._summary(started, counts)
            if request.statement.kind is not Kind.COMMAND:
                headers["X-ClickHouse-Format"] = request.output_format
            self._send(200, rows, headers)

    def _user(self) -> str:
        """The user who asks, by ClickHouse's own headers or basic authentication. Raises EngineFault."""
        name = self.headers.get("X-ClickHouse-User", "")
        password = self.headers.get("X-ClickHouse-Key", "")
        scheme, _, encoded = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                name, _, password = b64decode(encoded, validate=True).decode().partition(":")
            except (NotBase64, UnicodeDecodeError):
                name = ""
        if not is_user(self.server.users, name, password):
            raise refused(
                Code.AUTHENTICATION_FAILED,
                "Authentication failed: password is incorrect, or there is no user with such name.",
            )
        return name

    def _understand(self, user: str, body: bytes, read_only: bool) -> tuple[Request, bool]:
        """The request, and whether it wants the answer in one piece. Raises EngineFault."""
        values = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        form = form_of(self.headers, body)
        if form is not None:
            values, body = values | form, b""
        for name in _UNSUPPORTED & values.keys():
            if values[name] not in ("", "0"):
                raise refused(Code.NOT_IMPLEMENTED, f"The parameter {name} is not supported; leave it out")
        if "role" in values:
            raise refused(Code.SET_NON_GRANTED_ROLE, "A user of the store has one role; leave the parameter role out")
        query = values.get("query", "").encode()
        settings = {
            name: value
            for name, value in values.items()
            if name not in _TRANSPORT | _UNSUPPORTED and not name.startswith(_PARAMETER)
        }
        request = Request(
            user=user,
            statement=parse(query + b"\n" + body if query and body else query or body),
            default_format=values.get("default_format") or self.headers.get("X-ClickHouse-Format") or "TabSeparated",
            database=values.get("database") or self.headers.get("X-ClickHouse-Database"),
            settings=settings | ({"readonly": "2"} if read_only else {}),
            parameters={
                name.removeprefix(_PARAMETER): value for name, value in values.items() if name.startswith(_PARAMETER)
            },
        )
        return request, values.get("wait_end_of_query", "0") == "1"

    def _summary(self, started: float, counts: Counts) -> dict[str, str]:
        figures = {
            "read_rows": counts.rows_read,
            "read_bytes": counts.bytes_read,
            "written_rows": counts.rows_written,
            "written_bytes": counts.bytes_written,
            "elapsed_ns": int((time.monotonic() - started) * 1e9),
        }
        return {"X-ClickHouse-Summary": json.dumps({name: str(figure) for name, figure in figures.items()})}

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self._send_head(status, {"Content-Length": str(len(content))} | (headers or {}))
        self.wfile.write(content)
        self.wfile.flush()

    def _send_head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.send_header("X-ClickHouse-Server-Display-Name", "sandbox")
        self.send_header("Connection", "close" if self.close_connection else "Keep-Alive")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_fault(self, fault: EngineFault) -> None:
        text = f"{fault} (version {self.server.engine.version} (chDB))\n"
        self._send(fault.status, text.encode(), {"X-ClickHouse-Exception-Code": str(fault.code)})

    def _send_blocks(self, blocks: Iterator[bytes], output_format: str) -> None:
        """Answer in chunks. A fault after the first block ends the body in the way that servers from 25.11 do."""
        first = next(blocks, b"")
        tag = secrets.token_hex(8)
        self._send_head(
            200,
            {
                "Transfer-Encoding": "chunked",
                "X-ClickHouse-Format": output_format,
                "X-ClickHouse-Exception-Tag": tag,
            },
        )
        self._send_chunk(first)
        try:
            for block in blocks:
                self._send_chunk(block)
        except EngineFault as fault:
            text = f"{fault}\n"
            self._send_chunk(
                f"\r\n__exception__\r\n{tag}\r\n{text}{len(text.encode())} {tag}\r\n__exception__\r\n".encode()
            )
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _send_chunk(self, content: bytes) -> None:
        if content:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))
            self.wfile.flush()
