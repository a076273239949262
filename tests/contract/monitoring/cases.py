"""What each alert fires on, and what it stays silent on: series of Prometheus, a value a minute.

``0+2x30`` is 0, 2, 4 … thirty-one values; ``_`` is a minute without one; ``stale`` ends a series.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Case:
    """Series, the minute at which is looked, and the labels of the alerts that then fire (none: silent)."""

    name: str
    alert: str
    series: Mapping[str, str]
    at: int
    firing: tuple[Mapping[str, str], ...] = field(default=())


ONE: Final = ({},)
"""One alert without labels of its own."""

_SERVICES: Final = ("pulse-bot", "ingest", "metrics", "release-watch")


def _builds(*services: str, values: str = "1x60") -> dict[str, str]:
    return {
        f'draagvlak_build_info{{service="{service}",version="0.1.0",job="{service}",instance="10.0.0.1:9464"}}': values
        for service in services
    }


def _starts(service: str, values: str) -> dict[str, str]:
    return {f'process_start_time_seconds{{job="{service}",instance="10.0.0.1:9464"}}': values}


def _slow(metric: str, fast: str, slow: str, line: float, labels: str = "") -> dict[str, str]:
    """A histogram: observations under ``line``, and over it."""
    total = f"{labels}," if labels else ""
    return {
        f'{metric}_bucket{{{total}le="0.01"}}': fast,
        f'{metric}_bucket{{{total}le="{line}"}}': fast,
        f'{metric}_bucket{{{total}le="{line * 4}"}}': slow,
        f'{metric}_bucket{{{total}le="+Inf"}}': slow,
        f"{metric}_count{{{labels}}}": slow,
    }


def _bots(metric: str, *values: str, labels: str = "") -> dict[str, str]:
    """The same metric of several bots."""
    rest = f",{labels}" if labels else ""
    return {f'{metric}{{instance="bot-{n}"{rest}}}': value for n, value in enumerate(values)}


CASES: Final = (
    Case("all four run", "DraagvlakServiceAbsent", _builds(*_SERVICES), 30),
    Case(
        "ingest was never there",
        "DraagvlakServiceAbsent",
        _builds("pulse-bot", "metrics", "release-watch"),
        10,
        ({"service": "ingest"},),
    ),
    Case(
        "the metrics service went away",
        "DraagvlakServiceAbsent",
        _builds("pulse-bot", "ingest", "release-watch") | _builds("metrics", values="1x10 stale"),
        30,
        ({"service": "metrics"},),
    ),
    Case(
        "a restart of three minutes",
        "DraagvlakServiceAbsent",
        _builds("pulse-bot", "metrics", "release-watch") | _builds("ingest", values="1x10 stale _x2 1x40"),
        13,
    ),
    Case(
        "one of two bots went away",
        "DraagvlakServiceAbsent",
        _builds(*_SERVICES)
        | {'draagvlak_build_info{service="pulse-bot",version="0.1.0",job="b",instance="b2"}': "1x5 stale"},
        30,
    ),
    Case(
        "ingest starts again and again",
        "DraagvlakServiceRestarts",
        _builds("ingest") | _starts("ingest", "100x5 200x5 300x5 400x30"),
        20,
        ({"service": "ingest"},),
    ),
    Case(
        "it is away at the moment, between two starts",
        "DraagvlakServiceRestarts",
        _builds("ingest", values="1x18 stale") | _starts("ingest", "100x5 200x5 300x5 400 stale"),
        22,
        ({"service": "ingest"},),
    ),
    Case("an upgrade", "DraagvlakServiceRestarts", _builds("ingest") | _starts("ingest", "100x5 900x40"), 20),
    Case(
        "restarts of something else",
        "DraagvlakServiceRestarts",
        _builds("ingest") | _starts("grafana", "100x3 200x3 300x3 400x30"),
        20,
    ),
    Case(
        "no bot ticks",
        "DraagvlakTicksStopped",
        _bots("draagvlak_bot_last_tick_timestamp_seconds", "60x40", "120x40"),
        20,
        ONE,
    ),
    Case(
        "one bot ticks, the other never has",
        "DraagvlakTicksStopped",
        _bots("draagvlak_bot_last_tick_timestamp_seconds", "0x60", "0+60x60"),
        50,
    ),
    Case(
        "a round is past its close",
        "DraagvlakWaveOverdue",
        _bots("draagvlak_bot_waves_overdue", "0x5 1x40", "0x5 1x40", labels='step="close"'),
        30,
        ({"step": "close"},),
    ),
    Case(
        "an approved round is not opened",
        "DraagvlakWaveOverdue",
        _bots("draagvlak_bot_waves_overdue", "1x40", labels='step="open"'),
        20,
        ({"step": "open"},),
    ),
    Case(
        "a close that takes ten minutes",
        "DraagvlakWaveOverdue",
        _bots("draagvlak_bot_waves_overdue", "0x5 1x9 0x40", labels='step="close"'),
        14,
    ),
    Case(
        "an approval is missing, which is the champions' to give",
        "DraagvlakWaveOverdue",
        _bots("draagvlak_bot_waves_overdue", "1x90", labels='step="approve"'),
        80,
    ),
    Case(
        "nobody has approved for over an hour",
        "DraagvlakWaveNotApproved",
        _bots("draagvlak_bot_waves_overdue", "1x90", labels='step="approve"'),
        70,
        ONE,
    ),
    Case(
        "approved after half an hour",
        "DraagvlakWaveNotApproved",
        _bots("draagvlak_bot_waves_overdue", "1x30 0x60", labels='step="approve"'),
        70,
    ),
    Case(
        "a round past its close is another alert's",
        "DraagvlakWaveNotApproved",
        _bots("draagvlak_bot_waves_overdue", "1x90", labels='step="close"'),
        70,
    ),
    Case(
        "messages wait and none goes out",
        "DraagvlakMessagesNotSent",
        _bots("draagvlak_bot_messages_waiting", "5000x90")
        | _bots("draagvlak_bot_sends_total", "7x90", labels='outcome="sent"'),
        60,
        ONE,
    ),
    Case(
        "a large round goes out for an hour",
        "DraagvlakMessagesNotSent",
        _bots("draagvlak_bot_messages_waiting", "5000-50x90")
        | _bots("draagvlak_bot_sends_total", "0+50x90", labels='outcome="sent"'),
        60,
    ),
    Case(
        "nothing waits and nothing is sent",
        "DraagvlakMessagesNotSent",
        _bots("draagvlak_bot_messages_waiting", "0x90")
        | _bots("draagvlak_bot_sends_total", "7x90", labels='outcome="sent"'),
        60,
    ),
    Case(
        "a tenth of the people cannot be reached",
        "DraagvlakSendsFail",
        _bots("draagvlak_bot_sends_total", "0+9x60", labels='outcome="sent"')
        | _bots("draagvlak_bot_sends_total", "0+1x60", labels='outcome="failed"'),
        60,
        ONE,
    ),
    Case(
        "three people of thousands",
        "DraagvlakSendsFail",
        _bots("draagvlak_bot_sends_total", "0+90x60", labels='outcome="sent"')
        | _bots("draagvlak_bot_sends_total", "0x10 3x50", labels='outcome="failed"'),
        60,
    ),
    Case(
        "two people of four",
        "DraagvlakSendsFail",
        _bots("draagvlak_bot_sends_total", "0x10 2x50", labels='outcome="sent"')
        | _bots("draagvlak_bot_sends_total", "0x10 2x50", labels='outcome="failed"'),
        60,
    ),
    Case(
        "the token was revoked",
        "DraagvlakSlackRefuses",
        _bots("draagvlak_bot_slack_calls_total", "0+4x40", labels='method="chat.postMessage",outcome="refused"'),
        30,
        ({"method": "chat.postMessage"},),
    ),
    Case(
        "a form that was open too long, now and then",
        "DraagvlakSlackRefuses",
        _bots("draagvlak_bot_slack_calls_total", "0x10 1x10 2x20", labels='method="views.open",outcome="refused"'),
        30,
    ),
    Case(
        "people who cannot be reached are no refusal",
        "DraagvlakSlackRefuses",
        _bots("draagvlak_bot_slack_calls_total", "0+9x40", labels='method="chat.postMessage",outcome="unreachable"'),
        30,
    ),
    Case(
        "every second call is a 429",
        "DraagvlakSlackRateLimited",
        _bots("draagvlak_bot_slack_calls_total", "0+9x90", labels='method="chat.postMessage",outcome="ok"')
        | _bots("draagvlak_bot_slack_calls_total", "0+9x90", labels='method="chat.postMessage",outcome="rate_limited"'),
        60,
        ONE,
    ),
    Case(
        "one call in twenty is a 429",
        "DraagvlakSlackRateLimited",
        _bots("draagvlak_bot_slack_calls_total", "0+190x90", labels='method="chat.postMessage",outcome="ok"')
        | _bots(
            "draagvlak_bot_slack_calls_total", "0+10x90", labels='method="chat.postMessage",outcome="rate_limited"'
        ),
        60,
    ),
    Case(
        "a busy quarter of an hour",
        "DraagvlakSlackRateLimited",
        _bots("draagvlak_bot_slack_calls_total", "0+9x15 135x75", labels='method="chat.postMessage",outcome="ok"')
        | _bots(
            "draagvlak_bot_slack_calls_total",
            "0+9x15 135x75",
            labels='method="chat.postMessage",outcome="rate_limited"',
        ),
        60,
    ),
    Case(
        "Kafka takes nothing",
        "DraagvlakClicksNotConfirmed",
        _bots("draagvlak_bot_clicks_total", "0+100x5 500x30", labels='outcome="stored"')
        | _bots("draagvlak_bot_clicks_total", "0x5 0+100x30", labels='outcome="press_again"'),
        12,
        ONE,
    ),
    Case(
        "one click in a hundred",
        "DraagvlakClicksNotConfirmed",
        _bots("draagvlak_bot_clicks_total", "0+990x30", labels='outcome="stored"')
        | _bots("draagvlak_bot_clicks_total", "0+10x30", labels='outcome="press_again"'),
        20,
    ),
    Case(
        "the only two clicks of a night",
        "DraagvlakClicksNotConfirmed",
        _bots("draagvlak_bot_clicks_total", "0x30", labels='outcome="stored"')
        | _bots("draagvlak_bot_clicks_total", "0x5 2x30", labels='outcome="press_again"'),
        8,
    ),
    Case(
        "clicks after a close",
        "DraagvlakClicksNotConfirmed",
        _bots("draagvlak_bot_clicks_total", "0+50x30", labels='outcome="closed"'),
        20,
    ),
    Case(
        "a slow morning",
        "DraagvlakClicksSlow",
        _slow("draagvlak_bot_click_seconds", "0+90x30", "0+100x30", 1.0, 'job="pulse-bot"'),
        20,
        ONE,
    ),
    Case(
        "a fast morning",
        "DraagvlakClicksSlow",
        _slow("draagvlak_bot_click_seconds", "0+1000x30", "0+1001x30", 1.0, 'job="pulse-bot"'),
        20,
    ),
    Case(
        "two slow clicks in an hour",
        "DraagvlakClicksSlow",
        _slow("draagvlak_bot_click_seconds", "0x60", "0+1x60", 1.0, 'job="pulse-bot"'),
        40,
    ),
    Case(
        "no clicks", "DraagvlakClicksSlow", _slow("draagvlak_bot_click_seconds", "50x60", "60x60", 1.0, 'job="b"'), 40
    ),
    Case(
        "forged requests",
        "DraagvlakRequestsUnsigned",
        _bots("draagvlak_bot_requests_refused_total", "0+20x40", labels='fault="unsigned"'),
        30,
        ONE,
    ),
    Case(
        "a scanner that came by once",
        "DraagvlakRequestsUnsigned",
        _bots("draagvlak_bot_requests_refused_total", "0x10 30x40", labels='fault="unsigned"'),
        35,
    ),
    Case(
        "too large ones are no forgery",
        "DraagvlakRequestsUnsigned",
        _bots("draagvlak_bot_requests_refused_total", "0+20x40", labels='fault="too_large"'),
        30,
    ),
    Case(
        "one of two bots has no Kafka",
        "DraagvlakBotKafkaAway",
        _bots("draagvlak_bot_kafka_connected", "1x40", "1x5 0x30"),
        20,
        ({"instance": "bot-1"},),
    ),
    Case("a producer is replaced", "DraagvlakBotKafkaAway", _bots("draagvlak_bot_kafka_connected", "1x5 0 1x40"), 6),
    Case(
        "the disk of the ledger is full",
        "DraagvlakLedgerFails",
        _bots("draagvlak_bot_ledger_failures_total", "0x5 0+12x30"),
        15,
        ONE,
    ),
    Case(
        "one write that was lost", "DraagvlakLedgerFails", _bots("draagvlak_bot_ledger_failures_total", "0x5 1x30"), 7
    ),
    Case(
        "a slow disk",
        "DraagvlakLedgerSlow",
        _slow("draagvlak_bot_ledger_write_seconds", "0+6x40", "0+12x40", 0.25, 'job="pulse-bot"'),
        35,
        ONE,
    ),
    Case(
        "a usual disk",
        "DraagvlakLedgerSlow",
        _slow("draagvlak_bot_ledger_write_seconds", "0+12x40", "0+12x40", 0.25, 'job="pulse-bot"'),
        35,
    ),
    Case("errors after an upgrade", "DraagvlakBotErrors", _bots("draagvlak_bot_errors_total", "0x5 0+1x30"), 20, ONE),
    Case("two errors", "DraagvlakBotErrors", _bots("draagvlak_bot_errors_total", "0x5 2x30"), 10),
    Case(
        "a step fails with each tick",
        "DraagvlakTickFaults",
        _bots("draagvlak_bot_tick_faults_total", "0+4x60"),
        40,
        ONE,
    ),
    Case(
        "Slack was away for a minute", "DraagvlakTickFaults", _bots("draagvlak_bot_tick_faults_total", "0x5 4x60"), 22
    ),
    Case(
        "ingest stopped and was seen to once",
        "DraagvlakIngestStopped",
        {'draagvlak_ingest_stopped{instance="i1"}': "0x5 1 stale _x30"},
        12,
        ONE,
    ),
    Case("ingest runs", "DraagvlakIngestStopped", {'draagvlak_ingest_stopped{instance="i1"}': "0x40"}, 20),
    Case(
        "lag of two processes together",
        "DraagvlakIngestLag",
        {
            'draagvlak_ingest_lag_records{topic="pulse.answers.v1",instance="i1"}': "6000x40",
            'draagvlak_ingest_lag_records{topic="pulse.answers.v1",instance="i2"}': "6000x40",
        },
        20,
        ONE,
    ),
    Case(
        "a replay that is read within minutes",
        "DraagvlakIngestLag",
        {'draagvlak_ingest_lag_records{topic="pulse.answers.v1"}': "0x5 90000-15000x6 0x40"},
        15,
    ),
    Case(
        "ClickHouse is away",
        "DraagvlakIngestStuck",
        {'draagvlak_ingest_waiting_seconds{instance="i1"}': "0x5 60+60x30"},
        15,
        ONE,
    ),
    Case(
        "a slow insert",
        "DraagvlakIngestStuck",
        {'draagvlak_ingest_waiting_seconds{instance="i1"}': "0x5 20 70 5 0x30"},
        7,
    ),
    Case(
        "the coordinator is away",
        "DraagvlakCommitsFail",
        {'draagvlak_ingest_commit_age_seconds{instance="i1"}': "0x5 60+60x30"},
        20,
        ONE,
    ),
    Case(
        "a rebalance",
        "DraagvlakCommitsFail",
        {'draagvlak_ingest_commit_age_seconds{instance="i1"}': "0x5 30 70 0x30"},
        8,
    ),
    Case(
        "slow inserts into answers",
        "DraagvlakInsertsSlow",
        _slow("draagvlak_ingest_insert_seconds", "0+5x40", "0+10x40", 1.0, 'table="pulse_ballots.answers"'),
        30,
        ({"table": "pulse_ballots.answers"},),
    ),
    Case(
        "usual inserts",
        "DraagvlakInsertsSlow",
        _slow("draagvlak_ingest_insert_seconds", "0+10x40", "0+10x40", 1.0, 'table="pulse_ballots.answers"'),
        30,
    ),
    Case(
        "the first dead letter of a class since the start",
        "DraagvlakDeadLetters",
        {'draagvlak_ingest_dead_letters_total{topic="pulse.outcomes.v1",error_class="unknown_version"}': "_x10 1x60"},
        15,
        ({"topic": "pulse.outcomes.v1", "error_class": "unknown_version"},),
    ),
    Case(
        "one more of a class",
        "DraagvlakDeadLetters",
        {'draagvlak_ingest_dead_letters_total{topic="pulse.answers.v1",error_class="malformed"}': "4x90 5x20"},
        95,
        ({"topic": "pulse.answers.v1", "error_class": "malformed"},),
    ),
    Case(
        "those of yesterday",
        "DraagvlakDeadLetters",
        {'draagvlak_ingest_dead_letters_total{topic="pulse.answers.v1",error_class="malformed"}': "4x200"},
        150,
    ),
    Case(
        "none at all",
        "DraagvlakDeadLetters",
        {'draagvlak_ingest_records_total{topic="pulse.answers.v1",outcome="valid"}': "0+9x60"},
        40,
    ),
    Case(
        "Kafka is away from the gateway",
        "DraagvlakGatewayFails",
        {'draagvlak_gateway_requests_total{path="/v1/outcomes",status="503"}': "0+2x40"},
        30,
        ONE,
    ),
    Case(
        "callers that send what is wrong",
        "DraagvlakGatewayFails",
        {'draagvlak_gateway_requests_total{path="/v1/outcomes",status="422"}': "0+9x40"},
        30,
    ),
    Case(
        "a marker is missing",
        "DraagvlakReleaseHeld",
        {
            'draagvlak_release_waves_held{reason="markers_missing"}': "0x5 1x40",
            'draagvlak_release_waves_held{reason="counts_differ"}': "0x45",
        },
        30,
        ({"reason": "markers_missing"},),
    ),
    Case(
        "markers that come within minutes",
        "DraagvlakReleaseHeld",
        {'draagvlak_release_waves_held{reason="markers_missing"}': "0x5 1x8 0x40"},
        30,
    ),
    Case(
        "a round is not released",
        "DraagvlakReleaseOverdue",
        {'draagvlak_metrics_waves_closed{instance="m1"}': "0x5 1x90"},
        80,
        ONE,
    ),
    Case(
        "released within half an hour",
        "DraagvlakReleaseOverdue",
        {'draagvlak_metrics_waves_closed{instance="m1"}': "0x5 1x30 0x60"},
        80,
    ),
    Case(
        "the watch hangs",
        "DraagvlakReleaseWatchStuck",
        {"draagvlak_release_watch_last_round_timestamp_seconds": "0+60x10 600x40"},
        30,
        ONE,
    ),
    Case(
        "the watch goes round",
        "DraagvlakReleaseWatchStuck",
        {"draagvlak_release_watch_last_round_timestamp_seconds": "0+60x60"},
        40,
    ),
    Case("the audit overruled", "DraagvlakAuditBreach", {"draagvlak_release_audit_breaches_total": "0x5 1x40"}, 8, ONE),
    Case(
        "the audit agrees",
        "DraagvlakAuditBreach",
        {"draagvlak_release_audit_breaches_total": "0x60", "draagvlak_release_waves_total": "0+1x60"},
        40,
    ),
    Case(
        "an answer to no question",
        "DraagvlakAnswersOutsideSurvey",
        {"draagvlak_release_answers_outside_survey_total": "0x5 2x40"},
        8,
        ONE,
    ),
    Case(
        "all answers count",
        "DraagvlakAnswersOutsideSurvey",
        {"draagvlak_release_answers_outside_survey_total": "0x60"},
        40,
    ),
    Case(
        "one of two replicas reads nothing",
        "DraagvlakMetricsStale",
        {
            'draagvlak_metrics_last_look_timestamp_seconds{instance="m1"}': "0+60x60",
            'draagvlak_metrics_last_look_timestamp_seconds{instance="m2"}': "0+60x10 600x50",
        },
        30,
        ONE,
    ),
    Case(
        "both read",
        "DraagvlakMetricsStale",
        {'draagvlak_metrics_last_look_timestamp_seconds{instance="m1"}': "0+60x60"},
        40,
    ),
    Case(
        "no copy yet",
        "DraagvlakMetricsFails",
        {'draagvlak_metrics_request_seconds_count{route="/trends",status="503"}': "0+5x40"},
        20,
        ONE,
    ),
    Case(
        "one in a hundred",
        "DraagvlakMetricsFails",
        {
            'draagvlak_metrics_request_seconds_count{route="/trends",status="200"}': "0+990x40",
            'draagvlak_metrics_request_seconds_count{route="/trends",status="500"}': "0+10x40",
        },
        20,
    ),
    Case(
        "callers without a token",
        "DraagvlakMetricsFails",
        {'draagvlak_metrics_request_seconds_count{route="/trends",status="401"}': "0+50x40"},
        20,
    ),
)
