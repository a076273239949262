"""The settings of the release and of the metrics API."""

from pydantic import Field

from services.runtime.settings import ClickHouseSettings, ClockSettings, TokenSettings


class ReleaseSettings(ClickHouseSettings, ClockSettings, TokenSettings):
    """What the release needs: a role that reads facts, reads and erases ballots, and writes releases.

    Without a file of tokens nobody can review comments, and none is released.
    """

    release_host: str = "127.0.0.1"
    release_port: int = Field(default=8606, description="health and review of comments")
    release_interval_seconds: float = Field(default=1.0, gt=0, le=60, description="pause between two looks")
    release_patience_seconds: float = Field(
        default=60.0, ge=0, description="how long closing markers may take before it is an alert"
    )


class MetricsSettings(ClickHouseSettings, TokenSettings):
    """What the metrics API needs: a role that reads releases and facts and nothing else."""

    metrics_host: str = "127.0.0.1"
    metrics_port: int = 8602
    metrics_requests_at_once: int = Field(default=32, ge=1, le=40, description="one more gets 503 with Retry-After")
    metrics_refresh_seconds: float = Field(default=1.0, gt=0, le=60, description="pause between two looks")
