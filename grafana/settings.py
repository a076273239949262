"""The settings of `draagvlak grafana`."""

from pathlib import Path

from pydantic import AliasChoices, Field

from services.runtime.settings import RuntimeSettings


class PreviewSettings(RuntimeSettings):
    """Where the metrics API is, for a preview; the bot's settings have the same names."""

    metrics_url: str | None = Field(default=None, description="the metrics API, without /v1")
    metrics_token_file: Path | None = None


class GrafanaSettings(RuntimeSettings):
    """Which Grafana, and who we are there: a service account with the role Admin to publish, Viewer to verify."""

    grafana_url: str | None = Field(default=None, validation_alias=AliasChoices("DRAAGVLAK_GRAFANA_URL", "GRAFANA_URL"))
    grafana_token_file: Path | None = None


class PublishSettings(GrafanaSettings):
    """What Grafana is told of the data sources that `publish` creates."""

    grafana_metrics_url: str = Field(
        default="http://metrics:8602/v1", description="the metrics API as Grafana reaches it, with /v1"
    )
    grafana_prometheus_url: str = Field(default="http://prometheus:9090", description="as Grafana reaches it")
    metrics_token_file: Path | None = Field(default=None, description="token with the scope metrics:read")
