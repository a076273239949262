"""The contract: every query answers, its columns exist, overrides find their field, nothing hidden shows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from grafana.plugin.filling import Choice
from grafana.plugin.frames import Frame
from grafana.plugin.framing import Unlike
from grafana.plugin.running import Result, choices, missing, targets
from tests.contract.grafana.organisations import Organisation

HIDDEN = "too few answers"
KEY = {"time", "wave", "team", "measure", "status"}
"""What a hidden row may tell."""


def faults(content: Mapping[str, Any], organisation: Organisation) -> list[str]:
    """What is wrong between a dashboard and the API; empty where they fit together."""
    try:
        chosen = choices(content, organisation.source, organisation.period)
    except Unlike as unlike:
        return [f"variables: {unlike}"]
    found = [*_of_variables(content, organisation), *_of_annotations(content, organisation)]
    for panel, target in targets(content):
        found += [f"{panel['title']}: {fault}" for fault in _of_target(panel, target, chosen, organisation)]
    return found


def _of_variables(content: Mapping[str, Any], organisation: Organisation) -> Iterator[str]:
    for variable in content["templating"]["list"]:
        query = variable["query"]["infinityQuery"]
        for fault in query_faults(query, {}, organisation):
            yield f"variable {variable['name']}: {fault}"
        if {column["text"] for column in query["columns"]} != {"__text", "__value"}:
            yield f"variable {variable['name']} has no __text and __value"


def _of_annotations(content: Mapping[str, Any], organisation: Organisation) -> Iterator[str]:
    for annotation in content["annotations"]["list"]:
        for fault in query_faults(annotation["target"], {}, organisation):
            yield f"annotation {annotation['name']}: {fault}"
        known = {column["text"] for column in annotation["target"]["columns"]}
        for name, mapping in annotation["mappings"].items():
            if mapping["value"] not in known:
                yield f"annotation {annotation['name']}: {name} is mapped to {mapping['value']}, which is no column"


def _of_target(
    panel: Mapping[str, Any], target: Mapping[str, Any], chosen: Mapping[str, Choice], organisation: Organisation
) -> Iterator[str]:
    yield from query_faults(target, chosen, organisation)
    try:
        result = organisation.source.run(target, chosen, organisation.period)
    except Unlike:
        return
    if not result.rows:
        return
    names = {field.name for field in result.frame.fields}
    yield from _of_overrides(panel, names)
    for transformation in panel.get("transformations", ()):
        for name in transformation["options"]["indexByName"]:
            if name not in names:
                yield f"the order of fields names {name}, which is no field"
    if target["format"] == "timeseries":
        yield from _of_series(result.frame)
    yield from hidden_faults(target, result)


def query_faults(query: Mapping[str, Any], chosen: Mapping[str, Choice], organisation: Organisation) -> Iterator[str]:
    """Whether the API answers, with every field that the query picks."""
    known = organisation.fields.get(query["url"])
    if known is None:
        yield f"the API has no rows at {query['url']}"
        return
    for column in query["columns"]:
        if column["selector"] not in known:
            yield f"rows of {query['url']} have no field {column['selector']}"
    try:
        result = organisation.source.run(query, chosen, organisation.period)
    except Unlike as unlike:
        yield str(unlike)
        return
    for selector in missing(query, result.rows):
        yield f"an answer of {query['url']} lacks {selector}"


def hidden_faults(query: Mapping[str, Any], result: Result) -> Iterator[str]:
    """A hidden row gives null in every column of a number, and in every other but its key."""
    for place, row in enumerate(result.rows):
        if row.get("status") != HIDDEN or "text" in row:
            continue
        told = {name for name, value in row.items() if value is not None} - KEY
        if told:
            yield f"a hidden row of {query['url']} tells {', '.join(sorted(told))}"
        for column in query["columns"]:
            field = result.frame.named(column["text"])
            same_rows = field is not None and len(field.values) == len(result.rows)
            if column["type"] == "number" and field is not None and same_rows and field.values[place] is not None:
                yield f"a hidden cell shows in {column['text']}"


def _of_overrides(panel: Mapping[str, Any], names: set[str]) -> Iterator[str]:
    for override in panel["fieldConfig"]["overrides"]:
        wanted = override["matcher"]["options"]
        if override["matcher"]["id"] == "byName" and wanted not in names:
            yield f"an override is for {wanted}, which is no field"
        for one in override["properties"]:
            if one["id"] == "custom.fillBelowTo" and one["value"] not in names:
                yield f"the band reaches down to {one['value']}, which is no field"
    fields = panel["options"].get("reduceOptions", {}).get("fields")
    if fields and not any(re.search(fields.strip("/"), name) for name in names):
        yield f"the panel shows {fields}, which is no field"
    for sort in panel["options"].get("sortBy", ()):
        if sort["displayName"] not in names:
            yield f"the table sorts by {sort['displayName']}, which is no field"


def _of_series(frame: Frame) -> Iterator[str]:
    if frame.shape != "wide":
        yield "the plugin leaves the series long, so the panel would be empty"
    (times,) = (field.values for field in frame.fields if field.kind == "time")
    if any(moment is None for moment in times) or list(times) != sorted(times):  # type: ignore[type-var]
        yield "times do not ascend"
