"""Structured logs: one JSON object a line, wall time in UTC; never a body, a name or an answer."""

import logging
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

import structlog

from services.runtime.setting_names import unknown
from services.runtime.settings import RuntimeSettings
from services.runtime.tracing import spans

_QUIET = (
    "kafka",
    "httpx",
    "httpcore",
    "slack_bolt",
    "slack_sdk",
    "aiohttp.access",
    "uvicorn.access",
    "opentelemetry",
)
"""Libraries whose chatter may hold bodies or connection details: warnings only."""

_REPEATING = ("clickhouse_connect", "urllib3", "kafka.net.selector")
"""Libraries that warn of what their callers are told anyway by an exception, once for every try: errors only."""

_ONCE_A_MINUTE: Final = "kafka"
"""A library that tells of every attempt, and is the only one to tell of a broker that goes and comes back meanwhile."""

_PROCESSORS: list[Any] = []
"""One list for the life of the process: loggers that were used before keep it, and follow a second configuration."""

_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)  # local variables hold answers and names
)


def _place_in_trace(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The trace and span that a line was written in; there is none around a click (docs/adr/0016)."""
    here = spans.current()
    if here is not None:
        event["trace_id"], event["span_id"] = f"{here.trace_id:032x}", f"{here.span_id:016x}"
    return event


class Seldom(logging.Filter):
    """Of what ``library`` says at one place in its code, one line in so many seconds; of all others everything."""

    def __init__(self, library: str, seconds: float, now: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._library = library
        self._seconds = seconds
        self._now = now
        self._said: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is let through."""
        if not record.name.startswith(self._library):
            return True
        place, now = (record.name, record.lineno), self._now()
        if now - self._said.get(place, float("-inf")) < self._seconds:
            return False
        self._said[place] = now
        return True


def configure(settings: RuntimeSettings, service: str) -> None:
    """Send the logs of this process, ours and libraries', to standard error in one shape.

    The first lines warn of variables with our prefix that nothing reads.
    """

    def name_service(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    shared: list[Any] = [
        name_service,
        _place_in_trace,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: list[Any] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Seldom(_ONCE_A_MINUTE, 60.0))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _REPEATING:
        logging.getLogger(name).setLevel(logging.ERROR)
    _PROCESSORS[:] = [*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    for sentence in unknown():
        structlog.get_logger("draagvlak.settings").warning("a setting that is none", told=sentence)
