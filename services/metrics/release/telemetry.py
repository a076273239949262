"""The metrics of the release, registered. What they mean: services/runtime/metric_names/release.py."""

from collections.abc import Iterable
from typing import Final

from services.metrics.release.cells import Status
from services.runtime.metric_names import release as names

WAVES_RELEASED: Final = names.WAVES_RELEASED.make()
WAVES_HELD: Final = names.WAVES_HELD.make()
RELEASE_SECONDS: Final = names.RELEASE_SECONDS.make()
CELLS: Final = names.CELLS.make()
AUDIT_BREACHES: Final = names.AUDIT_BREACHES.make()
ANSWERS_OUTSIDE: Final = names.ANSWERS_OUTSIDE.make()
WATCH_FAILURES: Final = names.WATCH_FAILURES.make()
LAST_ROUND: Final = names.LAST_ROUND.make()


def released(statuses: Iterable[Status], seconds: float) -> None:
    """A wave has been released: how many cells are shown and how many not, and how long it took."""
    shown = [status is Status.SHOWN for status in statuses]
    CELLS.labels("yes").inc(sum(shown))
    CELLS.labels("no").inc(len(shown) - sum(shown))
    RELEASE_SECONDS.observe(seconds)
    WAVES_RELEASED.inc()
