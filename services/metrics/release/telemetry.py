"""What the release tells Prometheus; for operators, never for leadership."""

from prometheus_client import Counter, Gauge

WAVES_RELEASED = Counter("draagvlak_release_waves", "Waves released by this process.")
WAVES_HELD = Gauge("draagvlak_release_waves_held", "Closed waves that are held back, by reason.", ["reason"])
AUDIT_BREACHES = Counter("draagvlak_release_audit_breaches", "Groups that the audit refused to have published.")
ANSWERS_OUTSIDE = Counter(
    "draagvlak_release_answers_outside_survey", "Answers that did not count: unknown item or outside its scale."
)
WATCH_FAILURES = Counter("draagvlak_release_watch_failures", "Rounds of the watch that ended in an error.")
LAST_ROUND = Gauge("draagvlak_release_watch_last_round_seconds", "When the watch last ended a round; Unix time.")
