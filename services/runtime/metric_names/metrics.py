"""The metrics of the metrics API."""

from typing import Final

from services.runtime.metric_names.kinds import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Label,
    Service,
    Unit,
)

REQUEST_SECONDS: Final = HistogramMetric(
    "draagvlak_metrics_request_seconds",
    Service.METRICS,
    Unit.SECONDS,
    "Time to answer, by route and status; never by what was asked for.",
    "above 0.03 at p99, look at the processor of the service; when status 500 rises, read its log.",
    (Label.ROUTE, Label.STATUS),
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3),
)
REQUESTS_NOW: Final = GaugeMetric(
    "draagvlak_metrics_requests_in_progress",
    Service.METRICS,
    Unit.REQUESTS,
    "Requests that are being answered.",
    "when it stays above 50, add replicas.",
)
ANSWER_BYTES: Final = CounterMetric(
    "draagvlak_metrics_answer_bytes_total",
    Service.METRICS,
    Unit.BYTES,
    "Bytes of bodies that were sent, by route.",
    "nothing; compare it with the network where answers are slow.",
    (Label.ROUTE,),
)
ANSWERS_KEPT: Final = CounterMetric(
    "draagvlak_metrics_answers_total",
    Service.METRICS,
    Unit.REQUESTS,
    "Answers with rows, by whether they were made or kept from before.",
    "nothing; few kept ones after a release are normal.",
    (Label.SOURCE,),
)
RELEASES: Final = GaugeMetric(
    "draagvlak_metrics_releases",
    Service.METRICS,
    Unit.WAVES,
    "Released waves in the copy in memory.",
    "when it falls, somebody changed pulse_release: compare with a backup.",
)
WAVES_CLOSED: Final = GaugeMetric(
    "draagvlak_metrics_waves_closed",
    Service.METRICS,
    Unit.WAVES,
    "Closed waves that are not released yet.",
    "above 0 for an hour, read the log of `draagvlak release watch`: it names the wave and what it waits for.",
)
LAST_RELEASE_CLOSE: Final = GaugeMetric(
    "draagvlak_metrics_last_release_close_timestamp_seconds",
    Service.METRICS,
    Unit.UNIX_SECONDS,
    "Close of the newest released wave, campaign time; 0 without any.",
    "nothing.",
)
LAST_LOOK: Final = GaugeMetric(
    "draagvlak_metrics_last_look_timestamp_seconds",
    Service.METRICS,
    Unit.UNIX_SECONDS,
    "When ClickHouse was last read with success; wall clock.",
    "older than 5 minutes, look at ClickHouse; what was released before is served meanwhile.",
)
LOOK_SECONDS: Final = HistogramMetric(
    "draagvlak_metrics_look_seconds",
    Service.METRICS,
    Unit.SECONDS,
    "Time to look for new releases and facts, reading them included.",
    "above 2 for long, look at ClickHouse.",
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 10),
)
LOOKS_FAILED: Final = CounterMetric(
    "draagvlak_metrics_looks_failed_total",
    Service.METRICS,
    Unit.EVENTS,
    "Looks that ClickHouse did not answer.",
    "when it keeps rising, look at ClickHouse and at the role of the metrics service.",
)

METRICS: Final = (
    REQUEST_SECONDS,
    REQUESTS_NOW,
    ANSWER_BYTES,
    ANSWERS_KEPT,
    RELEASES,
    WAVES_CLOSED,
    LAST_RELEASE_CLOSE,
    LAST_LOOK,
    LOOK_SECONDS,
    LOOKS_FAILED,
)
