"""Does resistance fall, why, and do we do what we promised? What leadership opens on Monday morning."""

from grafana.board import Board, for_leadership
from grafana.infinity import Column, Query, query, text
from grafana.names import OTHER, RESISTANCE, TRUST
from grafana.panels import (
    LONGEST_STEP,
    Frame,
    Panel,
    Size,
    interval_names,
    points,
    question,
    rows,
)
from grafana.scores import newest, over_time, reasons_of
from grafana.values import promise_states, reasons
from grafana.words import Words


def board(words: Words) -> Board:
    """The dashboard in one language."""
    _ = words
    return for_leadership(
        words,
        "leadership",
        _("Leadership: support for AI at work"),
        _("Does resistance to AI fall and does trust rise, why, and what did we promise?"),
        [
            _question(words),
            _score(words, "resistance", _("Resistance now"), RESISTANCE),
            _score(words, "trust", _("Trust now"), TRUST),
            _resisters(words),
            _response(words),
            _trend(words, "resistance", _("Resistance over time"), _("Resistance"), RESISTANCE),
            _trend(words, "trust", _("Trust over time"), _("Trust"), TRUST),
            _slopes(words),
            _drivers(words),
            _advice(words),
            _promises(words),
        ],
    )


def _question(words: Words) -> Panel:
    _ = words
    return question(
        words,
        _("Does resistance fall, why, and do we do what we promised?"),
        _(
            "All scores run from **0 to 100**. High *resistance* is more resistance; high *trust* is more trust: "
            "they are two measures, never one. Everything here is of the whole organisation. "
            "A score is of at least **5** people, a share of at least **10**; n is the number of answers. "
            "The band around a line is its 95 % interval: where two bands overlap much, nothing has clearly changed. "
            "Marks on the time axis are announcements. Nothing is shown of a round that is still open."
        ),
    )


def _score(words: Words, measure: str, title: str, colour: str) -> Panel:
    _ = words
    return newest(
        words,
        Frame(
            title,
            _(
                "Mean of one question that is asked in every round, of all who answered it; the verdict against the "
                "round before; and n. “I would rather not say” is left out. Act on a clear change, not on a few points."
            ),
            Size(6, 5),
        ),
        "/trends",
        Column("score", _("score")),
        text("verdict", _("verdict")),
        text("n_band", _("n")),
        unit=points(words),
        colour=colour,
        measure=measure,
    )


def _resisters(words: Words) -> Panel:
    _ = words
    return newest(
        words,
        Frame(
            _("People who are against"),
            _(
                "Share of the answers that are “against” or “strongly against”, in steps of 5 %. Who did not answer is "
                "left out. Go and listen to them: they often see risks first."
            ),
            Size(6, 5),
        ),
        "/trends",
        text("score_label", _("share")),
        text("verdict", _("verdict")),
        text("n_band", _("n")),
        unit="percent",
        colour=RESISTANCE,
        measure="resister_share",
    )


def _response(words: Words) -> Panel:
    _ = words
    return newest(
        words,
        Frame(
            _("Who answered"),
            _(
                "Share of the invited people who answered, as a band, such as 50-69 %. Under 50 % the silent may think "
                "otherwise; under 30 % compare no teams. Low response asks for a conversation, not for pressure."
            ),
            Size(6, 5),
        ),
        "/participation",
        text("response_band", _("response")),
        text("warning", _("please note")),
        unit="percent",
        colour=OTHER,
    )


def _trend(words: Words, measure: str, title: str, line: str, colour: str) -> Panel:
    _ = words
    frame = Frame(
        title,
        _(
            "The score of every round with its 95 % interval, for the whole organisation. The line is broken where "
            "a round is missing or has too few answers. Look at the direction over several rounds."
        ),
        Size(12, 9),
    )
    return over_time(words, frame, measure, line, colour, "organisation", LONGEST_STEP)


def _slopes(words: Words) -> Panel:
    _ = words
    low, high = interval_names(words)
    return rows(
        words,
        Frame(
            _("Over all rounds together"),
            _(
                "How many points a score rises or falls per four weeks over all comparable rounds, with its 95 % "
                "interval (Theil-Sen, Kendall's test); from six rounds on. What is small from round to round can be "
                "clear over many."
            ),
            Size(9, 6),
        ),
        Query(
            "/slopes",
            (
                text("measure", _("measure")),
                Column("slope", _("per 4 weeks")),
                Column("slope_low", low),
                Column("slope_high", high),
                text("verdict", _("verdict")),
                Column("points", _("rounds")),
            ),
            (
                ("measure", "resistance"),
                ("measure", "trust"),
                ("team", "organisation"),
                ("language", words.language.value),
            ),
        ),
        mappings=reasons(words),
        free=(_("per 4 weeks"), low, high, _("rounds")),
        tenths=(_("per 4 weeks"), low, high),
        widths={_("measure"): 95, _("per 4 weeks"): 90, low: 50, high: 50, _("rounds"): 55},
    )


def _drivers(words: Words) -> Panel:
    _ = words
    low, high = interval_names(words)
    return rows(
        words,
        Frame(
            _("Why: the reasons behind it, now and the time before"),
            _(
                "Each reason is the mean of its own questions as it was asked last, beside the time before that asked "
                "the same ones. High is more of what is named. Questions rotate, so reasons are of different rounds."
            ),
            Size(15, 6),
        ),
        reasons_of(words, "organisation", dated=True),
        mappings=reasons(words),
        days=(_("asked on"),),
        free=(_("change"),),
        tenths=(_("now"), _("before"), _("change")),
        widths={_("reason"): 185, _("verdict"): 205, **dict.fromkeys((_("now"), low, high, _("n")), 50)},
        first=_("now"),
    )


def _advice(words: Words) -> Panel:
    _ = words
    return rows(
        words,
        Frame(
            _("What helps"),
            _(
                "For every reason on the wrong side of the middle: the practice that fits it, the surest first. This "
                "advice follows fixed rules; it is no judgement of anyone. Choose one and do it well."
            ),
            Size(12, 8),
        ),
        query(
            "/advice",
            text("measure", _("reason")),
            text("practice", _("practice")),
            text("strength", _("how sure")),
            team="organisation",
            language=words.language.value,
        ),
        mappings=reasons(words),
        empty=_("No reason stands out"),
        widths={_("reason"): 190, _("how sure"): 100},
        wrapped=(_("practice"),),
    )


def _promises(words: Words) -> Panel:
    _ = words
    return rows(
        words,
        Frame(
            _("What was promised"),
            _(
                "Promises made in answer to what people said, and what became of them. An overdue promise costs more "
                "trust than none: keep it, or say openly why not."
            ),
            Size(12, 8),
        ),
        query(
            "/promises",
            text("text", _("promise")),
            text("owner", _("owner")),
            text("due", _("due")),
            text("status", _("status")),
            language=words.language.value,
        ),
        mappings=promise_states(words),
        empty=_("Nothing was promised yet"),
        widths={_("owner"): 120, _("due"): 105, _("status"): 110},
        wrapped=(_("promise"),),
    )
