"""Panels of scores that more than one dashboard has; what is said about them is the dashboard's own."""

from grafana.infinity import PERIOD, Column, Query, query, series, text, time
from grafana.panels import Frame, Panel, headline, interval_names, trend
from grafana.words import Words


def newest(words: Words, frame: Frame, path: str, *shown: Column, unit: str, colour: str, **params: str) -> Panel:
    """The newest row of the whole organisation in large."""
    asked = query(path, time(), *shown, **params, team="organisation", language=words.language.value, **PERIOD)
    return headline(words, frame, asked, shown=tuple(one.name for one in shown), unit=unit, colour=colour)


def over_time(  # noqa: PLR0917 - what it draws, then of whom
    words: Words, frame: Frame, measure: str, line: str, colour: str, team: str, longest_step: int
) -> Panel:
    """The score of a team in every round inside its interval; ``line`` is what the measure is called."""
    low, high = interval_names(words)
    asked = series(
        "/trends",
        time(),
        Column("score", line),
        Column("low", low),
        Column("high", high),
        measure=measure,
        team=team,
        **PERIOD,
    )
    return trend(words, frame, asked, line=line, colour=colour, longest_step=longest_step)


def reasons_of(words: Words, team: str, *more: Column, dated: bool = False) -> Query:
    """The reasons of a team as they were asked last, beside the time before; ``more`` stands after the verdict."""
    _ = words
    low, high = interval_names(words)
    return query(
        "/drivers",
        text("measure", _("reason")),
        *((Column("time", _("asked on"), "timestamp"),) if dated else ()),
        Column("score", _("now")),
        Column("low", low),
        Column("high", high),
        Column("earlier_score", _("before")),
        *((Column("change", _("change")),) if dated else ()),
        text("verdict", _("verdict")),
        text("n_band", _("n")),
        *more,
        team=team,
        language=words.language.value,
    )
