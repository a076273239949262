"""Every metric of ingest, what it means and what to do. For operators alone: they tell when somebody answered."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

RECORDS: Final = Counter(
    "draagvlak_ingest_records_total",
    "Records read: valid, dead_letter; and of the valid ones released (dropped: their wave is published). "
    "Do: when dead_letter rises, look at `draagvlak dead-letters list`.",
    ["topic", "outcome"],
)
UNKNOWN_FIELDS: Final = Counter(
    "draagvlak_ingest_unknown_fields_total",
    "Fields of records that this version does not know and ignores. Do: nothing; after an upgrade of writers, upgrade "
    "ingest too.",
    ["topic"],
)
DEAD_LETTERS: Final = Counter(
    "draagvlak_ingest_dead_letters_total",
    "Records put aside, by error class. Do: `draagvlak dead-letters list`, and mend what wrote them.",
    ["topic", "error_class"],
)
INSERT_SECONDS: Final = Histogram(
    "draagvlak_ingest_insert_seconds",
    "How long one insert took. Do: above a second for minutes, look at ClickHouse's disk and merges.",
    ["table"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BATCH_ROWS: Final = Histogram(
    "draagvlak_ingest_batch_rows",
    "Rows of one insert. Do: nothing; small batches are normal when few people answer.",
    ["table"],
    buckets=(1, 10, 100, 1_000, 2_500, 5_000, 10_000, 20_000),
)
RETRIES: Final = Counter(
    "draagvlak_ingest_retries_total",
    "Flushes that failed and are repeated. Do: when it keeps rising, bring ClickHouse or Kafka back; records wait.",
)
HELD: Final = Gauge(
    "draagvlak_ingest_partitions_held",
    "Partitions that wait for a failed flush. Do: above 0 for minutes, as for retries.",
)
COMMITS: Final = Counter(
    "draagvlak_ingest_commits_total",
    "Commits of offsets: done, refused (normal around a rebalance; records are read again), failed (tried again). "
    "Do: when failed keeps rising, look at Kafka.",
    ["result"],
)
LAG: Final = Gauge(
    "draagvlak_ingest_lag_records",
    "Records in a partition that are not read yet. Do: when it grows for minutes, add ingest replicas (at most 12).",
    ["topic", "partition"],
)
WAITING_SECONDS: Final = Gauge(
    "draagvlak_ingest_waiting_seconds",
    "How long the oldest record that was read waits to be durable. Do: above 30, look at ClickHouse and at the last "
    "line of ingest's log; nothing is lost meanwhile.",
)
STOPPED: Final = Gauge(
    "draagvlak_ingest_stopped",
    "1 when ingest has stopped because somebody must look. Do: read the last line of its log; it says what to mend.",
)
GATEWAY_REQUESTS: Final = Counter(
    "draagvlak_gateway_requests_total",
    "Requests of business systems, by path and status. Do: when 503 rises, bring Kafka or ClickHouse back; when 401, "
    "403, 409 or 422 rise, tell the owner of the calling system; when 429, let it send less, or raise "
    "DRAAGVLAK_GATEWAY_REQUESTS_PER_MINUTE.",
    ["path", "status"],
)
GATEWAY_SECONDS: Final = Histogram(
    "draagvlak_gateway_request_seconds",
    "Time to answer a business system, Kafka's acknowledgement included. Do: above a second for minutes, look at "
    "Kafka's in-sync replicas.",
    ["path"],
    buckets=(0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
