"""Settings, all from the environment (``DRAAGVLAK_…``) with sane defaults; secrets come from files.

A service composes its own settings class from the groups here. Defaults fit the sandbox on one machine. A variable that
is there and empty counts as not set.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.setting_checks import (
    HttpAddress,
    Places,
    Port,
    Unreadable,
    authorities_in,
    is_secret,
    own_certificate,
    text_of,
)
from services.runtime.setting_names import PREFIX, unknown


class SettingsFault(RuntimeError):
    """Settings that cannot be used: one line a fault, each with the name of its environment variable."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a setting, and what to do; ``setting`` is the name of the field."""

    setting: str
    text: str

    def __str__(self) -> str:
        name = self.setting.upper()
        return f"{name if name.startswith(PREFIX) else PREFIX + name}: {self.text}"


class RuntimeSettings(BaseSettings):
    """What every process has."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True)

    state: Path = Field(default=Path(".draagvlak"), description="folder for what a process keeps on disk")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    shutdown_delay_seconds: float = Field(
        default=0.0, ge=0, le=60, description="after SIGTERM: not ready, but serving, until everybody has noticed"
    )
    telemetry_host: str = "127.0.0.1"
    telemetry_port: Port | None = Field(default=None, description="port of the Prometheus metrics; none where not set")
    tracing_url: HttpAddress | None = Field(
        default=None, description="OTLP/HTTP collector, such as http://collector:4318/v1/traces; no tracing without"
    )
    tracing_share: float = Field(default=0.1, ge=0, le=1, description="share of requests and flushes that is traced")
    tracing_token_file: Path | None = Field(default=None, description="bearer token that the collector wants, if any")
    tracing_ca_file: Path | None = None

    def faults(self) -> Iterator[Fault]:
        """What is wrong with these settings together, and with the files that they name. Nothing is connected to.

        A group that adds to this calls the others first.
        """
        unread = self.unread()
        for name in type(self).model_fields:
            path = getattr(self, name)
            if name.endswith("_file") and name not in unread and isinstance(path, Path):
                try:
                    text_of(path)
                except Unreadable as reason:
                    yield Fault(name, str(reason))

    def unread(self) -> frozenset[str]:
        """Settings of files that nobody reads as things are, or that may come later: nothing is said of them."""
        return frozenset()

    def required(self, name: str, why: str = "") -> Iterator[Fault]:
        """A fault unless this setting is there; ``why`` says what it is needed for."""
        if getattr(self, name) is None:
            what = "name the file that holds the secret" if is_secret(name) else "it is needed"
            yield Fault(name, f"is not set; {why or what}")


class KafkaSettings(RuntimeSettings):
    """Where Kafka is and how to speak to it."""

    kafka_bootstrap: Places = "127.0.0.1:8605"
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

    @property
    def kafka_with_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return "SSL" in self.kafka_security_protocol

    @property
    def kafka_with_password(self) -> bool:
        """Whether we show a name and a password."""
        return "SASL" in self.kafka_security_protocol

    def faults(self) -> Iterator[Fault]:
        """See RuntimeSettings."""
        yield from super().faults()
        yield from self._password_faults()
        yield from self._tls_faults()

    def _password_faults(self) -> Iterator[Fault]:
        protocol = f"DRAAGVLAK_KAFKA_SECURITY_PROTOCOL is {self.kafka_security_protocol}"
        if self.kafka_with_password:
            if self.kafka_sasl_mechanism is None:
                yield Fault(
                    "kafka_sasl_mechanism", f"is not set, and {protocol}; PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
                )
            if self.kafka_username is None:
                yield Fault("kafka_username", f"is not set, and {protocol}; name the user of Kafka")
            yield from self.required("kafka_password_file")
        elif self.kafka_sasl_mechanism is not None:
            yield Fault(
                "kafka_sasl_mechanism",
                f"is set, but {protocol}: no password would be shown; make that SASL_SSL, or leave this out",
            )

    def _tls_faults(self) -> Iterator[Fault]:
        if not self.kafka_with_tls:
            for name in ("kafka_ca_file", "kafka_cert_file", "kafka_key_file"):
                if getattr(self, name) is not None:
                    yield Fault(
                        name,
                        f"is set, but DRAAGVLAK_KAFKA_SECURITY_PROTOCOL is {self.kafka_security_protocol}: nothing "
                        "would be encrypted; make that SSL or SASL_SSL, or leave this out",
                    )
            return
        if self.kafka_ca_file is None:
            yield Fault(
                "kafka_ca_file",
                f"is not set, and DRAAGVLAK_KAFKA_SECURITY_PROTOCOL is {self.kafka_security_protocol}; name the "
                "certificate of who signed the broker's (of a public authority: /etc/ssl/certs/ca-certificates.crt)",
            )
        else:
            yield from _authorities("kafka_ca_file", self.kafka_ca_file)
        if (self.kafka_cert_file is None) != (self.kafka_key_file is None):
            lacking = "kafka_cert_file" if self.kafka_cert_file is None else "kafka_key_file"
            yield Fault(lacking, "is not set; a certificate of our own and its key go together")
        elif self.kafka_cert_file is not None and self.kafka_key_file is not None:
            yield from _pair(self.kafka_cert_file, self.kafka_key_file)


class ClickHouseSettings(RuntimeSettings):
    """Where ClickHouse is, and the role this process connects as."""

    clickhouse_host: str = Field(default="127.0.0.1", pattern=r"^[^\s/@]+$")
    clickhouse_port: Port = 8604
    clickhouse_user: str = "default"
    clickhouse_password_file: Path | None = None
    clickhouse_secure: bool = False
    clickhouse_ca_file: Path | None = None
    clickhouse_cluster: str | None = Field(
        default=None, description="cluster whose nodes each have every table; none: one node"
    )

    def faults(self) -> Iterator[Fault]:
        """See RuntimeSettings."""
        yield from super().faults()
        if self.clickhouse_ca_file is None:
            return
        if self.clickhouse_secure:
            yield from _authorities("clickhouse_ca_file", self.clickhouse_ca_file)
        else:
            yield Fault(
                "clickhouse_ca_file",
                "is set, but DRAAGVLAK_CLICKHOUSE_SECURE is not true: nothing would be encrypted; make that true, "
                "or leave this out",
            )


class ClockSettings(RuntimeSettings):
    """Where campaign time comes from: the wall clock, unless a sandbox serves it."""

    clock_url: HttpAddress | None = None
    clock_token_file: Path | None = None

    def faults(self) -> Iterator[Fault]:
        """See RuntimeSettings."""
        yield from super().faults()
        if self.clock_url is not None:
            yield from self.required("clock_token_file")

    def unread(self) -> frozenset[str]:
        """See RuntimeSettings."""
        return super().unread() | ({"clock_token_file"} if self.clock_url is None else frozenset())


class TokenSettings(RuntimeSettings):
    """The bearer tokens that callers of this process may show: a YAML file of name, sha256 and scopes."""

    tokens_file: Path | None = None

    def faults(self) -> Iterator[Fault]:
        """See RuntimeSettings."""
        from services.runtime.tokens import TokenFile  # noqa: PLC0415 - stands on this module

        yield from super().faults()
        if self.tokens_file is not None and _readable(self.tokens_file):
            try:
                TokenFile(self.tokens_file)
            except SettingsFault as fault:
                yield Fault("tokens_file", str(fault).partition(": ")[2])


S = TypeVar("S", bound=RuntimeSettings)


def load(settings: type[S]) -> S:
    """The settings from the environment. Raises SettingsFault that lists every fault at once.

    A variable that nothing reads is no fault, but is told beside those that are: it may be the one that is missing.
    """
    found, faults = examine(settings)
    if found is None or faults:
        raise SettingsFault("\n".join([*map(str, faults), *unknown()]))
    return found


def examine(settings: type[S]) -> tuple[S | None, tuple[Fault, ...]]:
    """The settings where they can be made at all, and everything that is wrong with them and with their files.

    What one setting alone has wrong does not hide what the others have wrong together: it counts as not set for that.
    """
    try:
        found = settings()
    except ValidationError as error:
        single = tuple(
            Fault("_".join(map(str, fault["loc"])), _plain(fault["msg"]))
            for fault in error.errors(include_url=False, include_input=False)
        )
        return None, (*single, *_others(settings, {fault.setting for fault in single}))
    return found, _once(found.faults())


def read_secret(path: Path | None, name: str) -> SecretStr:
    """The secret in the file ``path``, without surrounding white space. Raises SettingsFault."""
    if path is None:
        raise SettingsFault(str(Fault(name, "is not set; name the file that holds the secret")))
    try:
        return SecretStr(text_of(path))
    except Unreadable as reason:
        raise SettingsFault(str(Fault(name, str(reason)))) from None


def _others(settings: type[S], wrong: set[str]) -> tuple[Fault, ...]:
    """The faults of the settings as if those that are wrong by themselves had not been given."""
    fields = settings.model_fields
    left_out = {name: fields[name].get_default(call_default_factory=True) for name in wrong if name in fields}
    try:
        found = settings(**left_out)
    except ValidationError:
        return ()
    return tuple(fault for fault in _once(found.faults()) if fault.setting not in wrong)


def _once(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """One fault a setting: the first."""
    first: dict[str, Fault] = {}
    for fault in faults:
        first.setdefault(fault.setting, fault)
    return tuple(first.values())


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _readable(*paths: Path) -> bool:
    """Whether each can be read; that one cannot is told elsewhere."""
    try:
        for path in paths:
            text_of(path)
    except Unreadable:
        return False
    return True


def _authorities(name: str, path: Path) -> Iterator[Fault]:
    if _readable(path):
        try:
            authorities_in(path)
        except Unreadable as reason:
            yield Fault(name, str(reason))


def _pair(certificate: Path, key: Path) -> Iterator[Fault]:
    if _readable(certificate, key):
        try:
            own_certificate(certificate, key)
        except Unreadable as reason:
            yield Fault("kafka_cert_file", str(reason))
