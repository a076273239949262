"""Every counter of the bot, in one place: what it means and what to do when it moves."""

from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram


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


class SendOutcome(StrEnum):
    """What became of a message of a wave."""

    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SETTLED = "settled"


@dataclass(frozen=True)
class Telemetry:
    """The metrics of one bot; no label ever holds a person, an item or an answer."""

    clicks: Counter
    click_seconds: Histogram
    requests_refused: Counter
    sends: Counter
    replies_dropped: Counter
    errors: Counter
    producer_rebuilds: Counter
    ticks: Counter
    tick_faults: Counter
    open_waves: Gauge

    @classmethod
    def create(cls, registry: CollectorRegistry = REGISTRY) -> "Telemetry":
        """The metrics, registered in ``registry``; once per registry."""
        return cls(
            clicks=Counter(
                "draagvlak_bot_clicks",
                "Clicks on answers. press_again rising: Kafka does not acknowledge in time, look at the broker. "
                "refused rising: someone forges buttons, or old messages carry items that no wave has.",
                ["outcome"],
                registry=registry,
            ),
            click_seconds=Histogram(
                "draagvlak_bot_click_seconds",
                "Seconds from a click's arrival to its answer. Slack gives up at 3; above 0.25 at p99, look at the "
                "disk of the ledger and at the broker.",
                buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0),
                registry=registry,
            ),
            requests_refused=Counter(
                "draagvlak_bot_requests_refused",
                "Requests turned away. unsigned rising: wrong signing secret, a clock that is off, or an attack.",
                ["fault"],
                registry=registry,
            ),
            sends=Counter(
                "draagvlak_bot_sends",
                "Messages of waves. uncertain: Slack did not confirm; the next ticks settle them. "
                "failed: see the log for Slack's error codes and their numbers.",
                ["outcome"],
                registry=registry,
            ),
            replies_dropped=Counter(
                "draagvlak_bot_replies_dropped",
                "Next questions that could not be shown although the answer was stored; the person can press again.",
                registry=registry,
            ),
            errors=Counter(
                "draagvlak_bot_errors",
                "Unexpected errors; each is logged with the reference that the person was given.",
                registry=registry,
            ),
            producer_rebuilds=Counter(
                "draagvlak_bot_producer_rebuilds",
                "Kafka producers replaced after a delivery timeout; rising means the broker was away for over 30 s.",
                registry=registry,
            ),
            ticks=Counter("draagvlak_bot_ticks", "Ticks that ran; must keep rising on one bot.", registry=registry),
            tick_faults=Counter(
                "draagvlak_bot_tick_faults",
                "Steps of ticks that failed and will be tried again; the log names the wave and the fault.",
                registry=registry,
            ),
            open_waves=Gauge("draagvlak_bot_open_waves", "Waves that are open now.", registry=registry),
        )
