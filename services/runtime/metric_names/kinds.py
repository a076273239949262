"""What a metric is before Prometheus knows it: its name, meaning, unit, labels, and what to do when it moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram


class Service(StrEnum):
    """Who exposes a metric, by the name that the workload has everywhere."""

    BOT = "pulse-bot"
    INGEST = "ingest"
    METRICS = "metrics"
    RELEASE = "release-watch"


class Unit(StrEnum):
    """What one of it is."""

    SECONDS = "seconds"
    UNIX_SECONDS = "seconds since 1970 (UTC)"
    BYTES = "bytes"
    RECORDS = "records"
    ROWS = "rows"
    REQUESTS = "requests"
    MESSAGES = "messages"
    WAVES = "waves"
    PARTITIONS = "partitions"
    EVENTS = "events"
    CELLS = "cells"
    YES_OR_NO = "1 or 0"


class Label(StrEnum):
    """Every label that a metric of ours may have. None of them can hold a person, a team, an item, a wave or a ballot:
    with one of these a counter of an open wave would tell who answered what, or which team has not."""

    OUTCOME = "outcome"
    FAULT = "fault"
    METHOD = "method"
    STEP = "step"
    TOPIC = "topic"
    ERROR_CLASS = "error_class"
    TABLE = "table"
    RESULT = "result"
    PATH = "path"
    STATUS = "status"
    ROUTE = "route"
    SOURCE = "source"
    REASON = "reason"
    SHOWN = "shown"
    SERVICE = "service"
    VERSION = "version"


@dataclass(frozen=True)
class Metric:
    """One metric, by the name that Prometheus has it under. ``do``: what to do when it moves."""

    KIND: ClassVar[str]

    name: str
    service: Service | None
    """None: of every service."""
    unit: Unit
    means: str
    do: str
    labels: Sequence[Label] = ()

    @property
    def help(self) -> str:
        """The text that Prometheus shows."""
        return f"{self.means} Do: {self.do}"

    @property
    def label_names(self) -> list[str]:
        """The labels as Prometheus has them."""
        return [label.value for label in self.labels]

    @property
    def samples(self) -> frozenset[str]:
        """The names of the series that it is made of."""
        return frozenset({self.name})


@dataclass(frozen=True)
class CounterMetric(Metric):
    """Only ever rises; ask for its ``rate`` or ``increase``."""

    KIND: ClassVar[str] = "counter"

    def make(self, registry: CollectorRegistry = REGISTRY) -> Counter:
        """Register it; once per registry."""
        return Counter(self.name, self.help, self.label_names, registry=registry)


@dataclass(frozen=True)
class GaugeMetric(Metric):
    """Rises and falls."""

    KIND: ClassVar[str] = "gauge"

    def make(self, registry: CollectorRegistry = REGISTRY) -> Gauge:
        """Register it; once per registry."""
        return Gauge(self.name, self.help, self.label_names, registry=registry)


@dataclass(frozen=True)
class HistogramMetric(Metric):
    """Counts by size; ask for a ``histogram_quantile`` of the rate of its buckets."""

    KIND: ClassVar[str] = "histogram"

    buckets: Sequence[float] = ()

    def make(self, registry: CollectorRegistry = REGISTRY) -> Histogram:
        """Register it; once per registry."""
        return Histogram(self.name, self.help, self.label_names, registry=registry, buckets=self.buckets)

    @property
    def samples(self) -> frozenset[str]:
        """The names of the series that it is made of."""
        return frozenset({f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count"})
