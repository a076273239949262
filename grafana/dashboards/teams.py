"""Where is resistance highest, and does it fall there? Only published numbers; small teams per three rounds."""

from grafana.board import Board, for_leadership, teams
from grafana.infinity import PERIOD, Column, query, text
from grafana.names import RESISTANCE, TRUST
from grafana.panels import (
    LONGEST_WINDOW_STEP,
    Frame,
    Panel,
    Size,
    interval_names,
    question,
    rows,
)
from grafana.scores import over_time, reasons_of
from grafana.values import reasons
from grafana.words import Words


def board(words: Words) -> Board:
    """The dashboard in one language."""
    _ = words
    return for_leadership(
        words,
        "teams",
        _("Teams: where help is needed"),
        _("Where is resistance highest, and does it fall there?"),
        [
            _question(words),
            _heat(words, "resistance", _("Resistance by team"), "continuous-YlRd"),
            _heat(words, "trust", _("Trust by team"), "continuous-blues"),
            _trend(words, "resistance", _("Resistance of ${team:text}"), _("Resistance"), RESISTANCE),
            _trend(words, "trust", _("Trust of ${team:text}"), _("Trust"), TRUST),
            _drivers(words),
            _phases(words),
        ],
        variables=(teams(words),),
    )


def _question(words: Words) -> Panel:
    _ = words
    return question(
        words,
        _("Where is resistance highest, and does it fall there?"),
        _(
            "Scores run from **0 to 100**; high resistance is more resistance, high trust is more trust. A score is of "
            "at least **5** people; the number of answers (n) is given as a band. Teams under 20 people are shown per "
            "**three rounds**, in steps of 5. “Too few answers” has one meaning only and tells nothing about a team. "
            "Compare teams by **compare this** alone: where it is alike for all, no team is higher than another, "
            "whatever the scores say. This shows where help is needed; it is no ranking of teams or managers."
        ),
    )


def _heat(words: Words, measure: str, title: str, scheme: str) -> Panel:
    _ = words
    low, high = interval_names(words)
    return rows(
        words,
        Frame(
            title,
            _(
                "The newest published score of every team with its 95 % interval. Compare teams by the first number: "
                "there, scores of few answers are drawn towards the mean of all, so that chance does not look like a "
                "difference; verdicts allow for many teams looked at. Where it is alike for all, the teams cannot be "
                "told apart. A team with too few answers has a row without a name."
            ),
            Size(12, 10),
        ),
        query(
            "/teams",
            text("team_name", _("team")),
            Column("shrunken", _("compare this")),
            text("score_label", _("score")),
            Column("low", low),
            Column("high", high),
            text("n_band", _("n")),
            text("verdict", _("verdict")),
            text("status", _("status")),
            measure=measure,
            language=words.language.value,
        ),
        heat={_("compare this"): scheme},
        widths={_("team"): 140, _("compare this"): 90, _("n"): 45, _("verdict"): 205, _("status"): 115},
        wrapped=(_("team"), _("status")),
        first=_("compare this"),
    )


def _trend(words: Words, measure: str, title: str, line: str, colour: str) -> Panel:
    _ = words
    frame = Frame(
        title,
        _(
            "The chosen team with its 95 % interval; a team under 20 people has a point per three rounds. The line "
            "is broken where there are too few answers. A team of 12 can only show changes of about 30 points."
        ),
        Size(12, 8),
    )
    return over_time(words, frame, measure, line, colour, "${team}", LONGEST_WINDOW_STEP)


def _drivers(words: Words) -> Panel:
    _ = words
    return rows(
        words,
        Frame(
            _("Why: the reasons in ${team:text}"),
            _(
                "Each reason is the mean of its own questions as it was asked last. High is more of what is named. "
                "Talk with the team about the highest one before doing anything."
            ),
            Size(15, 9),
        ),
        reasons_of(words, "${team}", text("status", _("status"))),
        mappings=reasons(words),
        widths={_("reason"): 200, _("verdict"): 205, _("status"): 125},
        first=_("now"),
    )


def _phases(words: Words) -> Panel:
    _ = words
    return rows(
        words,
        Frame(
            _("How far ${team:text} is with AI"),
            _(
                "The phase of the team in every released round; a team under 10 people has none. Scores are never "
                "shown by team and phase together."
            ),
            Size(9, 9),
        ),
        query(
            "/phases",
            Column("time", _("round closed"), "timestamp"),
            text("phase_name", _("phase")),
            team="${team}",
            language=words.language.value,
            **PERIOD,
        ),
        days=(_("round closed"),),
        empty=_("No round was released in this period"),
    )
