"""Settings, all from the environment (``DRAAGVLAK_…``) with sane defaults; secrets come from files.

A service composes its own settings class from the groups here. Defaults fit the sandbox on one machine.
"""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound=BaseSettings)


class SettingsFault(RuntimeError):
    """Settings that cannot be used: one line a fault, each with the name of its environment variable."""


class RuntimeSettings(BaseSettings):
    """What every process has."""

    model_config = SettingsConfigDict(env_prefix="DRAAGVLAK_", extra="ignore", frozen=True)

    state: Path = Field(default=Path(".draagvlak"), description="folder for what a process keeps on disk")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    shutdown_delay_seconds: float = Field(
        default=0.0, ge=0, le=60, description="after SIGTERM: not ready, but serving, until everybody has noticed"
    )
    telemetry_host: str = "127.0.0.1"
    telemetry_port: int | None = Field(default=None, description="port of the Prometheus metrics; none where not set")


class KafkaSettings(RuntimeSettings):
    """Where Kafka is and how to speak to it."""

    kafka_bootstrap: str = "127.0.0.1:8605"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ca_file: Path | None = None
    kafka_cert_file: Path | None = None
    kafka_key_file: Path | None = None
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    kafka_username: str | None = None
    kafka_password_file: Path | None = None
    kafka_session_timeout_ms: int = Field(
        default=30_000, ge=2_000, description="not under the broker's group.min.session.timeout.ms, 6000 by default"
    )
    kafka_replication_factor: int = Field(default=1, ge=1)


class ClickHouseSettings(RuntimeSettings):
    """Where ClickHouse is, and the role this process connects as."""

    clickhouse_host: str = "127.0.0.1"
    clickhouse_port: int = 8604
    clickhouse_user: str = "default"
    clickhouse_password_file: Path | None = None
    clickhouse_secure: bool = False
    clickhouse_ca_file: Path | None = None
    clickhouse_cluster: str | None = Field(
        default=None, description="cluster whose nodes each have every table; none: one node"
    )


class ClockSettings(RuntimeSettings):
    """Where campaign time comes from: the wall clock, unless a sandbox serves it."""

    clock_url: str | None = None
    clock_token_file: Path | None = None


class TokenSettings(RuntimeSettings):
    """The bearer tokens that callers of this process may show: a YAML file of name, sha256 and scopes."""

    tokens_file: Path | None = None


def load(settings: type[S]) -> S:
    """The settings from the environment. Raises SettingsFault that lists every fault at once."""
    try:
        return settings()
    except ValidationError as error:
        faults = "\n".join(
            f"DRAAGVLAK_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise SettingsFault(faults) from None


def read_secret(path: Path | None, name: str) -> SecretStr:
    """The secret in the file ``path``, without surrounding white space. Raises SettingsFault."""
    if path is None:
        raise SettingsFault(f"DRAAGVLAK_{name.upper()}: is not set; name the file that holds the secret")
    try:
        content = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsFault(f"DRAAGVLAK_{name.upper()}: {path} cannot be read ({error})") from None
    if not content:
        raise SettingsFault(f"DRAAGVLAK_{name.upper()}: {path} is empty")
    return SecretStr(content)
