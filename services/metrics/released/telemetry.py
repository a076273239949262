"""What the copy of the releases tells Prometheus."""

import time

from prometheus_client import Counter, Gauge, Histogram

from services.metrics.released.copies import Copy

RELEASES = Gauge("draagvlak_metrics_releases", "Released waves in the copy in memory.")
WAVES_CLOSED = Gauge("draagvlak_metrics_waves_closed", "Closed waves that are not released yet.")
LAST_RELEASE_CLOSE = Gauge(
    "draagvlak_metrics_last_release_close_timestamp_seconds",
    "Close of the newest released wave, campaign time; 0 without any.",
)
LAST_LOOK = Gauge(
    "draagvlak_metrics_last_look_timestamp_seconds", "When ClickHouse was last read with success; wall clock."
)
LOOK_SECONDS = Histogram(
    "draagvlak_metrics_look_seconds",
    "Time to look for new releases and facts, reading them included.",
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 10),
)
LOOKS_FAILED = Counter("draagvlak_metrics_looks_failed", "Looks that ClickHouse did not answer.")


def changed(copy: Copy) -> None:
    """A new copy is served."""
    RELEASES.set(len(copy.releases))
    WAVES_CLOSED.set(sum(wave.closed_at is not None and wave.wave_id not in copy.releases for wave in copy.waves))
    last = copy.history.last
    LAST_RELEASE_CLOSE.set(last.closed_at.timestamp() if last else 0)


def looked(seconds: float) -> None:
    """A look has succeeded."""
    LOOK_SECONDS.observe(seconds)
    LAST_LOOK.set(time.time())
