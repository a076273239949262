"""`draagvlak grafana verify`: a live Grafana from end to end, as a viewer would use it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from grafana.building import GENERATED
from grafana.infinity import Column, query, text, time
from grafana.live.connecting import GrafanaFault, Live
from grafana.names import INFINITY, METRICS_UID, PROMETHEUS_UID
from grafana.plugin.filling import Choice, fill_variables
from grafana.plugin.running import targets
from grafana.rules import GROUPS
from services.contracts.base import TextLanguage

OLDEST: Final = (11, 6)
"""The oldest Grafana that this was made for."""
_HIDDEN: Final = "too few answers"
_NUMBERS: Final = ("score", "low", "high", "change")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and what came of it."""

    what: str
    good: bool
    detail: str


def verify(api: Live, language: TextLanguage, days: int) -> Iterator[Finding]:
    """Every check in turn; a fault of Grafana is a finding too. Raises GrafanaFault where it does not answer at all."""
    yield _version(api.health())
    yield from _closed(api)
    for uid in (METRICS_UID, PROMETHEUS_UID):
        yield _guarded(f"data source {uid}", partial(_source, api, uid))
    for path in sorted((GENERATED / language.value).rglob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        yield _guarded(f"dashboard {content['uid']}", partial(_dashboard, api, content))
        for panel, target in targets(content):
            yield _guarded(f"query of “{panel['title']}”", partial(_query, api, target, content, days))
    yield _guarded("alert rules", lambda: _rules(api))
    for endpoint in ("/trends", "/teams", "/drivers"):
        yield _guarded(f"hidden cells of {endpoint}", partial(_hidden, api, endpoint, days))


def _guarded(what: str, check: Callable[[], tuple[bool, str]]) -> Finding:
    try:
        good, detail = check()
    except GrafanaFault as fault:
        return Finding(what, False, str(fault))
    return Finding(what, good, detail)


def _version(health: Mapping[str, Any]) -> Finding:
    version = str(health.get("version", "unknown"))
    found = re.match(r"(\d+)\.(\d+)", version)
    recent = found is not None and (int(found[1]), int(found[2])) >= OLDEST
    good = recent and health.get("database") == "ok"
    return Finding("Grafana", good, f"version {version}, database {health.get('database')}")


def _closed(api: Live) -> Iterator[Finding]:
    settings = api.settings()
    for name, what in (("anonymousEnabled", "anonymous access"), ("publicDashboardsEnabled", "public dashboards")):
        on = bool(settings.get(name, False))
        yield Finding(what, not on, "is on: switch it off" if on else "is off")


def _source(api: Live, uid: str) -> tuple[bool, str]:
    source = api.source(uid)
    if source is None:
        return False, "does not exist"
    if uid == METRICS_UID:
        settings, url = source.get("jsonData", {}), str(source.get("url", ""))
        if settings.get("unsecuredQueryHandling") != "deny" or settings.get("allowedHosts") != [f"{url}/"]:
            return False, "is open: only its own URL may be asked, and unsecured queries are to be denied"
        if not url.endswith("/v1"):
            return False, f"its URL {url} has no path of its own"
        if not source.get("secureJsonFields", {}).get("bearerToken"):
            return False, "has no token"
    health = api.source_health(uid)
    return health.get("status") == "OK", str(health.get("message", ""))


def _dashboard(api: Live, content: Mapping[str, Any]) -> tuple[bool, str]:
    found = api.dashboard(str(content["uid"]))
    if found is None:
        return False, "does not exist"
    theirs = found["dashboard"]
    if theirs.get("editable"):
        return False, "can be edited"
    ours = [panel.get("targets") for panel in content["panels"]]
    if [panel.get("targets") for panel in theirs.get("panels", ())] != ours:
        return False, "asks other things than this version: provision or publish it again"
    return True, "as built"


def _query(api: Live, target: Mapping[str, Any], content: Mapping[str, Any], days: int) -> tuple[bool, str]:
    chosen = {
        variable["name"]: Choice(variable["current"]["text"], variable["current"]["value"])
        for variable in content["templating"]["list"]
    }
    filled = json.loads(json.dumps(target))
    for one in filled["url_options"]["params"]:
        one["value"] = fill_variables(one["value"], chosen)
    rows, names = _frame(api, filled, days)
    if not rows:
        return True, "no rows in this period"
    # Of a series the columns of text have become labels.
    fields = [one for one in target["columns"] if target["format"] != "timeseries" or one["type"] != "string"]
    lost = {one["text"] for one in fields} - names
    return not lost, f"lacks {', '.join(sorted(lost))}" if lost else f"{len(rows)} rows"


def _rules(api: Live) -> tuple[bool, str]:
    there = {rule["uid"]: rule for rule in api.rules()}
    wanted = [rule["uid"] for _, _, rules, _ in GROUPS.values() for rule in rules()]
    missing = [uid for uid in wanted if uid not in there]
    paused = [uid for uid in wanted if uid in there and there[uid].get("isPaused")]
    if missing or paused:
        return False, f"missing: {', '.join(missing) or 'none'}; paused: {', '.join(paused) or 'none'}"
    return True, f"{len(wanted)} rules"


def _hidden(api: Live, path: str, days: int) -> tuple[bool, str]:
    """Whether any row that says "too few answers" shows a number all the same."""
    numbers = [Column(name, name) for name in _NUMBERS]
    params = {"measure": "resistance"} if path == "/teams" else {}
    asked = query(path, time(), text("status", "status"), *numbers, **params).model("A")
    rows, _ = _frame(api, asked, days)
    hidden = [row for row in rows if row.get("status") == _HIDDEN]
    shown = [row for row in hidden if any(row.get(name) is not None for name in _NUMBERS)]
    if shown:
        return False, f"{len(shown)} rows with too few answers show a number: stop publishing and tell the operators"
    return True, f"{len(hidden)} hidden rows, none shows a number"


def _frame(api: Live, target: Mapping[str, Any], days: int) -> tuple[Sequence[Mapping[str, Any]], set[str]]:
    """Rows and names of the only frame of a query. Raises GrafanaFault for an error in its place."""
    if target["datasource"]["type"] != INFINITY:
        return [], set()
    result = api.query([target], f"now-{days}d", "now")[target["refId"]]
    if result.get("error"):
        raise GrafanaFault(str(result["error"]))
    frames = result.get("frames") or []
    if not frames:
        return [], set()
    names = [field["name"] for field in frames[0]["schema"]["fields"]]
    columns = frames[0]["data"]["values"]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    return rows, set(names)
