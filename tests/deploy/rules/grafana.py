"""Grafana has our image, our dashboards, and sources that are there."""

from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from tests.deploy.manifests import Manifests
from tests.deploy.rules.settings import service_ports

_OF_AN_OBJECT: Final = 1024 * 1024
_OF_AN_ANNOTATION: Final = 256 * 1024
"""Bytes; `kubectl apply` keeps a copy of the whole object in an annotation."""


def grafana(manifests: Manifests) -> list[str]:
    """The image with the plugin; each provider's folder and each provisioning folder is mounted; sources answer."""
    faults = []
    (container,) = manifests.get("Deployment", "grafana")["spec"]["template"]["spec"]["containers"]
    volumes = {
        volume["name"]: volume
        for volume in manifests.get("Deployment", "grafana")["spec"]["template"]["spec"]["volumes"]
    }
    if not container["image"].rpartition("/")[2].startswith("draagvlak-grafana:"):
        faults.append(f"{container['image']} has no plugin in it, and a pod cannot fetch one")
    mounted = {
        mount["mountPath"]: volumes[mount["name"]]["configMap"]["name"]
        for mount in container["volumeMounts"]
        if "configMap" in volumes.get(mount["name"], {})
    }
    for folder in ("datasources", "dashboards", "alerting"):
        if f"/etc/draagvlak/provisioning/{folder}" not in mounted:
            faults.append(f"nothing provisions {folder}")
    providers = _read(manifests, "grafana-dashboard-providers", "draagvlak.yaml")["providers"]
    for provider in providers:
        path = provider["options"]["path"]
        boards = [name for name in _data(manifests, mounted.get(path)) if name.endswith(".json")]
        if not boards:
            faults.append(f"the provider {provider['name']} finds no dashboard in {path}")
    there = service_ports(manifests)
    for source in _read(manifests, "grafana-datasources", "draagvlak.yaml")["datasources"]:
        address = urlsplit(source["url"]).netloc
        if source["type"] != "prometheus" and address not in there:
            faults.append(f"the source {source['name']} asks {address}, where nothing answers")
        if source["type"] == "prometheus" and manifests.of("ServiceMonitor"):
            name = urlsplit(source["url"]).hostname or ""
            service = manifests.find("Service", name)
            if service is None or not service["spec"].get("externalName", "").endswith(".monitoring.svc.cluster.local"):
                faults.append(f"the source {source['name']} asks {address}, which leads to no Prometheus")
    return faults


def _read(manifests: Manifests, config_map: str, key: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(manifests.get("ConfigMap", config_map)["data"][key])
    return content


def _data(manifests: Manifests, name: str | None) -> dict[str, str]:
    found = manifests.find("ConfigMap", name) if name else None
    return found.get("data", {}) if found else {}


def sizes(manifests: Manifests) -> list[str]:
    """A ConfigMap fits into its megabyte, and its copy into an annotation."""
    faults = []
    for config_map in manifests.of("ConfigMap"):
        text = yaml.safe_dump(config_map.get("data", {}), allow_unicode=True)
        size = len(text.encode()) + text.count('"')
        if size > min(_OF_AN_OBJECT, _OF_AN_ANNOTATION):
            faults.append(f"ConfigMap/{config_map['metadata']['name']}: {size:,} bytes cannot be applied")
    return faults
