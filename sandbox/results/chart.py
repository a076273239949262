"""Trends as SVG: a mark a round, its interval, and a line only between rounds that follow each other.

Colour never tells alone: each measure has a mark and a line of its own, and its name at the end of the line.
"""

from dataclasses import dataclass
from typing import Final

from sandbox.results.markup import Attribute, Markup, element
from sandbox.results.model import Place, Point, Series
from sandbox.results.texts import WORDS, day, number
from services.contracts.base import TextLanguage

COLOURS: Final = {"resistance": "#E69F00", "trust": "#0072B2"}
_INK: Final = "#23302e"
_DASHES: Final = {"resistance": None, "trust": "7 4"}
_SHIFT: Final = {"resistance": -4.0, "trust": 4.0}
"""Points to the side, so that two intervals of one round stand beside each other."""
_MARK: Final = 5.5


@dataclass(frozen=True)
class Frame:
    """Sizes in points of the picture; ``small`` leaves out the names of the rounds and of the scale's middle."""

    width: float = 900.0
    height: float = 330.0
    left: float = 40.0
    right: float = 128.0
    top: float = 18.0
    bottom: float = 52.0
    small: bool = False

    def x(self, place: int, places: int) -> float:
        """Where round ``place`` (from 0) of ``places`` stands."""
        step = (self.width - self.left - self.right) / places
        return self.left + (place + 0.5) * step

    def y(self, score: float) -> float:
        """Where a score of 0 to 100 stands."""
        return self.top + (1 - score / 100) * (self.height - self.top - self.bottom)


WHOLE: Final = Frame()
TEAM: Final = Frame(width=440.0, height=190.0, left=34.0, right=116.0, top=12.0, bottom=28.0, small=True)


def trend(
    places: tuple[Place, ...], series: tuple[Series, ...], frame: Frame, title: str, language: TextLanguage
) -> Markup:
    """The picture of one team or of the organisation; ``title`` is what a screen reader says of it."""
    parts = [element("title", title), *_scale(frame), *_rounds(places, series, frame, language)]
    ends = _label_heights([one for one in series if one.shown], frame)
    for one in series:
        parts += _line(one, frame)
        parts += [_point(one, i, point, frame) for i, point in enumerate(one.points) if _told(point)]
        if one.last is not None:
            parts.append(_label(one, one.last, ends[one.measure], frame, language))
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {frame.width:g} {frame.height:g}",
        role="img",
        aria_label=title,
        class_="trend small" if frame.small else "trend",
    )


def _told(point: Point | None) -> bool:
    return point is not None and point.score is not None


def _scale(frame: Frame) -> list[Markup]:
    parts = []
    for score in (0, 50, 100) if frame.small else (0, 25, 50, 75, 100):
        y = frame.y(score)
        parts.append(
            element("line", x1=frame.left, x2=frame.width - frame.right, y1=y, y2=y, stroke="#ddd6c8", stroke_width=1)
        )
        parts.append(element("text", str(score), x=frame.left - 8, y=y + 4, text_anchor="end", class_="scale"))
    return parts


def _rounds(
    places: tuple[Place, ...], series: tuple[Series, ...], frame: Frame, language: TextLanguage
) -> list[Markup]:
    """The names of the rounds below, and in words what is not shown of one."""
    words = WORDS[language]
    parts = []
    for i, place in enumerate(places):
        x = frame.x(i, len(places))
        parts.append(
            element("text", place.name, x=x, y=frame.y(0) + 18, text_anchor="middle", class_="round", fill=_INK)
        )
        if not frame.small:
            below = day(place.closes_at, language)
            parts.append(element("text", below, x=x, y=frame.y(0) + 36, text_anchor="middle", class_="scale"))
        why = ""
        if place.status != "released":
            why = words.open_round if place.status == "open" else words.waiting
        elif any(one.points[i] is not None for one in series) and not any(_told(one.points[i]) for one in series):
            why = words.too_few
        if why:
            middle = frame.y(50)
            turn = f"rotate(-90 {x:g} {middle:g})"
            parts.append(element("text", why, x=x, y=middle + 4, text_anchor="middle", transform=turn, class_="absent"))
    return parts


def _line(one: Series, frame: Frame) -> list[Markup]:
    parts = []
    for i in range(len(one.points) - 1):
        here, after = one.points[i], one.points[i + 1]
        if here is None or after is None or here.score is None or after.score is None:
            continue
        parts.append(
            element(
                "line",
                x1=_x(one, i, frame),
                y1=frame.y(here.score),
                x2=_x(one, i + 1, frame),
                y2=frame.y(after.score),
                stroke=COLOURS[one.measure],
                stroke_width=2.5,
                stroke_dasharray=_DASHES[one.measure],
                class_="segment",
            )
        )
    return parts


def _x(one: Series, place: int, frame: Frame) -> float:
    return frame.x(place, len(one.points)) + _SHIFT[one.measure]


def _point(one: Series, place: int, point: Point | None, frame: Frame) -> Markup:
    if point is None or point.score is None:
        return Markup("")
    x, y = _x(one, place, frame), frame.y(point.score)
    parts = []
    if point.low is not None and point.high is not None:
        low, high = frame.y(point.low), frame.y(point.high)
        bar: dict[str, Attribute] = {"stroke": _INK, "stroke_width": 1.5}
        parts.append(element("line", x1=x, x2=x, y1=low, y2=high, class_="interval", **bar))
        parts += [element("line", x1=x - 3.5, x2=x + 3.5, y1=end, y2=end, **bar) for end in (low, high)]
    fill: dict[str, Attribute] = {
        "fill": COLOURS[one.measure],
        "stroke": _INK,
        "stroke_width": 1.2,
        "class_": f"mark {one.measure}",
    }
    if one.measure == "resistance":
        parts.append(element("circle", cx=x, cy=y, r=_MARK, **fill))
    else:
        side = _MARK * 1.8
        parts.append(element("rect", x=x - side / 2, y=y - side / 2, width=side, height=side, **fill))
    return element("g", *parts)


def _label_heights(series: list[Series], frame: Frame) -> dict[str, float]:
    """Where the names stand: beside their last mark, apart from each other, inside the frame."""
    apart, placed = 30.0, dict[str, float]()
    by_height = sorted(series, key=lambda one: frame.y((one.last and one.last.score) or 0.0))
    lowest = frame.top
    for one in by_height:
        score = (one.last and one.last.score) or 0.0
        placed[one.measure] = lowest = max(lowest, frame.y(score) - 4)
        lowest += apart
    over = max(0.0, (max(placed.values(), default=0.0) + 18) - frame.y(0))
    return {measure: height - over for measure, height in placed.items()}


def _label(one: Series, last: Point, height: float, frame: Frame, language: TextLanguage) -> Markup:
    x = frame.width - frame.right + 10
    name = WORDS[language].measures[one.measure]
    score = number(last.score_label or last.score, language)
    if last.low is not None and last.high is not None:
        score += f" ({number(last.low, language)}–{number(last.high, language)})"
    return element(
        "g",
        element("text", name, x=x, y=height, class_="name", fill=_INK),
        element("text", score, x=x, y=height + 15, class_="scale"),
    )
