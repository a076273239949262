"""The metrics of the copy of the releases. What they mean: services/runtime/metric_names/metrics.py."""

import time
from typing import Final

from services.metrics.released.copies import Copy
from services.runtime.metric_names import metrics as names

RELEASES: Final = names.RELEASES.make()
WAVES_CLOSED: Final = names.WAVES_CLOSED.make()
LAST_RELEASE_CLOSE: Final = names.LAST_RELEASE_CLOSE.make()
LAST_LOOK: Final = names.LAST_LOOK.make()
LOOK_SECONDS: Final = names.LOOK_SECONDS.make()
LOOKS_FAILED: Final = names.LOOKS_FAILED.make()


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
