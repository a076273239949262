"""What do people say, and were they answered?"""

from grafana.board import Board, for_leadership
from grafana.infinity import PERIOD, Column, query, series, text, time
from grafana.names import RESISTANCE, TRUST
from grafana.panels import LONGEST_STEP, Frame, Panel, Size, question, rows, share_trend
from grafana.words import Words


def board(words: Words) -> Board:
    """The dashboard in one language."""
    _ = words
    return for_leadership(
        words,
        "voice",
        _("Voice: what people say"),
        _("What do people say, and were they answered?"),
        [
            _question(words),
            _not_said(words, "rather_not_say_resistance", _("Rather not say how they feel about AI"), RESISTANCE),
            _not_said(words, "rather_not_say_trust", _("Rather not say whether they trust it"), TRUST),
            _concerns(words),
            _comments(words),
        ],
    )


def _question(words: Words) -> Panel:
    _ = words
    return question(
        words,
        _("What do people say, and were they answered?"),
        _(
            "Comments are of the whole organisation, of rounds with at least **10** of them, after a champion left out "
            "those that could tell who wrote them. Their order says nothing; please do not guess who wrote what. "
            "Concerns stand beside the answer that everyone got. Shares run from **0 to 100 %** and have n of at least "
            "**10**; one below 10 % is drawn at 5. High means that many would rather not say what they think, which is "
            "a sign that people may not feel safe."
        ),
    )


def _not_said(words: Words, measure: str, title: str, colour: str) -> Panel:
    _ = words
    share = _("share")
    return share_trend(
        words,
        Frame(
            title,
            _(
                "Share of everyone who answered the question at all that pressed “I would rather not say”, in steps of "
                "5 %; below 10 % it is drawn at 5. A rising share asks for safety, not for more questions."
            ),
            Size(12, 8),
        ),
        series(
            "/trends",
            time(),
            Column("score", share),
            measure=measure,
            team="organisation",
            **PERIOD,
        ),
        line=share,
        colour=colour,
        longest_step=LONGEST_STEP,
    )


def _concerns(words: Words) -> Panel:
    _ = words
    return rows(
        words,
        Frame(
            _("Concerns and their answers"),
            _(
                "Concerns that anyone could raise without a name, with the public answer. Nothing is kept of who did. "
                "A concern that has no answer yet is not here: answer it first."
            ),
            Size(24, 9),
        ),
        query(
            "/concerns",
            Column("time", _("answered on"), "timestamp"),
            text("question", _("concern")),
            text("answer", _("answer")),
            **PERIOD,
        ),
        days=(_("answered on"),),
        empty=_("No concern was answered in this period"),
        wrapped=(_("concern"), _("answer")),
    )


def _comments(words: Words) -> Panel:
    _ = words
    return rows(
        words,
        Frame(
            _("Comments"),
            _(
                "Answers to the open question, released once per round, ten or more together or none. Read them for "
                "themes; then say what you will do."
            ),
            Size(24, 10),
        ),
        query(
            "/comments",
            Column("time", _("round closed"), "timestamp"),
            text("question", _("question")),
            text("text", _("comment")),
            language=words.language.value,
        ),
        days=(_("round closed"),),
        empty=_("No round had enough comments to show any"),
        widths={_("question"): 260},
        wrapped=(_("question"), _("comment")),
    )
