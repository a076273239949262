"""Drawing in pixels from the upper left corner, as dashboards are laid out."""

import textwrap
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

TITLE: Final = 26
"""Pixels at the top of a panel for its title."""
_CHARACTER: Final = 0.765
"""Width of an average character in pixels, per point of the font's size."""
_BOLD: Final = 0.92
"""The same of bold type."""


@dataclass(frozen=True)
class Place:
    """A figure of so many pixels."""

    figure: Figure
    width: float
    height: float

    def text(self, x: float, y: float, text: str, *, size: float, colour: str = "#222222", **style: Any) -> None:
        """One line with its baseline at y."""
        self.figure.text(
            x / self.width, 1 - y / self.height, text, fontsize=size, color=colour, parse_math=False, **style
        )

    def rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle."""
        self.figure.add_artist(
            Rectangle(
                (x / self.width, 1 - (y + height) / self.height),
                width / self.width,
                height / self.height,
                facecolor=colour,
                edgecolor="none",
                zorder=-1,
            )
        )


@dataclass(frozen=True)
class Area:
    """The place of a panel."""

    place: Place
    x: float
    y: float
    width: float
    height: float

    def box(self, title: str) -> None:
        """The white ground and the title."""
        place = self.place
        place.figure.add_artist(
            FancyBboxPatch(
                (self.x / place.width, 1 - (self.y + self.height) / place.height),
                self.width / place.width,
                self.height / place.height,
                boxstyle="square,pad=0",
                facecolor="white",
                edgecolor="#D8D9DA",
                linewidth=0.8,
                zorder=-2,
            )
        )
        self.text(10, 18, clipped(title, self.width - 16, 10), size=10, weight="bold")

    def text(self, x: float, y: float, text: str, *, size: float, colour: str = "#222222", **style: Any) -> None:
        """One line, from the panel's corner."""
        self.place.text(self.x + x, self.y + y, text, size=size, colour=colour, **style)

    def rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle, from the panel's corner."""
        self.place.rectangle(self.x + x, self.y + y, width, height, colour)

    def axes(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """Axes that leave so many pixels free on each side."""
        place = self.place
        return place.figure.add_axes(
            (
                (self.x + left) / place.width,
                1 - (self.y + self.height - bottom) / place.height,
                (self.width - left - right) / place.width,
                (self.height - top - bottom) / place.height,
            )
        )


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Lines of at most so many pixels."""
    characters = max(4, int(width / (size * _CHARACTER)))
    return [line for part in text.split("\n") for line in (textwrap.wrap(part, characters) or [""])]


def clipped(text: str, width: float, size: float) -> str:
    """The text, cut off with a sign where it is too long."""
    characters = max(2, int(width / (size * _CHARACTER)))
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"


def fitting(text: str, width: float, largest: float, smallest: float = 8) -> float:
    """The size of bold type at which the text has room, as Grafana makes its large values smaller."""
    return min(largest, max(smallest, width / (max(1, len(text)) * _BOLD)))
