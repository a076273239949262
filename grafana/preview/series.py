"""Panels of time: lines, their bands, and marks where something was announced."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from grafana.plugin.frames import Field, Frame
from grafana.plugin.panels import config, name
from grafana.preview.canvas import TITLE, Area, clipped

_MARK: Final = "#56508C"


def draw(
    area: Area,
    panel: Mapping[str, Any],
    frame: Frame,
    marks: Sequence[tuple[datetime, str]],
    period: tuple[datetime, datetime],
) -> None:
    """Every field over the time of the frame; a gap where a value is null or a round is missing."""
    times = next((field.values for field in frame.fields if field.kind == "time"), ())
    moments = [value for value in times if isinstance(value, datetime)]
    lines = [field for field in frame.fields if field.kind == "number" and any(v is not None for v in field.values)]
    if not moments or not lines:
        area.text(14, TITLE + 40, panel["fieldConfig"]["defaults"]["noValue"], size=11, colour="#666666")
        return
    axes = area.axes(46, TITLE + 10, 14, 44)
    settings = panel["fieldConfig"]["defaults"]
    axes.set_xlim(date2num(period[0]), date2num(period[1]))  # type: ignore[no-untyped-call]
    axes.set_ylim(settings["min"], settings["max"])
    for field in lines:
        _line(axes, panel, frame, field, moments)
    _marks(axes, marks, lines, (area.height - TITLE) / 2)
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_fontsize(7)
    axes.tick_params(labelsize=8)
    axes.grid(color="#E5E5E5", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.1), ncols=5, fontsize=8, frameon=False, handlelength=3.2)


def _marks(axes: Axes, marks: Sequence[tuple[datetime, str]], lines: Sequence[Field], room: float) -> None:
    """Dashed lines with their titles, at that end of the panel where fewer lines run."""
    values = [value for field in lines for value in field.values if isinstance(value, float)]
    low, high = axes.get_ylim()
    below = sum(values) / len(values) > (low + high) / 2
    edge = low + 0.03 * (high - low) if below else high - 0.03 * (high - low)
    for at, title in marks:
        place: float = date2num(at)  # type: ignore[no-untyped-call]
        axes.axvline(place, color=_MARK, linestyle=(0, (3, 3)), linewidth=0.8)
        axes.text(
            place,
            edge,
            clipped(title, room, 7),
            rotation=90,
            fontsize=7,
            color=_MARK,
            ha="right",
            va="bottom" if below else "top",
        )


def _line(axes: Axes, panel: Mapping[str, Any], frame: Frame, field: Field, moments: Sequence[datetime]) -> None:
    settings = config(panel, field)
    below = settings.get("custom.fillBelowTo")
    custom = settings.get("custom", {})
    width = settings.get("custom.lineWidth", custom.get("lineWidth", 1))
    color = settings["color"]["fixedColor"]
    longest = timedelta(milliseconds=custom["insertNulls"])
    if below:
        low = frame.named(below)
        for part in _parts(moments, field.values, longest) if low else ():
            axes.fill_between(
                [moments[i] for i in part],  # type: ignore[arg-type]
                [float(low.values[i]) for i in part],  # type: ignore[union-attr, arg-type]
                [float(field.values[i]) for i in part],  # type: ignore[arg-type]
                color=color,
                alpha=settings["custom.fillOpacity"] / 100,
                linewidth=0 if len(part) > 1 else 3,
            )
    if not width:
        return
    style = settings.get("custom.lineStyle", {"fill": "solid"})
    dashes = (0, tuple(step / 2 for step in style["dash"])) if "dash" in style else "solid"
    for number, part in enumerate(_parts(moments, field.values, longest)):
        axes.plot(
            [moments[i] for i in part],  # type: ignore[arg-type]
            [float(field.values[i]) for i in part],  # type: ignore[arg-type]
            color=color,
            linewidth=width,
            linestyle=dashes,
            marker="o",
            markersize=4.5,
            label=name(panel, field) if number == 0 else None,
        )


def _parts(moments: Sequence[datetime], values: Sequence[object], longest: timedelta) -> list[list[int]]:
    """Runs of rows that one line joins."""
    there = [i for i, value in enumerate(values) if value is not None]
    parts = [there[:1]] if there else []
    for before, after in pairwise(there):
        joined = after == before + 1 and moments[after] - moments[before] <= longest
        if joined:
            parts[-1].append(after)
        else:
            parts.append([after])
    return parts
