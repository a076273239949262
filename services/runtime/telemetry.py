"""Prometheus metrics on a port of their own, for inside the cluster."""

from prometheus_client import start_http_server

from services.runtime.serving import PortTaken
from services.runtime.settings import RuntimeSettings


def expose(settings: RuntimeSettings) -> None:
    """Serve the metrics of this process where a port is set. Raises PortTaken."""
    if settings.telemetry_port is None:
        return
    try:
        start_http_server(settings.telemetry_port, settings.telemetry_host)
    except OSError as error:
        raise PortTaken(
            f"port {settings.telemetry_port} for metrics cannot be used ({error.strerror}); "
            "set DRAAGVLAK_TELEMETRY_PORT"
        ) from None
