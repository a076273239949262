"""The process of `draagvlak metrics`."""

import gc

from services.metrics.released.archive import Archive
from services.metrics.routes.application import create_app
from services.metrics.settings import MetricsSettings
from services.runtime import serving
from services.runtime.clickhouse import client
from services.runtime.settings import SettingsFault
from services.runtime.tokens import TokenFile


def serve(settings: MetricsSettings) -> None:
    """Serve until told to stop. Raises SettingsFault without tokens, PortTaken."""
    if settings.tokens_file is None:
        raise SettingsFault("DRAAGVLAK_TOKENS_FILE: is not set; the metrics API does not listen without tokens")
    archive = Archive(lambda: client(settings), settings.metrics_refresh_seconds, settle)
    application = create_app(archive, TokenFile(settings.tokens_file), settings.metrics_requests_at_once)
    serving.serve(
        application,
        settings.metrics_host,
        settings.metrics_port,
        "DRAAGVLAK_METRICS_PORT",
        delay_seconds=settings.shutdown_delay_seconds,
    )


def settle() -> None:
    """Load what only some questions need, and leave all that is in memory out of every later garbage collection.

    The service answers by now; whoever asks for a slope first need not wait for scipy. A copy stays until the next
    release; to look through hundreds of waves again and again would hold up callers.
    """
    from scipy import optimize, stats  # noqa: F401, PLC0415 - for statistics, in the thread that looks for releases

    gc.collect()
    gc.freeze()
