"""Frames as Grafana knows them: fields of equal length with a name, a type, and labels where they are one of many."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

Kind = Literal["time", "number", "string"]
Value = datetime | float | str | None

NUMERIC: Final = "number"


@dataclass(frozen=True)
class Field:
    """A column; `labels` tell which series it is of."""

    name: str
    kind: Kind
    values: tuple[Value, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """A table. `rows` is the number of them."""

    fields: tuple[Field, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.fields[0].values) if self.fields else 0

    def named(self, name: str) -> Field | None:
        """The first field of that name."""
        return next((one for one in self.fields if one.name == name), None)

    @property
    def shape(self) -> Literal["none", "wide", "long"]:
        """Whether it is a time series, with a field a series (wide) or with the series named in a column (long)."""
        kinds = [one.kind for one in self.fields]
        if "time" not in kinds or "number" not in kinds:
            return "none"
        return "long" if "string" in kinds else "wide"
