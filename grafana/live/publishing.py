"""`draagvlak grafana publish`: everything by API, for those who do not provision by file. Repeating changes nothing."""

import json
from collections.abc import Iterator
from typing import Any, Final

from grafana.building import GENERATED
from grafana.live.connecting import Live
from grafana.names import METRICS_UID
from grafana.provisioning_files import FOLDERS, TOKEN_FILE, datasources
from grafana.rules import GROUPS
from grafana.settings import PublishSettings
from services.runtime.settings import read_secret

_VIEW: Final = 1
_ROLES: Final = {"leadership": ("Viewer", "Editor"), "operations": ("Editor",)}
"""Set of dashboards -> roles that may look. Nobody but administrators may change anything."""
_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


def publish(api: Live, settings: PublishSettings) -> Iterator[str]:
    """Create or change everything; a line for each. Raises GrafanaFault, SettingsFault."""
    token = read_secret(settings.metrics_token_file, "metrics_token_file").get_secret_value()
    for source in datasources(settings.grafana_metrics_url, TOKEN_FILE, settings.grafana_prometheus_url)["datasources"]:
        sent = {**source, "readOnly": False}
        if source["uid"] == METRICS_UID:
            sent["secureJsonData"] = {"bearerToken": token}
        api.put_source(sent)
        yield f"data source {source['uid']}"
    yield from permissions(api)
    for (language, kind), (_, folder) in FOLDERS.items():
        for path in sorted((GENERATED / language.value / kind).glob("*.json")):
            content = json.loads(path.read_text(encoding="utf-8"))
            api.put_dashboard(content, folder)
            yield f"dashboard {content['uid']}"
    for name, interval, rules, folder in GROUPS.values():
        api.put_rules(folder, name, _group(name, interval, rules(), folder))
        yield f"alert rules {name}"


def permissions(api: Live) -> Iterator[str]:
    """The folders, and who may look into them: leadership's every viewer, operations' only editors."""
    for (_, kind), (title, uid) in FOLDERS.items():
        api.put_folder(uid, title)
        api.allow(uid, [{"role": role, "permission": _VIEW} for role in _ROLES[kind]])
        yield f"folder {uid}: {' and '.join(_ROLES[kind])} may look"


def _group(name: str, interval: str, rules: list[dict[str, Any]], folder: str) -> dict[str, Any]:
    return {
        "title": name,
        "folderUid": folder,
        "interval": int(interval[:-1]) * _UNITS[interval[-1]],
        "rules": [{**rule, "orgID": 1, "folderUID": folder, "ruleGroup": name} for rule in rules],
    }
