"""The settings of ingest and its commands."""

from pydantic import Field

from services.runtime.settings import ClickHouseSettings, ClockSettings, KafkaSettings


class MigrateSettings(ClickHouseSettings):
    """What `draagvlak migrate` needs: a role that may create databases and tables."""


class IngestSettings(KafkaSettings, ClickHouseSettings):
    """What the consumer needs: a role that may insert into ballots and facts, and read facts and releases."""

    ingest_host: str = "127.0.0.1"
    ingest_port: int = 8603
    ingest_group: str = Field(default="pulse-ingest", min_length=1)
    ingest_flush_seconds: float = Field(default=1.0, gt=0, le=5, description="longest time that a record waits")
    ingest_flush_rows: int = Field(default=10_000, ge=1)
    ingest_flush_bytes: int = Field(default=4_000_000, ge=1)


class ImportSettings(KafkaSettings, ClickHouseSettings, ClockSettings):
    """What `draagvlak import` needs: Kafka, the campaign clock, and a role that may read facts and ballots."""
