"""Queries of the Infinity plugin against the metrics API, as its backend understands them.

The kit of Grafana Labs that builds the dashboards has no builder for this plugin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from grafana.names import INFINITY, METRICS_UID

Kind = Literal["timestamp", "number", "string"]
Form = Literal["timeseries", "table", "dataframe"]

PERIOD: Mapping[str, str] = {"from": "${__timeFrom:date:iso}", "to": "${__timeTo:date:iso}"}
"""The time range of the dashboard, or of an alert rule; the plugin fills it in on the server."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the API's rows, the name under which panels know it, and its type."""

    selector: str
    name: str
    kind: Kind = "number"


def time(name: str = "time") -> Column:
    """The close of a wave, or whatever moment a row is of."""
    return Column("time", name, "timestamp")


def text(selector: str, name: str) -> Column:
    """A column of text."""
    return Column(selector, name, "string")


@dataclass(frozen=True)
class Query:
    """What is asked of one endpoint. A `timeseries` becomes a field a series, if its rows ascend in time."""

    path: str
    columns: tuple[Column, ...]
    params: tuple[tuple[str, str], ...] = ()
    form: Form = "table"

    def model(self, ref_id: str) -> dict[str, Any]:
        """The query as the plugin takes it."""
        return {
            "refId": ref_id,
            "datasource": {"type": INFINITY, "uid": METRICS_UID},
            "type": "json",
            "source": "url",
            "parser": "backend",
            "format": self.form,
            "url": self.path,
            "url_options": {
                "method": "GET",
                "data": "",
                "headers": [],
                "params": [{"key": key, "value": value} for key, value in self.params],
            },
            "root_selector": "",
            "columns": [
                {"selector": column.selector, "text": column.name, "type": column.kind} for column in self.columns
            ],
            "filters": [],
            "computed_columns": [],
        }


def query(path: str, *columns: Column, **params: str) -> Query:
    """A query for a table, with its parameters."""
    return Query(path, columns, tuple(params.items()))


def series(path: str, *columns: Column, **params: str) -> Query:
    """A query for a panel of time, with its parameters."""
    return Query(path, columns, tuple(params.items()), "timeseries")
