"""The metrics that every service has."""

from typing import Final

from services.runtime.metric_names.kinds import GaugeMetric, Label, Unit

BUILD_INFO: Final = GaugeMetric(
    "draagvlak_build_info",
    None,
    Unit.YES_OR_NO,
    "Always 1: this service runs, in this version.",
    "when it is missing for a service, that service does not run or is not scraped; see the runbook of "
    "DraagvlakServiceAbsent.",
    (Label.SERVICE, Label.VERSION),
)
