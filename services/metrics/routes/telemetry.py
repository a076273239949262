"""What the API tells Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

REQUEST_SECONDS = Histogram(
    "draagvlak_metrics_request_seconds",
    "Time to answer, by route and status.",
    ["route", "status"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3),
)
REQUESTS_NOW = Gauge("draagvlak_metrics_requests_in_progress", "Requests that are being answered.")
ANSWER_BYTES = Counter("draagvlak_metrics_answer_bytes", "Bytes of bodies that were sent, by route.", ["route"])
ANSWERS_KEPT = Counter(
    "draagvlak_metrics_answers", "Answers with rows, by whether they were made or kept from before.", ["source"]
)
