"""docs/metrics.md, written from the metrics."""

from collections.abc import Sequence
from typing import Final

from services.runtime.metric_names import ALL
from services.runtime.metric_names.kinds import HistogramMetric, Metric, Service

_HEAD: Final = """\
# Metrics

<!-- Written by `python -m services.runtime.metric_names`; change services/runtime/metric_names, not this page. -->

Every workload answers Prometheus at `/metrics` on `DRAAGVLAK_TELEMETRY_PORT` (9464 in the deploy files), inside the
cluster alone. What begins with `process_` or `python_` comes from the Prometheus library and is about the process.

For operators alone, never for leadership: counters of an open round tell *when* somebody answered. They never tell who,
and never what: no label can hold a person, a team, a question, a round or a ballot, and what is not published is
counted and never named.

The alerts on these metrics are in `deploy/monitoring/`, each with a page in [runbooks](runbooks/README.md).
"""

_TITLES: Final = {
    None: "Every workload",
    Service.BOT: "pulse-bot",
    Service.INGEST: "ingest, with the gateway",
    Service.METRICS: "metrics",
    Service.RELEASE: "release-watch",
}


def page(metrics: Sequence[Metric] = ALL) -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD]
    for service, title in _TITLES.items():
        parts.append(f"## {title}\n")
        parts += [_entry(metric) for metric in metrics if metric.service is service]
    return "\n".join(parts)


def _entry(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.label_names)
    kind = f"{metric.KIND}, {metric.unit}" + (f"; by {labels}" if labels else "")
    lines = [f"### `{metric.name}`\n", f"*{kind}.* {metric.means}\n"]
    if isinstance(metric, HistogramMetric):
        lines.append(f"Buckets: {', '.join(f'{bucket:g}' for bucket in metric.buckets)}.\n")
    lines.append(f"**Do:** {metric.do}\n")
    return "\n".join(lines)
