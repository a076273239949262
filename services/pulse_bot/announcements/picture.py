"""The trend of the organisation as a picture, readable without telling colours apart. Blocks; not for an event loop."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final

from babel.dates import format_date

from services.contracts.base import Language
from services.pulse_bot.announcements.releases import Point
from services.pulse_bot.locales import translator

COLOURS: Final = {"resistance": "#E69F00", "trust": "#0072B2"}
"""Orange and blue of Okabe and Ito's palette, which people with any colour vision tell apart."""

_MARKS: Final = {"resistance": ("s", "--"), "trust": ("o", "-")}
_INK: Final = "#1d1c1d"


def trend_picture(series: Mapping[str, Sequence[Point]], language: Language) -> bytes:
    """A PNG of 1,000 by 500 pixels: a line with its own mark, dashes and name for each measure, intervals as bars."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to load: not at the bot's start
    from matplotlib.figure import Figure  # noqa: PLC0415

    _ = translator(language)
    names = {"resistance": _("Resistance"), "trust": _("Trust")}
    figure = Figure(figsize=(8, 4), dpi=125, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    days = sorted({point.closed_on for points in series.values() for point in points})
    place = {day: number for number, day in enumerate(days)}
    ends: list[float] = []
    for measure, points in series.items():
        if not points:
            continue
        mark, line = _MARKS[measure]
        colour, xs = COLOURS[measure], [place[point.closed_on] for point in points]
        scores = [point.score for point in points]
        axes.plot(xs, scores, color=colour, marker=mark, linestyle=line, linewidth=2.5, markersize=9)
        for x, point in zip(xs, points, strict=True):
            if point.low is not None and point.high is not None:
                axes.plot([x, x], [point.low, point.high], color=colour, linewidth=7, alpha=0.25, solid_capstyle="butt")
        level = _clear_of(scores[-1], ends)
        ends.append(level)
        axes.annotate(
            f"{names[measure]} {scores[-1]:.0f}",
            (xs[-1], scores[-1]),
            xytext=(14, (level - scores[-1]) * 2.6),
            textcoords="offset points",
            va="center",
            fontsize=13,
            fontweight="bold",
            color=_INK,
        )
    axes.set_ylim(0, 100)
    axes.set_xlim(-0.4, max(len(days) - 0.3, 1.0) + 0.25 * max(len(days), 2))
    axes.set_xticks(range(len(days)), [format_date(day, "d MMM", locale=language) for day in days], fontsize=11)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.tick_params(colors=_INK, length=0, labelsize=11)
    axes.grid(axis="y", color="#e6e6e6")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_title(
        _("Whole organisation, points from 0 to 100"), loc="left", fontsize=12, color=_INK, fontweight="bold"
    )
    drawn = BytesIO()
    figure.savefig(drawn, format="png")
    return drawn.getvalue()


def alt_text(series: Mapping[str, Sequence[Point]], language: Language) -> str:
    """The picture in words, for people who do not see it; at most 1,000 characters."""
    _ = translator(language)
    names = {"resistance": _("Resistance"), "trust": _("Trust")}
    lines = [_("Line chart of the whole organisation, from 0 to 100.")]
    for measure, points in series.items():
        told = ", ".join(f"{format_date(p.closed_on, 'd MMM', locale=language)} {p.score:.0f}" for p in points[-12:])
        if told:
            lines.append(f"{names[measure]}: {told}.")
    return " ".join(lines)[:1000]


def _clear_of(level: float, taken: Sequence[float]) -> float:
    """A height for a name that does not lie on another one."""
    for other in taken:
        if abs(level - other) < 7:
            return other + 7 if level >= other else other - 7
    return level
