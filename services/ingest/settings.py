"""The settings of ingest and its commands."""

from pathlib import Path

from pydantic import Field

from services.ingest.batch import Limits
from services.runtime.backups import BackupSettings
from services.runtime.setting_checks import Port
from services.runtime.settings import ClickHouseSettings, ClockSettings, KafkaSettings, TokenSettings


class MigrateSettings(ClickHouseSettings):
    """What `draagvlak migrate` needs: a role that may create databases and tables, and change users."""

    clickhouse_passwords: Path | None = Field(
        default=None, description="folder of files clickhouse-<role>-password; `apply` gives them to the users"
    )


class TopicsSettings(KafkaSettings):
    """What `draagvlak topics` needs: a user who may create and describe topics, and change how they are kept.

    To give rights as well: one who may alter the cluster, or a super user.
    """

    ingest_group: str = Field(default="pulse-ingest", min_length=1)


class IngestSettings(KafkaSettings, ClickHouseSettings, TokenSettings):
    """What the consumer and the gateway need.

    A role that may insert into ballots and facts, and read facts, releases and the number of people invited.
    """

    ingest_host: str = "127.0.0.1"
    ingest_port: Port = 8603
    ingest_group: str = Field(default="pulse-ingest", min_length=1)
    ingest_flush_seconds: float = Field(default=1.0, gt=0, le=5, description="longest time that a record waits")
    ingest_flush_rows: int = Field(default=10_000, ge=1)
    ingest_flush_bytes: int = Field(default=4_000_000, ge=1)
    gateway_requests_per_minute: float = Field(default=120.0, gt=0, description="of one token, on one replica")
    gateway_burst: int = Field(default=30, ge=1, description="requests of one token at once")
    gateway_requests_at_once: int = Field(default=32, ge=1, le=40, description="one more gets 503 with Retry-After")
    gateway_patience_seconds: float = Field(default=3.0, gt=0, le=5, description="longest wait for Kafka")

    @property
    def limits(self) -> Limits:
        """When a batch is flushed."""
        return Limits(self.ingest_flush_rows, self.ingest_flush_bytes, self.ingest_flush_seconds)

    @property
    def session_seconds(self) -> float:
        """After how long Kafka gives a silent consumer's partitions to another."""
        return self.kafka_session_timeout_ms / 1000


class ImportSettings(KafkaSettings, ClickHouseSettings, ClockSettings):
    """What `draagvlak import` needs: Kafka, the campaign clock, and a role that may read facts and ballots."""


class RetentionSettings(KafkaSettings, ClickHouseSettings, ClockSettings, BackupSettings):
    """What `draagvlak retention` needs: a role that may read and erase ballots, and read facts and releases."""

    ingest_group: str = Field(default="pulse-ingest", min_length=1)
    retention_ballots_days: int = Field(default=7, ge=1, le=30, description="after the release of their wave")
    retention_comments_days: int = Field(default=90, ge=1, le=90, description="after the release of their wave")
    retention_after_minutes: float = Field(
        default=60, gt=0, le=720, description="after a backup is due, for `retention --nightly`"
    )


class DeadLetterSettings(KafkaSettings, ClickHouseSettings):
    """What `draagvlak dead-letters` needs: a role that may read everything, and mark what was replayed."""


class BackUpClickHouseSettings(BackupSettings, ClickHouseSettings):
    """What `draagvlak backup clickhouse create` needs: a role that may read what a backup holds, and no ballot."""


class RestoreClickHouseSettings(BackUpClickHouseSettings, KafkaSettings):
    """What `draagvlak backup clickhouse restore` needs: the role of the migrations, and ingest's user of Kafka."""

    ingest_group: str = Field(default="pulse-ingest", min_length=1)
