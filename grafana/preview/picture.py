"""One picture of one dashboard. It proves nothing about how Grafana draws; it says so itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from grafana.plugin.filling import Choice, Period, fill_variables
from grafana.plugin.frames import Frame
from grafana.plugin.framing import Unlike
from grafana.plugin.panels import arranged
from grafana.plugin.running import Source, choices, targets
from grafana.preview import series, stat, table, words
from grafana.preview.canvas import Area, Place
from grafana.words import words as words_in
from services.contracts.base import TextLanguage

_COLUMNS: Final = 24
_ROW: Final = 38
"""Pixels of a row of Grafana's grid: 30 and the gap."""
_WIDTH: Final = 1440
_HEAD: Final = 58
_FOOT: Final = 26
_DPI: Final = 100
_COLOURS: Final = 200


@dataclass(frozen=True)
class Mark:
    """An announcement on the axis of time."""

    time: Any
    title: str


def label(language: TextLanguage) -> str:
    """What every picture says of itself."""
    _ = words_in(language)
    return _(
        "preview, not Grafana: the layout is from the dashboard's JSON and the data came by the plugin's way of "
        "asking; how Grafana draws it is not shown here"
    )


def picture(
    content: Mapping[str, Any], language: TextLanguage, source: Source, period: Period, chosen: Mapping[str, Choice]
) -> bytes:
    """A PNG of a dashboard in ``language``. `chosen` comes before the dashboard's own defaults.

    Raises Unlike for a failing query.
    """
    chosen = choices(content, source, period) | dict(chosen)
    marks = _marks(content, source, period)
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in content["panels"])
    height = _HEAD + rows * _ROW + _FOOT
    figure = Figure(figsize=(_WIDTH / _DPI, height / _DPI), dpi=_DPI, facecolor="#F4F5F5")
    canvas = FigureCanvasAgg(figure)
    place = Place(figure, _WIDTH, height)
    _head(place, content, chosen)
    frames = {id(panel): source.run(target, chosen, period).frame for panel, target in targets(content)}
    for panel in content["panels"]:
        grid = panel["gridPos"]
        area = Area(
            place,
            grid["x"] * _WIDTH / _COLUMNS + 5,
            _HEAD + grid["y"] * _ROW,
            grid["w"] * _WIDTH / _COLUMNS - 10,
            grid["h"] * _ROW - 9,
        )
        area.box(fill_variables(panel["title"], chosen))
        _draw(area, panel, frames.get(id(panel)), marks, period)
    place.text(10, height - 9, label(language), size=8, colour="#8A3B00", style="italic")
    written = BytesIO()
    canvas.print_png(written)  # type: ignore[no-untyped-call]
    return _small(written)


def _draw(area: Area, panel: Mapping[str, Any], frame: Frame | None, marks: Sequence[Mark], period: Period) -> None:
    if panel["type"] == "text":
        words.draw(area, panel["options"]["content"])
    elif frame is None:
        words.draw(area, _counted(panel), size=8)
    elif panel["type"] == "stat":
        stat.draw(area, panel, arranged(panel, frame))
    elif panel["type"] == "timeseries":
        series.draw(area, panel, frame, [(mark.time, mark.title) for mark in marks], (period.begin, period.end))
    elif panel["type"] == "table":
        table.draw(area, panel, arranged(panel, frame))
    else:
        raise Unlike(f"a panel of the type {panel['type']} cannot be drawn here")


def _head(place: Place, content: Mapping[str, Any], chosen: Mapping[str, Choice]) -> None:
    place.text(12, 25, content["title"], size=15, weight="bold")
    shown = [f"{variable['label']}: {chosen[variable['name']].text}" for variable in content["templating"]["list"]]
    place.text(12, 47, "   ".join([*shown, content["description"]]), size=9, colour="#555555")


def _marks(content: Mapping[str, Any], source: Source, period: Period) -> list[Mark]:
    found = []
    for annotation in content["annotations"]["list"]:
        frame = source.run(annotation["target"], {}, period).frame
        times, titles = frame.named("time"), frame.named("title")
        if times is not None and titles is not None:
            found += [Mark(at, str(title)) for at, title in zip(times.values, titles.values, strict=True)]
    return found


def _counted(panel: Mapping[str, Any]) -> str:
    """What a panel of Prometheus tells, since there is no Prometheus here."""
    queries = "\n".join(f"{one['legendFormat']}:  {one['expr']}" for one in panel["targets"])
    return f"{panel['description']}\n\n{queries}"


def _small(png: BytesIO) -> bytes:
    """The same picture in few colours: a tenth of the bytes."""
    png.seek(0)
    image = Image.open(png).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    smaller = BytesIO()
    image.save(smaller, "PNG", optimize=True)
    return smaller.getvalue()
