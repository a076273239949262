"""Do answers arrive, and is every round released? For operators alone: these numbers tell when somebody answered."""

from grafana.board import Board, assemble
from grafana.names import OPERATIONS_FOLDER
from grafana.panels import Frame, Panel, Size, operations, question
from grafana.words import Words


def board(words: Words) -> Board:
    """The dashboard in one language."""
    _ = words
    return assemble(
        words,
        "operations",
        _("Operations: do answers arrive?"),
        _("Do answers arrive, and is every round released?"),
        [_question(words), *_answers(words), *_ingest(words), *_releases(words)],
        folder=OPERATIONS_FOLDER,
        group="operations",
        period="now-6h",
    )


def _question(words: Words) -> Panel:
    _ = words
    return question(
        words,
        _("Do answers arrive, and is every round released?"),
        _(
            "Counters of our own services from Prometheus; there is no score here, so no floor and no n. **High is "
            "bad** for every line but those of what went well (“stored”, “sent”, “ok”, “shown”). Numbers run from "
            "**0**. These tell *when* somebody answered: keep this folder to operators."
        ),
        Size(24, 3),
    )


def _answers(words: Words) -> list[Panel]:
    _ = words
    return [
        _panel(
            words,
            _("Answers confirmed"),
            _("Clicks on answers by what became of them. “press_again” rising: Kafka does not acknowledge in time."),
            {"{{outcome}}": "sum by (outcome) (rate(draagvlak_bot_clicks_total[5m]))"},
            "reqps",
            decimals=2,
        ),
        _panel(
            words,
            _("Time to confirm a click"),
            _(
                "p50 and p99 from a click to its answer, and p99 of a write to the ledger. Slack gives up at 3 s; "
                "above 0.25 s look at ledger and broker."
            ),
            {
                "p50": "histogram_quantile(0.5, sum by (le) (rate(draagvlak_bot_click_seconds_bucket[5m])))",
                "p99": "histogram_quantile(0.99, sum by (le) (rate(draagvlak_bot_click_seconds_bucket[5m])))",
                _("ledger"): "histogram_quantile(0.99, sum by (le) "
                "(rate(draagvlak_bot_ledger_write_seconds_bucket[5m])))",
            },
            "s",
            decimals=3,
        ),
        _panel(
            words,
            _("Messages of rounds"),
            _(
                "Messages by outcome in 15 minutes, and those that are due and wait. “failed”: the log has the codes. "
                "Waiting and none sent: look at the calls to Slack."
            ),
            {
                "{{outcome}}": "sum by (outcome) (increase(draagvlak_bot_sends_total[15m]))",
                _("due and waiting"): "max(draagvlak_bot_messages_waiting)",
            },
            "short",
        ),
        _panel(
            words,
            _("Calls to Slack"),
            _(
                "Calls by outcome in 15 minutes, and requests turned away at our door. “rate_limited” is a 429 that is "
                "waited for: lower DRAAGVLAK_SEND_PER_MINUTE. “refused”: token or scopes."
            ),
            {
                "{{outcome}}": "sum by (outcome) (increase(draagvlak_bot_slack_calls_total[15m]))",
                _("refused: {{fault}}"): "sum by (fault) (increase(draagvlak_bot_requests_refused_total[15m]))",
            },
            "short",
        ),
    ]


def _ingest(words: Words) -> list[Panel]:
    _ = words
    return [
        _panel(
            words,
            _("Lag"),
            _(
                "Records that wait in Kafka, by topic; partitions that wait for a failed flush, and flushes tried "
                "again. Growing for minutes: bring ClickHouse back, or add replicas of ingest, at most 12."
            ),
            {
                "{{topic}}": "sum by (topic) (draagvlak_ingest_lag_records)",
                _("partitions held"): "sum(draagvlak_ingest_partitions_held)",
                _("tried again"): "sum(increase(draagvlak_ingest_retries_total[15m]))",
            },
            "short",
        ),
        _panel(
            words,
            _("Time to be stored"),
            _(
                "p99 of an insert into ClickHouse by table, and the longest wait to be durable or committed. Above a "
                "second for minutes: look at its disk and merges."
            ),
            {
                "{{table}}": "histogram_quantile(0.99, sum by (le, table) "
                "(rate(draagvlak_ingest_insert_seconds_bucket[5m])))",
                _("waits to be durable"): "max(draagvlak_ingest_waiting_seconds)",
                _("waits to be committed"): "max(draagvlak_ingest_commit_age_seconds)",
            },
            "s",
            decimals=3,
        ),
        _panel(
            words,
            _("Rows of a batch"),
            _("Mean rows of one insert. Small batches are normal when few people answer."),
            {
                "{{table}}": "sum by (table) (rate(draagvlak_ingest_batch_rows_sum[5m])) / "
                "sum by (table) (rate(draagvlak_ingest_batch_rows_count[5m]))"
            },
            "short",
        ),
        _panel(
            words,
            _("Dead letters"),
            _("Records put aside by class of error. Any: `draagvlak dead-letters list`, and mend what wrote them."),
            {
                "{{topic}} {{error_class}}": "sum by (topic, error_class) "
                "(increase(draagvlak_ingest_dead_letters_total[1h]))"
            },
            "short",
        ),
    ]


def _releases(words: Words) -> list[Panel]:
    _ = words
    return [
        _panel(
            words,
            _("Rounds overdue"),
            _(
                "Rounds that should have opened or closed, those that are closed and not released, those held back by "
                "reason, and steps that failed. For more than 15 minutes: the log of the bot or of `draagvlak release "
                "watch` names the round and what it waits for."
            ),
            {
                _("overdue: {{step}}"): "max by (step) (draagvlak_bot_waves_overdue)",
                _("closed, not released"): "max(draagvlak_metrics_waves_closed)",
                _("held: {{reason}}"): "sum by (reason) (draagvlak_release_waves_held)",
                _("failed steps"): "sum(increase(draagvlak_bot_tick_faults_total[1h]))",
            },
            "short",
        ),
        _panel(
            words,
            _("Release and its audit"),
            _(
                "Cells hidden and shown by releases of the last day (how many, never which), groups that the audit "
                "refused to have published, and failed rounds of the watch. If there are any of the last two: read "
                "the log now."
            ),
            {
                _("cells hidden"): 'sum(increase(draagvlak_release_cells_total{shown="no"}[1d]))',
                _("cells shown"): 'sum(increase(draagvlak_release_cells_total{shown="yes"}[1d]))',
                _("refused by the audit"): "sum(increase(draagvlak_release_audit_breaches_total[1d]))",
                _("failed rounds of the watch"): "sum(increase(draagvlak_release_watch_failures_total[1h]))",
            },
            "short",
        ),
        _panel(
            words,
            _("Time of a release and of the metrics API"),
            _(
                "Mean time of a release in the last day, and p99 of an answer of the API. Above 60 s and 0.03 s: look "
                "at ClickHouse, and at the processor of the metrics service."
            ),
            {
                _("release"): "sum(increase(draagvlak_release_seconds_sum[1d])) / "
                "sum(increase(draagvlak_release_seconds_count[1d]))",
                _("answer of the API"): "histogram_quantile(0.99, sum by (le) "
                "(rate(draagvlak_metrics_request_seconds_bucket[5m])))",
            },
            "s",
            decimals=3,
        ),
    ]


def _panel(
    words: Words, title: str, description: str, queries: dict[str, str], unit: str, *, decimals: int = 0
) -> Panel:
    _ = words
    return operations(
        Frame(title, description, Size(8, 8)),
        queries,
        unit=unit,
        no_value=_("Nothing was counted in this period"),
        decimals=decimals,
    )
