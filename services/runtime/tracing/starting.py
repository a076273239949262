"""Turning tracing on where the settings ask for it."""

from services.runtime.metric_names.kinds import Service
from services.runtime.settings import RuntimeSettings, read_secret
from services.runtime.tracing import spans


def configure(settings: RuntimeSettings, service: Service) -> None:
    """Send spans of this process to the collector of the settings; none without one. Raises SettingsFault."""
    if settings.tracing_url is None:
        return
    from services.runtime.tracing import exporting  # noqa: PLC0415 - some MB, only where it is wanted

    headers = {}
    if settings.tracing_token_file is not None:
        token = read_secret(settings.tracing_token_file, "tracing_token_file").get_secret_value()
        headers["Authorization"] = f"Bearer {token}"
    ca_file = str(settings.tracing_ca_file) if settings.tracing_ca_file else None
    exporter = exporting.exporter_to(settings.tracing_url, headers, ca_file)
    spans.use(exporting.until_the_end(exporting.OtlpTracer(service, exporter, settings.tracing_share)))
