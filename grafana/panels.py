"""Panels that keep the ten rules: title, description, unit and range, uncertainty; never a 0 for what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import common as make
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import stat as stat_panel
from grafana_foundation_sdk.builders import table as table_panel
from grafana_foundation_sdk.builders import text as text_panel
from grafana_foundation_sdk.builders import timeseries as timeseries_panel
from grafana_foundation_sdk.cog import builder as cog
from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue as Property
from grafana_foundation_sdk.models.text import TextMode

from grafana.infinity import Query
from grafana.names import INFINITY, METRICS_UID, OTHER, PROMETHEUS, PROMETHEUS_UID
from grafana.values import verdicts
from grafana.words import Words

Panel = cog.Builder[dashboard.Panel]

_DAY: Final = 86_400_000
NOTHING: Final = "–"
"""A cell without a value, in a row that has others."""
LONGEST_STEP: Final = 35 * _DAY
"""Milliseconds between two rounds beyond which no line joins them: a round was missed."""
LONGEST_WINDOW_STEP: Final = 70 * _DAY
"""The same where rounds are shown three by three."""


@dataclass(frozen=True)
class Target(variants.Dataquery, cog.Builder[variants.Dataquery]):
    """A query in the place that the kit has for one."""

    model: Mapping[str, Any]

    def build(self) -> variants.Dataquery:
        """Itself: it has nothing to build."""
        return self

    def to_json(self) -> Mapping[str, Any]:
        """What stands in the dashboard."""
        return self.model


@dataclass(frozen=True, slots=True)
class Size:
    """Of 24 columns, and in rows of 30 pixels."""

    width: int
    height: int


ACROSS: Final = Size(24, 3)
"""A few lines over the whole width."""


@dataclass(frozen=True)
class Frame:
    """What every panel has."""

    title: str
    description: str
    size: Size


def question(words: Words, title: str, markdown: str, size: Size = ACROSS) -> Panel:
    """The one question of a dashboard, and how its numbers are to be read."""
    _ = words
    return (
        text_panel.Panel()
        .title(title)
        .description(_("What this dashboard answers, and how its numbers are to be read."))
        .mode(TextMode.MARKDOWN)
        .content(markdown)
        .span(size.width)
        .height(size.height)
    )


def headline(words: Words, frame: Frame, query: Query, *, shown: Sequence[str], unit: str, colour: str) -> Panel:
    """The newest row in large: fields ``shown``. A hidden row says so; an older one never stands in for it."""
    _ = words
    return (
        stat_panel.Panel()
        .title(frame.title)
        .description(frame.description)
        .span(frame.size.width)
        .height(frame.size.height)
        .datasource(_metrics())
        .with_target(Target(query.model("A")))
        .unit(unit)
        .decimals(0)
        .min(0)
        .max(100)
        .no_value(_("Too few answers to show"))
        .mappings(verdicts(words))
        .color_scheme(_fixed(colour))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        .orientation(common.VizOrientation.HORIZONTAL)
        .reduce_options(make.ReduceDataOptions().calcs(["last"]).fields(f"/^({'|'.join(shown)})$/").values(False))
        .override_by_regexp(f"/^({'|'.join(shown[1:])})$/", [Property("noValue", NOTHING)])
        .with_transformation(_ordered(query))
    )


def trend(words: Words, frame: Frame, query: Query, *, line: str, colour: str, longest_step: int) -> Panel:
    """A score over time inside its 95 % interval; ``line`` names the score, "low" and "high" the ends."""
    low, high = interval_names(words)
    quiet = [
        Property("custom.lineWidth", 0),
        Property("custom.showPoints", "never"),
        Property("custom.hideFrom", {"legend": True, "tooltip": False, "viz": False}),
        Property("color", {"mode": "fixed", "fixedColor": colour}),
    ]
    return (
        _lines(words, frame, query, points(words), longest_step)
        .color_scheme(_fixed(colour))
        .override_by_name(line, [Property("color", {"mode": "fixed", "fixedColor": colour})])
        .override_by_name(high, [*quiet, Property("custom.fillBelowTo", low), Property("custom.fillOpacity", 18)])
        .override_by_name(low, quiet)
    )


def share_trend(words: Words, frame: Frame, query: Query, *, line: str, colour: str, longest_step: int) -> Panel:
    """A share over time, in steps; it has no interval but its step."""
    return _lines(words, frame, query, "percent", longest_step).override_by_name(
        line, [Property("color", {"mode": "fixed", "fixedColor": colour})]
    )


def phases(words: Words, frame: Frame, query: Query, *, colour: str) -> Panel:
    """A line a phase, all in the colour of the measure, told apart by their dashes; the query names them ``phase``."""
    _ = words
    panel = _lines(words, frame, query, points(words), LONGEST_WINDOW_STEP).color_scheme(_fixed(colour))
    drawn: dict[str, tuple[str, dict[str, Any]]] = {
        "not_started": (_("Not started"), {"fill": "dot", "dash": [2, 8]}),
        "announced": (_("Announced"), {"fill": "dash", "dash": [10, 8]}),
        "pilot": (_("Pilot"), {"fill": "solid"}),
        "live": (_("In use"), {"fill": "dash", "dash": [24, 6]}),
    }
    for phase, (shown, style) in drawn.items():
        panel = panel.override_by_regexp(
            f"/(^| ){phase}$/", [Property("displayName", shown), Property("custom.lineStyle", style)]
        )
    return panel


def _lines(words: Words, frame: Frame, query: Query, unit: str, longest_step: int) -> timeseries_panel.Panel:
    _ = words
    return (
        timeseries_panel.Panel()
        .title(frame.title)
        .description(frame.description)
        .span(frame.size.width)
        .height(frame.size.height)
        .datasource(_metrics())
        .with_target(Target(query.model("A")))
        .unit(unit)
        .min(0)
        .max(100)
        .decimals(0)
        .no_value(_("Too few answers to show"))
        .span_nulls(False)
        .insert_nulls(longest_step)
        .line_width(2)
        .fill_opacity(0)
        .show_points(common.VisibilityMode.ALWAYS)
        .point_size(7)
        .legend(
            make.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(make.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    )


def rows(
    words: Words,
    frame: Frame,
    query: Query,
    *,
    heat: Mapping[str, str] | None = None,
    widths: Mapping[str, int] | None = None,
    mappings: Sequence[dashboard.ValueMapping] = (),
    mapped: Mapping[str, Sequence[dashboard.ValueMapping]] | None = None,
    days: Sequence[str] = (),
    free: Sequence[str] = (),
    wrapped: Sequence[str] = (),
    tenths: Sequence[str] = (),
    first: str | None = None,
    empty: str | None = None,
) -> Panel:
    """A table, in which a cell without a value is a dash.

    ``heat``: column -> colours of its cells; ``mappings``: what is shown for values of any column, ``mapped``: of one;
    ``days``: columns shown as a date; ``free``: columns of numbers that lie outside 0 to 100; ``tenths``: columns with
    one decimal; ``wrapped``: columns of long text; ``first``: the column to sort by, highest first; ``empty``: what an
    empty table says.
    """
    _ = words
    table = (
        table_panel.Panel()
        .title(frame.title)
        .description(frame.description)
        .span(frame.size.width)
        .height(frame.size.height)
        .datasource(_metrics())
        .with_target(Target(query.model("A")))
        .unit("none")
        .decimals(0)
        .min(0)
        .max(100)
        .no_value(empty or _("Too few answers to show"))
        .mappings([*verdicts(words), *mappings])
        .show_header(True)
        .override_by_regexp("/.*/", [Property("noValue", NOTHING)])
        .with_transformation(_ordered(query))
    )
    if first is not None:
        table = table.sort_by([make.TableSortByFieldState().display_name(first).desc(True)])
    for name, scheme in (heat or {}).items():
        table = table.override_by_name(
            name,
            [
                Property("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
                Property("color", {"mode": scheme}),
            ],
        )
    for name, shown in (mapped or {}).items():
        table = table.override_by_name(name, [Property("mappings", list(shown))])
    for name in days:
        table = table.override_by_name(name, [Property("unit", "time:YYYY-MM-DD"), Property("custom.width", 105)])
    for name in free:
        table = table.override_by_name(name, [Property("min", None), Property("max", None)])
    for name in tenths:
        table = table.override_by_name(name, [Property("decimals", 1)])
    for name in wrapped:
        table = table.override_by_name(name, [Property("custom.cellOptions", {"type": "auto", "wrapText": True})])
    for name, width in (widths or {}).items():
        table = table.override_by_name(name, [Property("custom.width", width)])
    return table


def operations(frame: Frame, queries: Mapping[str, str], *, unit: str, no_value: str, decimals: int = 0) -> Panel:
    """Lines of Prometheus: legend -> expression."""
    panel = (
        timeseries_panel.Panel()
        .title(frame.title)
        .description(frame.description)
        .span(frame.size.width)
        .height(frame.size.height)
        .datasource(common.DataSourceRef(type_val=PROMETHEUS, uid=PROMETHEUS_UID))
        .unit(unit)
        .decimals(decimals)
        .min(0)
        .no_value(no_value)
        .color_scheme(build.FieldColor().mode(dashboard.FieldColorModeId.SHADES).fixed_color(OTHER))
        .line_width(1)
        .span_nulls(False)
        .legend(
            make.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(make.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    )
    for ref_id, (legend, expression) in zip("ABCDEF", queries.items(), strict=False):
        panel = panel.with_target(
            Target(
                {
                    "refId": ref_id,
                    "datasource": {"type": PROMETHEUS, "uid": PROMETHEUS_UID},
                    "expr": expression,
                    "legendFormat": legend,
                    "range": True,
                    "instant": False,
                    "editorMode": "code",
                }
            )
        )
    return panel


def points(words: Words) -> str:
    """The unit of scores."""
    _ = words
    return "suffix: " + _("points")


def interval_names(words: Words) -> tuple[str, str]:
    """How the ends of an interval are called."""
    _ = words
    return _("low"), _("high")


def _ordered(query: Query) -> dashboard.DataTransformerConfig:
    """Fields as the query names them: the plugin puts them in the order of the alphabet."""
    places = {column.name: at for at, column in enumerate(query.columns)}
    return dashboard.DataTransformerConfig(
        id_val="organize", options={"indexByName": places, "excludeByName": {}, "renameByName": {}}
    )


def _metrics() -> common.DataSourceRef:
    return common.DataSourceRef(type_val=INFINITY, uid=METRICS_UID)


def _fixed(colour: str) -> build.FieldColor:
    return build.FieldColor().mode(dashboard.FieldColorModeId.FIXED).fixed_color(colour)
