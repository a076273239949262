"""Panels with the newest row in large."""

import re
from collections.abc import Mapping
from typing import Any

from grafana.plugin.frames import Frame
from grafana.plugin.panels import config, reads
from grafana.preview.canvas import TITLE, Area, clipped, fitting


def draw(area: Area, panel: Mapping[str, Any], frame: Frame) -> None:
    """The last value of every field that the panel shows, each with its name."""
    wanted = re.compile(panel["options"]["reduceOptions"]["fields"].strip("/"))
    shown = [field for field in frame.fields if wanted.search(field.name)]
    if not frame.rows or not shown:
        area.text(14, TITLE + 40, panel["fieldConfig"]["defaults"]["noValue"], size=11, colour="#666666")
        return
    step = (area.height - TITLE - 6) / len(shown)
    for place, field in enumerate(shown):
        settings = config(panel, field)
        room = area.width - 110
        text = reads(settings, field.values[-1])
        size = fitting(text, room, 19 if place == 0 else 12)
        y = TITLE + step * place + step / 2 + size * 0.5
        area.text(14, y, field.name, size=9, colour="#666666")
        area.text(96, y, clipped(text, room, size), size=size, colour=settings["color"]["fixedColor"], weight="bold")
