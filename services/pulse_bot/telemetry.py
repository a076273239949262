"""The metrics of one bot, registered. What they mean: services/runtime/metric_names/bot.py."""

from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from services.runtime.metric_names import bot as names


class ClickOutcome(StrEnum):
    """What became of a click on an answer."""

    STORED = "stored"
    PRESS_AGAIN = "press_again"
    CLOSED = "closed"
    REFUSED = "refused"


class RequestFault(StrEnum):
    """Why a request was turned away at the door."""

    TOO_LARGE = "too_large"
    UNSIGNED = "unsigned"
    MALFORMED = "malformed"
    NOT_READY = "not_ready"
    BUSY = "busy"


class SendOutcome(StrEnum):
    """What became of a message of a wave."""

    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SETTLED = "settled"


class CallOutcome(StrEnum):
    """What Slack made of a call to it."""

    OK = "ok"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"


class OverdueStep(StrEnum):
    """What a wave should have done by now."""

    APPROVE = "approve"
    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True)
class Telemetry:
    """The metrics of one bot; no label ever holds a person, an item or an answer."""

    clicks: Counter
    click_seconds: Histogram
    requests_refused: Counter
    sends: Counter
    messages_waiting: Gauge
    waves_overdue: Gauge
    open_waves: Gauge
    ticks: Counter
    last_tick: Gauge
    tick_faults: Counter
    lease_held: Gauge
    ledger_seconds: Histogram
    ledger_failures: Counter
    kafka_connected: Gauge
    producer_rebuilds: Counter
    slack_calls: Counter
    slack_seconds: Histogram
    replies_dropped: Counter
    errors: Counter

    @classmethod
    def create(cls, registry: CollectorRegistry = REGISTRY) -> "Telemetry":
        """The metrics, registered in ``registry``; once per registry."""
        made = cls(
            clicks=names.CLICKS.make(registry),
            click_seconds=names.CLICK_SECONDS.make(registry),
            requests_refused=names.REQUESTS_REFUSED.make(registry),
            sends=names.SENDS.make(registry),
            messages_waiting=names.MESSAGES_WAITING.make(registry),
            waves_overdue=names.WAVES_OVERDUE.make(registry),
            open_waves=names.OPEN_WAVES.make(registry),
            ticks=names.TICKS.make(registry),
            last_tick=names.LAST_TICK.make(registry),
            tick_faults=names.TICK_FAULTS.make(registry),
            lease_held=names.LEASE_HELD.make(registry),
            ledger_seconds=names.LEDGER_SECONDS.make(registry),
            ledger_failures=names.LEDGER_FAILURES.make(registry),
            kafka_connected=names.KAFKA_CONNECTED.make(registry),
            producer_rebuilds=names.PRODUCER_REBUILDS.make(registry),
            slack_calls=names.SLACK_CALLS.make(registry),
            slack_seconds=names.SLACK_SECONDS.make(registry),
            replies_dropped=names.REPLIES_DROPPED.make(registry),
            errors=names.ERRORS.make(registry),
        )
        # A series that begins at its first event hides this event from `increase`.
        for metric, values in (
            (made.clicks, ClickOutcome),
            (made.requests_refused, RequestFault),
            (made.sends, SendOutcome),
            (made.waves_overdue, OverdueStep),
        ):
            for value in values:
                metric.labels(value.value)
        return made

    def ticked_elsewhere(self) -> None:
        """Another process holds the lease: what this one last knew of the waves' messages holds no more."""
        self.lease_held.set(0)
        self.messages_waiting.set(0)
