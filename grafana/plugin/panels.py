"""What a panel makes of its frame before it draws: the order of fields, and how values read."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from grafana.plugin.frames import Field, Frame, Value


def arranged(panel: Mapping[str, Any], frame: Frame) -> Frame:
    """The frame after the panel's transformations, of which `organize` is the only one that we use."""
    for transformation in panel.get("transformations", ()):
        if transformation["id"] != "organize":
            raise ValueError(f"the transformation {transformation['id']} is not known here")
        places = transformation["options"]["indexByName"]
        frame = Frame(tuple(sorted(frame.fields, key=lambda one: places.get(one.name, len(places)))))
    return frame


def config(panel: Mapping[str, Any], field: Field) -> dict[str, Any]:
    """The settings of a field: the panel's, and over them those of every override that matches, in their order."""
    settings: dict[str, Any] = dict(panel["fieldConfig"]["defaults"])
    for override in panel["fieldConfig"].get("overrides", ()):
        if _matches(override["matcher"], field):
            settings |= {one["id"]: one.get("value") for one in override["properties"]}
    return settings


def name(panel: Mapping[str, Any], field: Field) -> str:
    """What a legend or a header calls a field."""
    return str(config(panel, field).get("displayName") or " ".join((field.name, *field.labels.values())))


def reads(settings: Mapping[str, Any], value: Value) -> str:
    """A value as it is shown: mapped, with its decimals and unit; or what stands for nothing."""
    if value is None or value == "":
        return str(settings.get("noValue", ""))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d")
    key = value if isinstance(value, str) else f"{value:g}"
    for mapping in settings.get("mappings", ()):
        if mapping["type"] == "value" and key in mapping["options"]:
            return str(mapping["options"][key]["text"])
        if mapping["type"] == "regex":
            pattern, flags = _expression(mapping["options"]["pattern"])
            if pattern.search(key):
                return pattern.sub(mapping["options"]["result"]["text"], key, count=0 if "g" in flags else 1)
    if isinstance(value, str):
        return value
    unit = str(settings.get("unit", ""))
    suffix = unit.partition(":")[2] if unit.startswith("suffix:") else " %" if unit == "percent" else ""
    return f"{value:.{int(settings.get('decimals', 0))}f}{suffix}"


def _expression(written: str) -> tuple[re.Pattern[str], str]:
    """An expression as Grafana writes it, between slashes, and its flags."""
    pattern, _, flags = written.removeprefix("/").rpartition("/")
    return re.compile(pattern), flags


def _matches(matcher: Mapping[str, Any], field: Field) -> bool:
    """By what Grafana calls a field before it has another name: its own, and behind it the labels of its series."""
    called = " ".join((field.name, *field.labels.values()))
    if matcher["id"] == "byName":
        return bool(called == matcher["options"])
    if matcher["id"] == "byRegexp":
        return re.search(str(matcher["options"]).strip("/"), called) is not None
    raise ValueError(f"the matcher {matcher['id']} is not known here")
