"""Spans to a collector by OTLP over HTTP, with OpenTelemetry's SDK. Imported only where tracing is on."""

import atexit
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import version
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services.runtime.metric_names.kinds import Service
from services.runtime.tracing.context import TraceContext
from services.runtime.tracing.names import Attribute, SpanName
from services.runtime.tracing.spans import Value

_EXPORT_SECONDS: Final = 3
_END_SECONDS: Final = 4
_DELAY_MS: Final = 2_000
_QUEUE: Final = 2_048
_NO_PARENT: Final = Context()


class _Ids(IdGenerator):
    """Ids that nobody can foretell, but for the root of a trace that has its name from elsewhere."""

    def __init__(self) -> None:
        self.identity: ContextVar[TraceContext | None] = ContextVar("identity", default=None)

    def generate_trace_id(self) -> int:
        """128 bits, not 0."""
        given = self.identity.get()
        return given.trace_id if given else secrets.randbits(128) or 1

    def generate_span_id(self) -> int:
        """64 bits, not 0."""
        given = self.identity.get()
        return given.span_id if given else secrets.randbits(64) or 1


class _Recorded:
    """A span of the SDK behind the few things that ours can do."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def recording(self) -> bool:
        """Whether it was sampled."""
        return self._span.is_recording()

    def tell(self, attribute: Attribute, value: Value) -> None:
        """Add an attribute."""
        self._span.set_attribute(attribute.value, value)

    def link(self, to: TraceContext) -> None:
        """Point at another trace."""
        self._span.add_link(_span_context(to))


class OtlpTracer:
    """Makes spans for one service. ``share`` of those that begin a trace are kept, and all of a wave's own.

    It is not made the provider of the process: no library can add a span of its own, whose attributes we do not choose.
    """

    def __init__(self, service: Service, exporter: SpanExporter, share: float) -> None:
        self._ids = _Ids()
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)),
            resource=Resource(
                {
                    "service.name": service.value,
                    "service.namespace": "draagvlak",
                    "service.version": version("draagvlak"),
                }
            ),
            id_generator=self._ids,
            span_limits=SpanLimits(max_span_attributes=len(Attribute), max_links=32, max_events=0),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=_QUEUE, schedule_delay_millis=_DELAY_MS)
        )
        self._tracer = self._provider.get_tracer("draagvlak")

    @contextmanager
    def span(self, name: SpanName, parent: TraceContext | None, identity: TraceContext | None) -> Iterator[_Recorded]:
        """A block that is a span."""
        context = _NO_PARENT if identity else _below(parent)
        named = self._ids.identity.set(identity)
        try:
            made = self._tracer.start_span(
                name.value, context=context, record_exception=False, set_status_on_exception=False
            )
        finally:
            self._ids.identity.reset(named)
        with trace.use_span(made, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield _Recorded(made)
            except BaseException as error:
                # Its text may hold anything, so only its class is told.
                made.set_attribute(Attribute.ERROR.value, type(error).__name__)
                made.set_status(Status(StatusCode.ERROR))
                raise

    def over(self, name: SpanName, began: float, ended: float, link: TraceContext, **told: Value) -> None:
        """A span that is over already."""
        made = self._tracer.start_span(
            name.value,
            context=_NO_PARENT,
            kind=SpanKind.INTERNAL,
            links=[Link(_span_context(link))],
            start_time=int(began * 1e9),
            attributes=_known(told),
        )
        made.end(int(ended * 1e9))

    def current(self) -> TraceContext | None:
        """Where this thread or task is, if in a span that was sampled."""
        here = trace.get_current_span()
        if not isinstance(here, SdkSpan):
            return None
        context = here.get_span_context()
        return TraceContext(context.trace_id, context.span_id, sampled=True)

    def flush(self) -> None:
        """Hand everything to the collector now."""
        self._provider.force_flush()

    def close(self) -> None:
        """Hand over what is left, for a few seconds at most: a collector that is away must not hold up an end."""
        ending = threading.Thread(target=self._provider.shutdown, name="tracing-end", daemon=True)
        ending.start()
        ending.join(_END_SECONDS)


def exporter_to(url: str, headers: Mapping[str, str], ca_file: str | None) -> SpanExporter:
    """What sends spans to the collector at ``url``."""
    return OTLPSpanExporter(endpoint=url, headers=dict(headers), timeout=_EXPORT_SECONDS, certificate_file=ca_file)


def until_the_end(tracer: OtlpTracer) -> OtlpTracer:
    """The tracer, which hands over what it has when the process ends."""
    atexit.register(tracer.close)
    return tracer


def _span_context(context: TraceContext) -> SpanContext:
    return SpanContext(context.trace_id, context.span_id, is_remote=True, trace_flags=TraceFlags(int(context.sampled)))


def _below(parent: TraceContext | None) -> Context | None:
    """The context below ``parent``; None: below the current span."""
    return None if parent is None else trace.set_span_in_context(NonRecordingSpan(_span_context(parent)), Context())


def _known(told: Mapping[str, Value]) -> dict[str, Value]:
    return {Attribute[name.upper()].value: value for name, value in told.items()}
