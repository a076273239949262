"""Evaluating an alert rule as Grafana does: the query, the last value of each series, and the threshold."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from grafana.plugin.filling import Period
from grafana.plugin.frames import Value
from grafana.plugin.framing import Unlike
from grafana.plugin.running import Source

_PAST: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "gt": lambda value, line: value > line,
    "lt": lambda value, line: value < line,
}


class State(StrEnum):
    """What a rule comes to."""

    FIRING = "firing"
    NORMAL = "normal"
    NO_DATA = "no data"


def evaluate(rule: Mapping[str, Any], source: Source, period: Period) -> State:
    """The state of a rule whose parts are a query, a reduction to the last value, and a threshold. Raises Unlike."""
    query, reduce, threshold = (part["model"] for part in rule["data"])
    if (reduce["type"], reduce["reducer"], threshold["type"]) != ("reduce", "last", "threshold"):
        raise Unlike("the rule is not a query, its last value and a threshold")
    if (reduce["expression"], threshold["expression"], rule["condition"]) != ("A", "B", "C"):
        raise Unlike("the parts of the rule do not follow from each other")
    frame = source.run(query, {}, period).frame
    if frame.shape != "wide" or not frame.rows:
        return State.NO_DATA
    lasts = [one.values[-1] for one in frame.fields if one.kind == "number"]
    if all(last is None for last in lasts):
        return State.NO_DATA
    (condition,) = threshold["conditions"]
    past, (line,) = _PAST[condition["evaluator"]["type"]], condition["evaluator"]["params"]
    return State.FIRING if any(_is_past(last, line, past) for last in lasts) else State.NORMAL


def _is_past(value: Value, line: float, past: Callable[[float, float], bool]) -> bool:
    return isinstance(value, float) and past(value, line)
