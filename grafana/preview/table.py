"""Tables."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.colors import LinearSegmentedColormap, to_hex

from grafana.plugin.frames import Field, Frame
from grafana.plugin.panels import config, reads
from grafana.preview.canvas import TITLE, Area, clipped, wrapped

_SIZE: Final = 8.5
_LINE: Final = 14
_SCHEMES: Final = {
    "continuous-YlRd": LinearSegmentedColormap.from_list("YlRd", ["#FFF6C2", "#F2A24B", "#C4162A"]),
    "continuous-blues": LinearSegmentedColormap.from_list("blues", ["#FFFFFF", "#1F60C4"]),
}


def draw(area: Area, panel: Mapping[str, Any], frame: Frame) -> None:
    """Header and rows, as many as fit; then how many more there are."""
    if not frame.rows:
        area.text(14, TITLE + 40, panel["fieldConfig"]["defaults"]["noValue"], size=11, colour="#666666")
        return
    settings = [config(panel, field) for field in frame.fields]
    widths = _widths(area.width - 20, settings, frame.fields)
    lefts = [10 + sum(widths[:place]) for place in range(len(widths))]
    for field, left, width in zip(frame.fields, lefts, widths, strict=True):
        area.text(left + 3, TITLE + 16, clipped(field.name, width - 4, 8.5), size=8.5, colour="#1F60C4", weight="bold")
    y = TITLE + 24.0
    for number, row in enumerate(_order(panel, frame)):
        cells = [
            _lines(one, field.values[row], width - 8)
            for one, field, width in zip(settings, frame.fields, widths, strict=True)
        ]
        height = max(len(lines) for lines in cells) * _LINE + 8
        if y + height > area.height - 14 and number < frame.rows:
            area.text(14, area.height - 5, f"… {frame.rows - number} more, by scrolling", size=8, colour="#666666")
            return
        area.rectangle(8, y, area.width - 16, 0.7, "#E0E0E0")
        for one, field, lines, left, width in zip(settings, frame.fields, cells, lefts, widths, strict=True):
            ink = _cell(area, one, field.values[row], (left, y, width, height))
            for at, line in enumerate(lines):
                area.text(left + 3, y + 14 + at * _LINE, line, size=_SIZE, colour=ink)
        y += height


def _cell(area: Area, settings: Mapping[str, Any], value: object, box: tuple[float, float, float, float]) -> str:
    """Colour the ground of a cell where it is to be coloured; gives the colour to write in."""
    scheme = _SCHEMES.get(settings.get("color", {}).get("mode", ""))
    if scheme is None or not isinstance(value, float):
        return "#222222"
    left, y, width, height = box
    area.rectangle(left, y + 1, width - 4, height - 1, to_hex(scheme(value / 100)))
    return "#FFFFFF" if value > 70 else "#222222"


def _lines(settings: Mapping[str, Any], value: Any, width: float) -> list[str]:
    text = reads(settings, value)
    if settings.get("custom.cellOptions", {}).get("wrapText"):
        return wrapped(text, width, _SIZE)
    return [clipped(text, width, _SIZE)]


def _order(panel: Mapping[str, Any], frame: Frame) -> Sequence[int]:
    rows = list(range(frame.rows))
    for sort in reversed(panel["options"].get("sortBy", [])):
        field = frame.named(sort["displayName"])
        if field is not None:
            empty = [row for row in rows if field.values[row] is None]
            rows = [row for row in rows if field.values[row] is not None]
            rows.sort(key=field.values.__getitem__, reverse=sort["desc"])  # type: ignore[arg-type]
            rows += empty
    return rows


def _widths(total: float, settings: Sequence[Mapping[str, Any]], fields: Sequence[Field]) -> list[float]:
    """Given widths; what is left is shared by the others."""
    given = [one.get("custom.width") for one in settings]
    left = total - sum(width for width in given if width)
    free = sum(width is None for width in given)
    return [float(width) if width else max(40.0, left / max(1, free)) for width, _ in zip(given, fields, strict=True)]
