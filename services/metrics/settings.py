"""The settings of the release and of the metrics API."""

from collections.abc import Iterator

from pydantic import Field

from services.runtime.setting_checks import Port
from services.runtime.settings import ClickHouseSettings, ClockSettings, Fault, TokenSettings


class ReleaseSettings(ClickHouseSettings, ClockSettings, TokenSettings):
    """What the release needs: a role that reads facts, reads and erases ballots, and writes releases.

    Without a file of tokens nobody can review comments, and none is released.
    """

    release_host: str = "127.0.0.1"
    release_port: Port = Field(default=8606, description="health and review of comments")
    release_requests_at_once: int = Field(default=8, ge=1, le=40, description="one more gets 503 with Retry-After")
    release_interval_seconds: float = Field(default=1.0, gt=0, le=60, description="pause between two looks")
    release_patience_seconds: float = Field(
        default=60.0, ge=0, description="how long closing markers may take before it is an alert"
    )


class MetricsSettings(ClickHouseSettings, TokenSettings):
    """What the metrics API needs: a role that reads releases and facts and nothing else."""

    metrics_host: str = "127.0.0.1"
    metrics_requests_at_once: int = Field(default=32, ge=1, le=40, description="one more gets 503 with Retry-After")
    metrics_port: Port = 8602
    metrics_refresh_seconds: float = Field(default=1.0, gt=0, le=60, description="pause between two looks")

    def faults(self) -> Iterator[Fault]:
        """See RuntimeSettings."""
        yield from super().faults()
        yield from self.required("tokens_file", "the metrics API does not listen without tokens")
