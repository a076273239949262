"""Names and colours that dashboards, alert rules and provisioning share. Everything is addressed by uid."""

from typing import Final

INFINITY: Final = "yesoreyeram-infinity-datasource"
PROMETHEUS: Final = "prometheus"
METRICS_UID: Final = "draagvlak"
"""The data source of the metrics API."""
PROMETHEUS_UID: Final = "draagvlak-prometheus"

RESISTANCE: Final = "#E69F00"
TRUST: Final = "#0072B2"
OTHER: Final = "#6E6E6E"
"""Neither resistance nor trust."""

TAG: Final = "draagvlak"
LEADERSHIP_FOLDER: Final = "draagvlak"
OPERATIONS_FOLDER: Final = "draagvlak-operations"
