"""Filling in a query: Grafana's variables in the browser, the plugin's macros of time on the server."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

_MACRO: Final = re.compile(r"\$\{__(timeFrom|timeTo):date:iso\}")
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_LEFT: Final = re.compile(r"\$\{?\w")


class NotFilled(ValueError):
    """Something in a query was left as it stands: a variable that no dashboard has, or a macro that works nowhere."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time range, both ends aware."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen of a variable."""

    text: str
    value: str


def fill_variables(text: str, chosen: Mapping[str, Choice]) -> str:
    """``${name}`` becomes the value and ``${name:text}`` what is shown of it; what is unknown stays."""

    def filled(match: re.Match[str]) -> str:
        choice = chosen.get(match[1])
        if choice is None:
            return match[0]
        return choice.text if match[2] == "text" else choice.value

    return _VARIABLE.sub(filled, text)


def fill_macros(text: str, period: Period) -> str:
    """``${__timeFrom:date:iso}`` and ``${__timeTo:date:iso}``. Raises NotFilled for anything else that is left."""
    moments = {"timeFrom": period.begin, "timeTo": period.end}
    filled = _MACRO.sub(lambda match: _iso(moments[match[1]]), text).strip()
    if _LEFT.search(filled):
        raise NotFilled(f"{text!r} has a variable or a macro that nothing fills in")
    return filled


def filled(query: Mapping[str, Any], chosen: Mapping[str, Choice], period: Period) -> list[tuple[str, str]]:
    """The parameters of a query as they are sent."""
    return [
        (one["key"], fill_macros(fill_variables(one["value"], chosen), period))
        for one in query["url_options"]["params"]
    ]


def _iso(moment: datetime) -> str:
    """As the plugin writes a time: UTC, milliseconds without zeros at the end."""
    moment = moment.astimezone(UTC)
    fraction = f".{moment.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"
