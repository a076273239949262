"""What can be reached from outside, where an overlay has a gateway."""

from typing import Final

from services.ingest.gateway.application import ANNOUNCEMENTS, OPENAPI, OUTCOMES
from services.pulse_bot.front import PATH
from tests.deploy.manifests import Manifests

EXPECTED: Final = {
    "pulse-bot": {("Exact", PATH, "POST")},
    "ingest": {("Exact", OUTCOMES, "POST"), ("Exact", ANNOUNCEMENTS, "POST"), ("Exact", OPENAPI, "GET")},
    "grafana": {("PathPrefix", "/", "")},
}
"""Workload -> kind, path and method of what comes in."""


def routes(manifests: Manifests) -> list[str]:
    """Slack's one path, the gateway's three, and Grafana, each to a port of a service; nothing else comes in."""
    faults, hosts, found = [], [], set()
    ports = {
        (service["metadata"]["name"], port["port"])
        for service in manifests.of("Service")
        for port in service["spec"].get("ports", [])
        if port["name"] == "http"
    }
    for route in manifests.of("HTTPRoute"):
        name, spec = route["metadata"]["name"], route["spec"]
        hosts += spec.get("hostnames", ["*"])
        found.add(name)
        opened = {
            (match["path"]["type"], match["path"]["value"], match.get("method", ""))
            for rule in spec["rules"]
            for match in rule["matches"]
        }
        if opened != EXPECTED.get(name):
            faults.append(f"HTTPRoute/{name}: lets {sorted(opened)} in")
        for rule in spec["rules"]:
            for backend in rule["backendRefs"]:
                if backend["name"] != name or (name, backend["port"]) not in ports:
                    faults.append(f"HTTPRoute/{name}: leads to {backend['name']}:{backend['port']}")
    if found and found != set(EXPECTED):
        faults.append(f"there are routes to {sorted(found)} alone")
    if len(set(hosts)) != len(hosts) or "*" in hosts:
        faults.append(f"the names of hosts are not one each: {hosts}")
    return faults
