"""The metrics of the bot."""

from typing import Final

from services.runtime.metric_names.kinds import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Label,
    Service,
    Unit,
)

CLICKS: Final = CounterMetric(
    "draagvlak_bot_clicks_total",
    Service.BOT,
    Unit.EVENTS,
    "Clicks on answers by what became of them: stored (confirmed), press_again (Kafka did not acknowledge in time), "
    "closed, refused.",
    "when press_again rises, look at Kafka; when refused rises, someone forges buttons, or old messages carry items "
    "that no wave has.",
    (Label.OUTCOME,),
)
CLICK_SECONDS: Final = HistogramMetric(
    "draagvlak_bot_click_seconds",
    Service.BOT,
    Unit.SECONDS,
    "From a click's arrival to its answer, Kafka's acknowledgement included. Slack gives up at 3.",
    "above 0.25 at p99, look at the disk of the ledger and at Kafka.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0),
)
REQUESTS_REFUSED: Final = CounterMetric(
    "draagvlak_bot_requests_refused_total",
    Service.BOT,
    Unit.REQUESTS,
    "Requests turned away at the door: too_large, unsigned, malformed, not_ready, busy (more at once than "
    "DRAAGVLAK_BOT_REQUESTS_AT_ONCE; the person is asked to press again).",
    "when unsigned rises, compare the signing secret and the clock; if both are right, it is an attack; when busy "
    "rises, look at Kafka and at the ledger's disk, and add a bot.",
    (Label.FAULT,),
)
SENDS: Final = CounterMetric(
    "draagvlak_bot_sends_total",
    Service.BOT,
    Unit.MESSAGES,
    "Messages of waves: sent, failed (Slack cannot reach the person), uncertain (not confirmed; the next ticks settle "
    "it), settled.",
    "when failed rises, read the log: it has Slack's error codes and their numbers.",
    (Label.OUTCOME,),
)
MESSAGES_WAITING: Final = GaugeMetric(
    "draagvlak_bot_messages_waiting",
    Service.BOT,
    Unit.MESSAGES,
    "Messages of waves that are due and have not gone out, as the last tick left them.",
    "when it stays and nothing is sent, look at draagvlak_bot_slack_calls_total and at the log.",
)
WAVES_OVERDUE: Final = GaugeMetric(
    "draagvlak_bot_waves_overdue",
    Service.BOT,
    Unit.WAVES,
    "Waves whose time has come and that have not moved: approve (not approved at its opening time), open (approved and "
    "not opened), close (past its close and not closed).",
    "for approve, ask the champions (`/pulse admin`); for the others read the bot's log: it names the wave and the "
    "fault.",
    (Label.STEP,),
)
OPEN_WAVES: Final = GaugeMetric(
    "draagvlak_bot_open_waves",
    Service.BOT,
    Unit.WAVES,
    "Waves that are open now.",
    "nothing.",
)
TICKS: Final = CounterMetric(
    "draagvlak_bot_ticks_total",
    Service.BOT,
    Unit.EVENTS,
    "Ticks that ran under the lease; must keep rising on one bot.",
    "when no bot's rises, see draagvlak_bot_lease_held and the log.",
)
LAST_TICK: Final = GaugeMetric(
    "draagvlak_bot_last_tick_timestamp_seconds",
    Service.BOT,
    Unit.UNIX_SECONDS,
    "When this bot last ended a tick that it held the lease for; 0 when it has not.",
    "when the newest of all bots is older than 5 minutes, nothing is opened, sent or closed: read the log.",
)
TICK_FAULTS: Final = CounterMetric(
    "draagvlak_bot_tick_faults_total",
    Service.BOT,
    Unit.EVENTS,
    "Steps of ticks that failed and will be tried again.",
    "read the log: it names the wave and the fault.",
)
LEASE_HELD: Final = GaugeMetric(
    "draagvlak_bot_lease_held",
    Service.BOT,
    Unit.YES_OR_NO,
    "1 on the one bot that ticks.",
    "when no bot has it for minutes, an operator's command may hold it (60 s), or the ledger takes no writes.",
)
LEDGER_SECONDS: Final = HistogramMetric(
    "draagvlak_bot_ledger_write_seconds",
    Service.BOT,
    Unit.SECONDS,
    "A small write to the ledger, its commit included; one every 5 s.",
    "above 0.1 for minutes, look at the disk of the ledger, or at PostgreSQL.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0),
)
LEDGER_FAILURES: Final = CounterMetric(
    "draagvlak_bot_ledger_failures_total",
    Service.BOT,
    Unit.EVENTS,
    "Small writes that the ledger did not take; one is tried every 5 s.",
    "bring the ledger back (disk, or PostgreSQL); until then nobody's answer is taken, and nobody is told it was.",
)
KAFKA_CONNECTED: Final = GaugeMetric(
    "draagvlak_bot_kafka_connected",
    Service.BOT,
    Unit.YES_OR_NO,
    "1 while the bot has a producer that knows its topics. At 0 every click is answered with “press again”.",
    "when 0 for minutes, bring Kafka back; if Kafka is well, look at its topics and at what the bot may do there.",
)
PRODUCER_REBUILDS: Final = CounterMetric(
    "draagvlak_bot_producer_rebuilds_total",
    Service.BOT,
    Unit.EVENTS,
    "Kafka producers replaced after a delivery timeout.",
    "when it rises, Kafka was away for over 30 s; look at its brokers.",
)
SLACK_CALLS: Final = CounterMetric(
    "draagvlak_bot_slack_calls_total",
    Service.BOT,
    Unit.REQUESTS,
    "Calls to Slack's Web API by method: ok, rate_limited (429, waited for and repeated), unreachable (this person), "
    "uncertain (no answer, or an error of Slack's own), refused (token, scopes or form).",
    "when refused rises, read the log for Slack's code and compare scopes with `draagvlak slack manifest`; when "
    "rate_limited keeps rising, lower DRAAGVLAK_SEND_PER_MINUTE.",
    (Label.METHOD, Label.OUTCOME),
)
SLACK_SECONDS: Final = HistogramMetric(
    "draagvlak_bot_slack_call_seconds",
    Service.BOT,
    Unit.SECONDS,
    "How long Slack took over one call, waits for its rate included.",
    "above 2 for minutes, look at Slack's status page and at the way out.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
REPLIES_DROPPED: Final = CounterMetric(
    "draagvlak_bot_replies_dropped_total",
    Service.BOT,
    Unit.MESSAGES,
    "Next questions that could not be shown although the answer was stored; the person can press again.",
    "when it rises, look at Slack's status page and at the way out.",
)
ERRORS: Final = CounterMetric(
    "draagvlak_bot_errors_total",
    Service.BOT,
    Unit.EVENTS,
    "Unexpected errors; each is logged with the reference that the person was given.",
    "find the reference in the log, and report the place that it names.",
)

METRICS: Final = (
    CLICKS,
    CLICK_SECONDS,
    REQUESTS_REFUSED,
    SENDS,
    MESSAGES_WAITING,
    WAVES_OVERDUE,
    OPEN_WAVES,
    TICKS,
    LAST_TICK,
    TICK_FAULTS,
    LEASE_HELD,
    LEDGER_SECONDS,
    LEDGER_FAILURES,
    KAFKA_CONNECTED,
    PRODUCER_REBUILDS,
    SLACK_CALLS,
    SLACK_SECONDS,
    REPLIES_DROPPED,
    ERRORS,
)
