"""The rules that every rendered overlay keeps: each gives a line for each fault, and no line where all is well."""

from collections.abc import Callable, Mapping
from typing import Final

from tests.deploy.manifests import Manifests
from tests.deploy.rules import (
    availability,
    grafana,
    jobs,
    kafka,
    network,
    pods,
    references,
    selectors,
    settings,
    stores,
    way_in,
)

Rule = Callable[[Manifests], list[str]]

RULES: Final[Mapping[str, Rule]] = {
    "restricted": pods.restricted,
    "identity": pods.identity,
    "probes": pods.probes,
    "resources": pods.resources,
    "grace": pods.grace,
    "images": pods.images,
    "versions": pods.versions,
    "replicas": availability.replicas,
    "disruption budgets": availability.disruption_budgets,
    "scaling": availability.scaling,
    "strategies": availability.strategies,
    "spread": availability.spread,
    "jobs": jobs.jobs,
    "selectors": selectors.selectors,
    "references": references.references,
    "secrets": references.secrets,
    "namespace": references.namespace,
    "network": network.edges,
    "listener": network.listener,
    "network ports": network.ports,
    "topics": kafka.topics,
    "rights": kafka.rights,
    "brokers": kafka.brokers,
    "clickhouse": stores.clickhouse,
    "settings": settings.settings,
    "settings files": settings.files,
    "accounts": settings.accounts,
    "ports": settings.ports,
    "addresses": settings.addresses,
    "bots": settings.bots,
    "grafana": grafana.grafana,
    "config map sizes": grafana.sizes,
    "way in": way_in.routes,
}
"""What it is about -> the rule."""
