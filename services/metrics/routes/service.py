"""The process of `draagvlak metrics`."""

import gc
import sys
from typing import Final

import scipy.special  # noqa: F401 - the formulas load it at their first use: the first caller would wait for it

from services.metrics.released.archive import Archive
from services.metrics.routes.application import create_app
from services.metrics.settings import MetricsSettings
from services.runtime import serving
from services.runtime.causes.clickhouse import why
from services.runtime.causes.obstacle import Obstacle
from services.runtime.clickhouse import migrated_client
from services.runtime.settings import SettingsFault
from services.runtime.tokens import TokenFile

_SWITCH_SECONDS: Final = 0.0005
"""How long the thread that reads a new release may keep callers waiting each time; Python's usual is 5 ms."""
_COLLECT_AFTER: Final = 50_000
"""Objects before a garbage collection; after the usual 700 one answer of many rows is interrupted several times."""


def serve(settings: MetricsSettings) -> None:
    """Serve until told to stop. Raises SettingsFault without tokens, PortTaken."""
    if settings.tokens_file is None:
        raise SettingsFault("DRAAGVLAK_TOKENS_FILE: is not set; the metrics API does not listen without tokens")
    obstacle = Obstacle("ClickHouse", lambda error: why(settings, error))
    archive = Archive(lambda: migrated_client(settings), settings.metrics_refresh_seconds, obstacle, settle)
    application = create_app(archive, TokenFile(settings.tokens_file), settings.metrics_requests_at_once)
    sys.setswitchinterval(_SWITCH_SECONDS)
    serving.serve(
        application,
        settings.metrics_host,
        settings.metrics_port,
        "DRAAGVLAK_METRICS_PORT",
        delay_seconds=settings.shutdown_delay_seconds,
    )


def settle() -> None:
    """Leave all that is in memory out of every later garbage collection, and collect seldom.

    A copy stays until the next release; to look through hundreds of waves again and again would hold up callers.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
