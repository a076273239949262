"""Prometheus metrics on a port of their own, for inside the cluster."""

from importlib.metadata import version
from typing import Final

from prometheus_client import disable_created_metrics, start_http_server

from services.runtime.metric_names.every import BUILD_INFO
from services.runtime.metric_names.kinds import Service
from services.runtime.ports import PortTaken
from services.runtime.settings import RuntimeSettings

_BUILD: Final = BUILD_INFO.make()


def expose(settings: RuntimeSettings, service: Service) -> None:
    """Serve the metrics of this process, which is ``service``, where a port is set. Raises PortTaken."""
    # No second series for each counter that nobody asks for.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    _BUILD.labels(service.value, version("draagvlak")).set(1)
    if settings.telemetry_port is None:
        return
    try:
        start_http_server(settings.telemetry_port, settings.telemetry_host)
    except OSError as error:
        raise PortTaken(
            f"port {settings.telemetry_port} for metrics cannot be used ({error.strerror}); "
            "set DRAAGVLAK_TELEMETRY_PORT"
        ) from None
