"""Did the announcement help? Before and after, and against those not reached, in words that promise no more."""

from grafana.board import Board, for_leadership
from grafana.infinity import PERIOD, Column, query, series, text, time
from grafana.names import RESISTANCE, TRUST
from grafana.panels import Frame, Panel, Size, interval_names, phases, question, rows
from grafana.values import codes, kinds, reasons, units
from grafana.words import Words


def board(words: Words) -> Board:
    """The dashboard in one language."""
    _ = words
    return for_leadership(
        words,
        "successes",
        _("Successes: what was told, and what it did"),
        _("Did the announcement help?"),
        [
            _question(words),
            _effects(words),
            _arms(words, "resistance", _("Resistance, phase by phase"), RESISTANCE),
            _arms(words, "trust", _("Trust, phase by phase"), TRUST),
            _announced(words),
            _outcomes(words),
        ],
    )


def _question(words: Words) -> Panel:
    _ = words
    return question(
        words,
        _("Did the announcement help?"),
        _(
            "Changes are in points of a score from **0 to 100**: for resistance a **minus** is good news, for trust a "
            "**plus**. Groups of teams have n of **20** answers a round or more; no score is of fewer than **5** "
            "people. “Before and after” only tells that something changed, not why. “Against others” compares with "
            "teams that were not reached; read it only where both ran alike before. Where a group is too small there "
            "are words and no numbers."
        ),
    )


def _effects(words: Words) -> Panel:
    _ = words
    low, high = interval_names(words)
    numbers = (
        Column("change", _("change")),
        Column("change_low", low),
        Column("change_high", high),
        Column("effect", _("against others")),
        Column("effect_low", _("against, low")),
        Column("effect_high", _("against, high")),
    )
    return rows(
        words,
        Frame(
            _("What changed after each announcement"),
            _(
                "Rounds after it minus rounds before it, of those reached, with 95 % intervals; against others where "
                "both groups are large enough. “In words” says what may be concluded, and no more. Newest first."
            ),
            Size(24, 15),
        ),
        query(
            "/effects",
            Column("time", _("on"), "timestamp"),
            text("title", _("announcement")),
            text("measure", _("measure")),
            text("text", _("in words")),
            *numbers,
            text("warning", _("please note")),
            language=words.language.value,
        ),
        mappings=reasons(words),
        days=(_("on"),),
        empty=_("Nothing was announced yet"),
        free=tuple(one.name for one in numbers),
        tenths=tuple(one.name for one in numbers),
        widths={
            _("announcement"): 170,
            _("measure"): 95,
            _("in words"): 340,
            numbers[0].name: 85,
            **dict.fromkeys((low, high), 55),
            numbers[3].name: 130,
            **dict.fromkeys((numbers[4].name, numbers[5].name), 115),
        },
        wrapped=(_("announcement"), _("in words"), _("please note")),
        first=_("on"),
    )


def _arms(words: Words, measure: str, title: str, colour: str) -> Panel:
    _ = words
    return phases(
        words,
        Frame(
            title,
            _(
                "All teams in one phase together, from 20 answers a round on. Teams change phase in time, so lines "
                "begin and end. Teams were not drawn by lot: a gap between lines is not the effect of AI."
            ),
            Size(12, 9),
        ),
        series(
            "/pilots",
            time(),
            Column("score", _("score")),
            text("team", "phase"),
            measure=measure,
            **PERIOD,
        ),
        colour=colour,
    )


def _announced(words: Words) -> Panel:
    _ = words
    return rows(
        words,
        Frame(
            _("What was announced"),
            _(
                "Announcements in this period, for whom, with the figure that was measured and all reactions together. "
                "Reactions are counted only where the whole organisation was the audience."
            ),
            Size(14, 10),
        ),
        query(
            "/announcements",
            Column("time", _("on"), "timestamp"),
            text("title", _("title")),
            text("kind", _("kind")),
            text("audience_names", _("for")),
            Column("figure_value", _("figure")),
            text("figure_unit", _("of what")),
            Column("reactions", _("reactions")),
            language=words.language.value,
            **PERIOD,
        ),
        mappings=kinds(words),
        mapped={_("of what"): units(words)},
        empty=_("Nothing was announced in this period"),
        days=(_("on"),),
        free=(_("figure"), _("reactions")),
        widths={_("kind"): 80, _("figure"): 60, _("reactions"): 80, _("title"): 200},
        wrapped=(_("title"), _("for"), _("of what")),
    )


def _outcomes(words: Words) -> Panel:
    _ = words
    return rows(
        words,
        Frame(
            _("What was measured at work"),
            _(
                "Business figures of teams of 5 people or more, such as minutes a file or share of errors; measured by "
                "the systems that do the work, never by the survey."
            ),
            Size(10, 10),
        ),
        query(
            "/outcomes",
            Column("time", _("until"), "timestamp"),
            text("team_name", _("team")),
            text("measure", _("what")),
            Column("value", _("value")),
            text("unit", _("unit")),
            language=words.language.value,
            **PERIOD,
        ),
        mapped={_("what"): codes(), _("unit"): units(words)},
        days=(_("until"),),
        empty=_("Nothing was measured in this period"),
        free=(_("value"),),
        widths={_("until"): 95, _("team"): 180, _("value"): 60},
    )
