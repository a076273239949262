"""Who belongs to which trace: W3C Trace Context (https://www.w3.org/TR/trace-context/), and the trace of a wave."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True)
class TraceContext:
    """A place in a trace."""

    trace_id: int
    span_id: int
    sampled: bool

    @property
    def traceparent(self) -> str:
        """The header, version 00."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{int(self.sampled):02x}"


def parse(traceparent: str) -> TraceContext | None:
    """The context of a header; None for anything else, and for ids of zeros."""
    found = _TRACEPARENT.fullmatch(traceparent.strip())
    if found is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    return TraceContext(trace_id, span_id, bool(flags & 1)) if trace_id and span_id else None


def of_wave(wave_id: str) -> TraceContext:
    """The trace of a wave and the span at its root: computed from the wave's name, by every service the same.

    So the answers of a wave belong to it without any of them carrying a thing.
    """
    digest = sha256(b"draagvlak trace of a wave\0" + wave_id.encode()).digest()
    return TraceContext(int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big"), sampled=True)
