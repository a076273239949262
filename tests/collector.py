"""A collector of traces as OpenTelemetry's protocol has it: OTLP over HTTP with protobuf, on a loopback port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from services.runtime.metric_names.kinds import Service
from services.runtime.tracing import spans
from services.runtime.tracing.exporting import OtlpTracer, exporter_to


@dataclass(frozen=True)
class Seen:
    """A span as it arrived; ids as hexadecimal digits, times in nanoseconds."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    links: frozenset[tuple[str, str]]
    attributes: dict[str, Any]
    began: int
    ended: int
    events: int
    failed: bool
    said: str


@dataclass
class Collector:
    """Everything that was sent to it; ``raw`` are the bodies."""

    port: int = 0
    spans: list[Seen] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def named(self, name: str) -> list[Seen]:
        return [span for span in list(self.spans) if span.name == name]

    def take(self, body: bytes) -> None:
        self.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
            self.spans += [_seen(service, span) for scope in resource.scope_spans for span in scope.spans]


def _seen(service: str, span: Any) -> Seen:
    return Seen(
        service=service,
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        links=frozenset((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        attributes={a.key: a.value.string_value or a.value.int_value for a in span.attributes},
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        events=len(span.events),
        failed=span.status.code == span.status.STATUS_CODE_ERROR,
        said=span.status.message,
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector for the length of the block."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            collector.tokens.add(self.headers["Authorization"])
            collector.take(body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def traced(
    service: Service, share: float = 1.0, headers: dict[str, str] | None = None
) -> Iterator[tuple[OtlpTracer, Collector]]:
    """This process traces to a collector for the length of the block; gives the tracer, to be flushed, and that."""
    with collecting() as collector:
        tracer = OtlpTracer(service, exporter_to(collector.url, headers or {}, None), share)
        try:
            with spans.using(tracer):
                yield tracer, collector
        finally:
            tracer.close()
