"""Spans, as the services make them. Off, one costs a look at a variable."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from services.runtime.tracing.context import TraceContext
from services.runtime.tracing.names import Attribute, SpanName

Value = str | int


class Span(Protocol):
    """A span under way."""

    @property
    def recording(self) -> bool:
        """Whether anybody will see it."""

    def tell(self, attribute: Attribute, value: Value) -> None:
        """Add an attribute."""

    def link(self, to: TraceContext) -> None:
        """Point at another trace."""


class Tracer(Protocol):
    """What makes spans where tracing is on."""

    def span(
        self, name: SpanName, parent: TraceContext | None, identity: TraceContext | None
    ) -> AbstractContextManager[Span]:
        """A block that is a span."""

    def over(self, name: SpanName, began: float, ended: float, link: TraceContext, **told: Value) -> None:
        """A span that is over already; times in Unix seconds."""

    def current(self) -> TraceContext | None:
        """Where this thread or task is, if in a span."""


class _NoSpan(AbstractContextManager["_NoSpan"]):
    recording = False

    def tell(self, attribute: Attribute, value: Value) -> None:
        """Nobody listens."""

    def link(self, to: TraceContext) -> None:
        """Nobody listens."""

    def __exit__(self, *_: object) -> None:
        return None


_NO_SPAN = _NoSpan()
_tracer: Tracer | None = None


def enabled() -> bool:
    """Whether spans are made in this process."""
    return _tracer is not None


def span(
    name: SpanName, *, parent: TraceContext | None = None, identity: TraceContext | None = None
) -> AbstractContextManager[Span]:
    """A block that is a span: below the current one, or below ``parent``, or a trace of its own.

    ``identity``: this is the root of that trace. An exception passes, and the span tells its class alone.
    """
    return _NO_SPAN if _tracer is None else _tracer.span(name, parent, identity)


def below(name: SpanName) -> AbstractContextManager[Span]:
    """A block that is a span where the current one is seen by somebody; else none, and never a trace of its own."""
    return _NO_SPAN if current() is None else span(name)


def over(name: SpanName, began: float, ended: float, link: TraceContext, **told: Value) -> None:
    """A span that is over already, in a trace of its own that points at ``link``; times in Unix seconds."""
    if _tracer is not None:
        _tracer.over(name, began, ended, link, **told)


def current() -> TraceContext | None:
    """Where this thread or task is, if in a span that somebody will see."""
    return None if _tracer is None else _tracer.current()


def use(tracer: Tracer | None) -> None:
    """Make spans with ``tracer`` from now on; None: make none."""
    global _tracer  # noqa: PLW0603 - one a process, as the registry of metrics
    _tracer = tracer


@contextmanager
def using(tracer: Tracer) -> Iterator[None]:
    """The same for the length of a block."""
    before = _tracer
    use(tracer)
    try:
        yield
    finally:
        use(before)
