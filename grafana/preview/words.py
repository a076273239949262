"""Panels of text."""

from grafana.preview.canvas import TITLE, Area, wrapped


def draw(area: Area, markdown: str, *, size: float = 9.5) -> None:
    """The text without its marks of emphasis."""
    line_height = size * 1.75
    for number, line in enumerate(wrapped(markdown.replace("*", ""), area.width - 24, size)):
        y = TITLE + 15 + number * line_height
        if y > area.height - 4:
            return
        area.text(10, y, line, size=size, colour="#333333")
