"""The metrics of ingest and of the gateway in it."""

from typing import Final

from services.runtime.metric_names.kinds import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Label,
    Service,
    Unit,
)

RECORDS: Final = CounterMetric(
    "draagvlak_ingest_records_total",
    Service.INGEST,
    Unit.RECORDS,
    "Records read: valid, dead_letter; and of the valid ones released (dropped: their wave is published).",
    "when dead_letter rises, look at `draagvlak dead-letters list`.",
    (Label.TOPIC, Label.OUTCOME),
)
UNKNOWN_FIELDS: Final = CounterMetric(
    "draagvlak_ingest_unknown_fields_total",
    Service.INGEST,
    Unit.RECORDS,
    "Fields of records that this version does not know and ignores.",
    "nothing; after an upgrade of writers, upgrade ingest too.",
    (Label.TOPIC,),
)
DEAD_LETTERS: Final = CounterMetric(
    "draagvlak_ingest_dead_letters_total",
    Service.INGEST,
    Unit.RECORDS,
    "Records put aside, by error class.",
    "`draagvlak dead-letters list`, and mend what wrote them.",
    (Label.TOPIC, Label.ERROR_CLASS),
)
INSERT_SECONDS: Final = HistogramMetric(
    "draagvlak_ingest_insert_seconds",
    Service.INGEST,
    Unit.SECONDS,
    "How long one insert took.",
    "above a second for minutes, look at ClickHouse's disk and merges.",
    (Label.TABLE,),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BATCH_ROWS: Final = HistogramMetric(
    "draagvlak_ingest_batch_rows",
    Service.INGEST,
    Unit.ROWS,
    "Rows of one insert.",
    "nothing; small batches are normal when few people answer.",
    (Label.TABLE,),
    buckets=(1, 10, 100, 1_000, 2_500, 5_000, 10_000, 20_000),
)
RETRIES: Final = CounterMetric(
    "draagvlak_ingest_retries_total",
    Service.INGEST,
    Unit.EVENTS,
    "Flushes that failed and are repeated.",
    "when it keeps rising, bring ClickHouse or Kafka back; records wait.",
)
HELD: Final = GaugeMetric(
    "draagvlak_ingest_partitions_held",
    Service.INGEST,
    Unit.PARTITIONS,
    "Partitions that wait for a failed flush.",
    "above 0 for minutes, as for retries.",
)
COMMITS: Final = CounterMetric(
    "draagvlak_ingest_commits_total",
    Service.INGEST,
    Unit.EVENTS,
    "Commits of offsets: done, refused (normal around a rebalance; records are read again), failed (tried again).",
    "when failed keeps rising, look at Kafka.",
    (Label.RESULT,),
)
COMMIT_AGE: Final = GaugeMetric(
    "draagvlak_ingest_commit_age_seconds",
    Service.INGEST,
    Unit.SECONDS,
    "How long something durable has waited for its offset to be committed; 0 when everything durable is committed.",
    "above 60, look at Kafka; nothing is lost: after a restart it would be read again, to no effect.",
)
LAG: Final = GaugeMetric(
    "draagvlak_ingest_lag_records",
    Service.INGEST,
    Unit.RECORDS,
    "Records of this process's partitions that are not read yet. Never by partition: a partition narrows down a "
    "ballot, and the moment of an answer would go with it.",
    "when it grows for minutes, add ingest replicas (at most 12).",
    (Label.TOPIC,),
)
WAITING_SECONDS: Final = GaugeMetric(
    "draagvlak_ingest_waiting_seconds",
    Service.INGEST,
    Unit.SECONDS,
    "How long the oldest record that was read waits to be durable.",
    "above 30, look at ClickHouse and at the last line of ingest's log; nothing is lost meanwhile.",
)
STOPPED: Final = GaugeMetric(
    "draagvlak_ingest_stopped",
    Service.INGEST,
    Unit.YES_OR_NO,
    "1 when ingest has stopped because somebody must look.",
    "read the last line of its log; it says what to mend.",
)
GATEWAY_REQUESTS: Final = CounterMetric(
    "draagvlak_gateway_requests_total",
    Service.INGEST,
    Unit.REQUESTS,
    "Requests of business systems, by path and status.",
    "when 503 rises, bring Kafka or ClickHouse back; when 401, 403, 409 or 422 rise, tell the owner of the calling "
    "system; when 429, let it send less, or raise DRAAGVLAK_GATEWAY_REQUESTS_PER_MINUTE.",
    (Label.PATH, Label.STATUS),
)
GATEWAY_SECONDS: Final = HistogramMetric(
    "draagvlak_gateway_request_seconds",
    Service.INGEST,
    Unit.SECONDS,
    "Time to answer a business system, Kafka's acknowledgement included.",
    "above a second for minutes, look at Kafka's in-sync replicas.",
    (Label.PATH,),
    buckets=(0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)

METRICS: Final = (
    RECORDS,
    UNKNOWN_FIELDS,
    DEAD_LETTERS,
    INSERT_SECONDS,
    BATCH_ROWS,
    RETRIES,
    HELD,
    COMMITS,
    COMMIT_AGE,
    LAG,
    WAITING_SECONDS,
    STOPPED,
    GATEWAY_REQUESTS,
    GATEWAY_SECONDS,
)
