"""What the API tells Prometheus."""

from prometheus_client import Histogram

REQUEST_SECONDS = Histogram(
    "draagvlak_metrics_request_seconds",
    "Time to answer, by route and status.",
    ["route", "status"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3),
)
