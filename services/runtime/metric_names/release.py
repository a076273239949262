"""The metrics of the release watch."""

from typing import Final

from services.runtime.metric_names.kinds import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Label,
    Service,
    Unit,
)

WAVES_RELEASED: Final = CounterMetric(
    "draagvlak_release_waves_total",
    Service.RELEASE,
    Unit.WAVES,
    "Waves released by this process.",
    "nothing.",
)
WAVES_HELD: Final = GaugeMetric(
    "draagvlak_release_waves_held",
    Service.RELEASE,
    Unit.WAVES,
    "Closed waves that are held back, by reason.",
    "above 0 for 15 minutes, read the log: it names the wave and what it waits for. Never release by hand around it.",
    (Label.REASON,),
)
RELEASE_SECONDS: Final = HistogramMetric(
    "draagvlak_release_seconds",
    Service.RELEASE,
    Unit.SECONDS,
    "From a passed barrier to the stored release of one wave: rewriting, counting, computing, storing.",
    "above 60, look at ClickHouse; a release may take long, and is never half done.",
    buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 180),
)
CELLS: Final = CounterMetric(
    "draagvlak_release_cells_total",
    Service.RELEASE,
    Unit.CELLS,
    "Cells of released waves, by shown (yes or no). How many are suppressed; never which.",
    "when most are suppressed, few people answer or teams are small: `draagvlak roster visibility` tells beforehand.",
    (Label.SHOWN,),
)
AUDIT_BREACHES: Final = CounterMetric(
    "draagvlak_release_audit_breaches_total",
    Service.RELEASE,
    Unit.EVENTS,
    "Groups that the audit refused to have published. Nothing unsafe was published; there is a fault in the release.",
    "report it at once, with the line of the log; publish nothing by hand.",
)
ANSWERS_OUTSIDE: Final = CounterMetric(
    "draagvlak_release_answers_outside_survey_total",
    Service.RELEASE,
    Unit.RECORDS,
    "Answers that did not count: unknown item or outside its scale.",
    "any is a fault of ours: report it.",
)
WATCH_FAILURES: Final = CounterMetric(
    "draagvlak_release_watch_failures_total",
    Service.RELEASE,
    Unit.EVENTS,
    "Rounds of the watch that ended in an error.",
    "when it keeps rising, look at ClickHouse and at the role of the release.",
)
LAST_ROUND: Final = GaugeMetric(
    "draagvlak_release_watch_last_round_timestamp_seconds",
    Service.RELEASE,
    Unit.UNIX_SECONDS,
    "When the watch last ended a round well.",
    "older than 5 minutes, read its log.",
)

METRICS: Final = (
    WAVES_RELEASED,
    WAVES_HELD,
    RELEASE_SECONDS,
    CELLS,
    AUDIT_BREACHES,
    ANSWERS_OUTSIDE,
    WATCH_FAILURES,
    LAST_ROUND,
)
