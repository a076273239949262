"""What Grafana is provisioned from: data sources, dashboards, alert rules and a contact point, as YAML.

Grafana fills in ``$NAME`` and ``$__file{…}`` itself when it reads these files; no secret stands in them.
"""

from typing import Any, Final

import yaml

from grafana.names import (
    INFINITY,
    LEADERSHIP_FOLDER,
    METRICS_UID,
    OPERATIONS_FOLDER,
    PROMETHEUS,
    PROMETHEUS_UID,
)
from grafana.rules import GROUPS
from services.contracts.base import TextLanguage

METRICS_URL: Final = "http://metrics:8602/v1"
PROMETHEUS_URL: Final = "http://prometheus:9090"
TOKEN_FILE: Final = "/run/secrets/draagvlak/token-grafana"  # noqa: S105 - where the secret is, not what it is
DASHBOARDS: Final = "/etc/draagvlak/dashboards"
FOLDERS: Final = {
    (TextLanguage.EN, "leadership"): ("Draagvlak", LEADERSHIP_FOLDER),
    (TextLanguage.NL, "leadership"): ("Draagvlak (Nederlands)", f"{LEADERSHIP_FOLDER}-nl"),
    (TextLanguage.EN, "operations"): ("Draagvlak operations", OPERATIONS_FOLDER),
    (TextLanguage.NL, "operations"): ("Draagvlak beheer", f"{OPERATIONS_FOLDER}-nl"),
}
"""Language and set of dashboards -> title and uid of the folder."""

_HEAD: Final = "# Written by `draagvlak grafana build`; change the code in grafana/, not this file.\n"


def provisioning(
    *,
    metrics_url: str = METRICS_URL,
    token_file: str = TOKEN_FILE,
    dashboards: str = DASHBOARDS,
    prometheus_url: str = PROMETHEUS_URL,
) -> dict[str, str]:
    """Name of a file below ``provisioning/`` -> its text. ``metrics_url`` ends in /v1, without a slash."""
    return {
        "datasources/draagvlak.yaml": _yaml(datasources(metrics_url, token_file, prometheus_url)),
        "dashboards/draagvlak.yaml": _yaml(_providers(dashboards)),
        "alerting/rules.yaml": _yaml(_doubled(_rules())),
        "alerting/contact-points.yaml.example": _yaml(_contact_points()),
    }


def datasources(metrics_url: str, token_file: str, prometheus_url: str) -> dict[str, Any]:
    """The metrics API through Infinity, and Prometheus. Both are closed: only these URLs, and no query without them.

    The plugin puts the path of a query behind the URL of the source: without a path of its own there, and without the
    list of allowed hosts, a crafted query could take the token to another host.
    """
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Draagvlak metrics",
                "uid": METRICS_UID,
                "type": INFINITY,
                "access": "proxy",
                "url": metrics_url,
                "editable": False,
                "jsonData": {
                    "auth_method": "bearerToken",
                    "allowedHosts": [f"{metrics_url}/"],
                    "unsecuredQueryHandling": "deny",
                    "timeoutInSeconds": 10,
                    "customHealthCheckEnabled": True,
                    "customHealthCheckUrl": f"{metrics_url}/waves",
                },
                "secureJsonData": {"bearerToken": f"$__file{{{token_file}}}"},
            },
            {
                "name": "Draagvlak Prometheus",
                "uid": PROMETHEUS_UID,
                "type": PROMETHEUS,
                "access": "proxy",
                "url": prometheus_url,
                "editable": False,
                "jsonData": {"httpMethod": "POST", "timeInterval": "30s"},
            },
        ],
    }


def _providers(dashboards: str) -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": f"draagvlak-{kind}-{language.value}",
                "folder": title,
                "folderUid": uid,
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 60,
                "options": {"path": f"{dashboards}/{language.value}/{kind}"},
            }
            for (language, kind), (title, uid) in FOLDERS.items()
        ],
    }


def _rules() -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "groups": [
            {"orgId": 1, "name": name, "folder": folder, "interval": interval, "rules": rules()}
            for folder, (name, interval, rules, _) in GROUPS.items()
        ],
    }


def _contact_points() -> dict[str, Any]:
    """A template, which Grafana does not read: copied without `.example` it needs DRAAGVLAK_ALERT_EMAIL."""
    return {
        "apiVersion": 1,
        "contactPoints": [
            {
                "orgId": 1,
                "name": "draagvlak",
                "receivers": [
                    {
                        "uid": "draagvlak-email",
                        "type": "email",
                        "settings": {"addresses": "$DRAAGVLAK_ALERT_EMAIL", "singleEmail": True},
                        "disableResolveMessage": False,
                    }
                ],
            }
        ],
    }


def _doubled(value: Any) -> Any:
    """With every $ written twice: Grafana would fill it in while it reads the file, before any query runs."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {key: _doubled(inner) for key, inner in value.items()}
    return [_doubled(inner) for inner in value] if isinstance(value, list) else value


def _yaml(content: dict[str, Any]) -> str:
    return _HEAD + yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


class _Plain(yaml.SafeDumper):
    """Writes equal lists out instead of pointing from one to the other."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Always."""
        return True
