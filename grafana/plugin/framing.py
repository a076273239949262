"""From the JSON of an answer to a frame: columns, types, and long series made wide."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from grafana.plugin.frames import Field, Frame, Kind, Value

_SIMPLE: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_KINDS: Final[Mapping[str, Kind]] = {"string": "string", "number": "number", "timestamp": "time"}


class Unlike(ValueError):
    """The answer or the query is not what the plugin can make a frame of; one sentence."""


def frame_of(rows: object, columns: Sequence[Mapping[str, str]], ref_id: str) -> Frame:
    """The frame of an answer; fields in the order of their names, as the plugin sorts them. Raises Unlike.

    A field that is not in the answer gives nulls, silently: see `grafana.plugin.running.missing`.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unlike("the answer is no list of rows")
    if not rows:
        return Frame((Field(ref_id, "string", ()),))
    return Frame(tuple(_field(rows, column) for column in sorted(columns, key=lambda one: one["text"])))


def wide(frame: Frame) -> Frame:
    """A long series with a field a series, nulls where a series has no row. Left as it is where times do not ascend.

    That is what the plugin does, and why a panel would then be empty.
    """
    if frame.shape != "long" or not frame.rows:
        return frame
    times = next(one for one in frame.fields if one.kind == "time")
    moments = [value for value in times.values if isinstance(value, datetime)]
    if len(moments) < len(times.values) or moments != sorted(moments):
        return frame
    ticks = list(dict.fromkeys(moments))
    place = {moment: at for at, moment in enumerate(ticks)}
    factors = [one for one in frame.fields if one.kind == "string"]
    series: dict[tuple[str, tuple[tuple[str, str], ...]], list[Value]] = {}
    for row, moment in enumerate(moments):
        labels = tuple((one.name, str(one.values[row] or "")) for one in factors)
        for number in (one for one in frame.fields if one.kind == "number"):
            line = series.setdefault((number.name, labels), [None] * len(ticks))
            line[place[moment]] = number.values[row]
    lines = (Field(name, "number", tuple(values), dict(labels)) for (name, labels), values in series.items())
    return Frame((Field(times.name, "time", tuple(ticks)), *lines))


def _field(rows: Sequence[Mapping[str, Any]], column: Mapping[str, str]) -> Field:
    if not _SIMPLE.match(column["selector"]):
        raise Unlike(f"the selector {column['selector']!r} is more than the name of a field")
    kind = _KINDS[column["type"]]
    convert = _CONVERT[kind]
    return Field(column["text"], kind, tuple(convert(row.get(column["selector"])) for row in rows))


def _text(value: object) -> Value:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int):
        return f"{value:g}"
    return value if isinstance(value, str) else None


def _number(value: object) -> Value:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) else None


def _moment(value: object) -> Value:
    """RFC 3339, which is what our API gives; other forms are read by the plugin too, and refused here."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise Unlike(f"{value!r} is no time") from None
    if moment.tzinfo is None:
        raise Unlike(f"the time {value!r} has no zone")
    return moment.astimezone(UTC)


_CONVERT: Final[Mapping[Kind, Callable[[object], Value]]] = {"string": _text, "number": _number, "time": _moment}
