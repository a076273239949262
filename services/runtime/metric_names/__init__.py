"""Every metric of every service, in one place: what it means, its unit and labels, and what to do when it moves.

The services make theirs from here, docs/metrics.md is written from here (``python -m services.runtime.metric_names``),
and every query of an alert or a dashboard is held against it. They are for operators alone: counters of an open wave
tell when somebody answered.
"""

from typing import Final

from services.runtime.metric_names import bot, ingest, metrics, release
from services.runtime.metric_names.every import BUILD_INFO
from services.runtime.metric_names.kinds import Metric

ALL: Final[tuple[Metric, ...]] = (
    BUILD_INFO,
    *bot.METRICS,
    *ingest.METRICS,
    *metrics.METRICS,
    *release.METRICS,
)
