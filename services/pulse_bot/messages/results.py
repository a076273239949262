"""The results of a round in plain words: the numbers that leaders see, and what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from babel.numbers import get_decimal_symbol
from slack_sdk.models.blocks import Block, ImageBlock

from services.contracts.base import ROOT_ID, Language
from services.contracts.events import PromiseState
from services.pulse_bot.announcements.promises import Promise
from services.pulse_bot.announcements.releases import MEASURES, Figures, Released
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.announcements import other_language
from services.pulse_bot.messages.message import Message, message
from services.pulse_bot.messages.parts import clipped, context, header, isolated, section, within

_PROMISES = 8
_PROMISE_BUDGET = 6_000


@dataclass(frozen=True)
class Results:
    """A released wave as one channel shows it. ``node``: the team of the channel, beside the organisation."""

    released: Released
    node_id: str = ROOT_ID
    promises: Sequence[Promise] = ()
    alt_text: str = ""
    picture: str | None = None


def results_post(results: Results, language: Language) -> Message:
    """The post that closes the loop: results, picture, and "you said / we do"."""
    _ = translator(language)
    title = _("The results are in: {round}").format(round=results.released.title.in_language(language))
    return message(
        clipped(title, 200),
        header(f":bar_chart: {title}"),
        section(_("You answered, and this is what came out. Leaders see the same numbers, from today on.")),
        *numbers(results, language),
        *you_said_we_do(results.promises, language),
        context(
            _("Scores run from 0 to 100 and are rounded for small groups. Fewer than five answers are never shown."),
            _("Everything that leaders see: `/pulse results`"),
        ),
        other_language(f"results:{results.released.wave}:{results.node_id}", language),
    )


def numbers(results: Results, language: Language) -> list[Block]:
    """The numbers and the picture, without a title."""
    _ = translator(language)
    released = results.released
    blocks: list[Block] = [section("\n".join(_lines(released, ROOT_ID, language)))]
    if results.picture:
        blocks.append(
            ImageBlock(
                slack_file={"id": results.picture},
                alt_text=clipped(results.alt_text or _("Line chart of the whole organisation, from 0 to 100."), 2_000),
            )
        )
    if results.node_id != ROOT_ID:
        name = next((n.name.in_language(language) for n in released.nodes if n.id == results.node_id), None)
        if name is not None:
            blocks.append(section("\n".join([f"*{isolated(name)}*", *_lines(released, results.node_id, language)])))
    return blocks


def you_said_we_do(promises: Sequence[Promise], language: Language) -> list[Block]:
    """What was promised, by whom and by when, and what became of it."""
    _ = translator(language)
    if not promises:
        return []
    told = (section(promise_words(promise, language)) for promise in promises[:_PROMISES])
    return [section(_("*You said, we do*")), *within(told, _PROMISE_BUDGET)]


def promise_words(promise: Promise, language: Language) -> str:
    """One promise as lines."""
    _ = translator(language)
    day = format_date(promise.due, "d MMMM y", locale=language)
    signs = {
        PromiseState.OPEN: _(":hourglass_flowing_sand: {owner}, before {day}"),
        PromiseState.KEPT: _(":white_check_mark: Kept by {owner}"),
        PromiseState.NOT_KEPT: _(":x: Did not work out. Promised before {day}; responsible: {owner}"),
    }
    said = promise.said.in_language(language) if promise.said else None
    lines = [
        _("You said: {text}").format(text=isolated(said, 700)) if said else "",
        _("We do: {text}").format(text=isolated(promise.text.in_language(language), 700)),
        signs[promise.state].format(owner=isolated(promise.owner), day=day),
    ]
    return "\n".join(line for line in lines if line)


def due_order(promises: Sequence[Promise], today: date) -> list[Promise]:
    """Promises as people want to see them: open ones by date, then what was settled, the newest first."""
    opened = [promise for promise in promises if promise.state is PromiseState.OPEN]
    settled = [p for p in promises if p.state is not PromiseState.OPEN and (today - p.due).days < 120]
    return [*sorted(opened, key=lambda p: p.due), *sorted(settled, key=lambda p: p.due, reverse=True)]


def measure_name(measure: str, language: Language) -> str:
    """A measure as dashboards name it; its id where the survey is newer than this list."""
    _ = translator(language)
    names = {
        "resistance": _("Resistance"),
        "trust": _("Trust"),
        "resister_share": _("People who are against"),
        "rather_not_say_resistance": _("Would rather not say (resistance)"),
        "rather_not_say_trust": _("Would rather not say (trust)"),
        "job_security": _("Worry about the job"),
        "competence": _("Feeling not able enough"),
        "transparency": _("Lack of openness"),
        "autonomy": _("Little say in it"),
        "reliability": _("AI is reliable"),
        "human_oversight": _("A person decides"),
        "fairness": _("Fair to everyone"),
        "regulation": _("Clear rules"),
        "usage": _("Use of AI"),
        "benefit": _("AI helps my work"),
        "time_saved": _("Time saved"),
        "buddy": _("Would help colleagues"),
    }
    return names.get(measure, measure)


def _lines(released: Released, node_id: str, language: Language) -> list[str]:
    _ = translator(language)
    lines = []
    for measure in MEASURES:
        cell = released.cell(node_id, measure)
        name = measure_name(measure, language)
        if cell is None:  # shown per window of three rounds
            lines.append(
                _("*{measure}*: shown over three rounds together, because this team is small").format(measure=name)
            )
        elif cell.score is None:
            lines.append(_("*{measure}*: too few answers").format(measure=name))
        else:
            verdict = released.verdict(measure) if node_id == ROOT_ID else None
            lines.append(f"*{name}*: {score_words(cell, language)}{move_words(verdict, language)}")
    answers = released.cell(node_id, "trust")
    told = answers_words(answers, language) if answers is not None and answers.score is not None else ""
    return [*lines, told] if told else lines


def score_words(cell: Figures, language: Language) -> str:
    """A score that is shown, with its interval where there is one."""
    _ = translator(language)
    score = (cell.score_label or f"{cell.score:.0f}").replace(".", get_decimal_symbol(language))
    if cell.low is None or cell.high is None:
        return _("{score} of 100").format(score=score)
    return _("{score} of 100 (between {low} and {high})").format(
        score=score, low=f"{cell.low:.0f}", high=f"{cell.high:.0f}"
    )


def move_words(verdict: str | None, language: Language) -> str:
    """What became of a score since the round before, to stand behind it; empty where that is not told."""
    _ = translator(language)
    words = {
        "clearly up": _("clearly up since the round before"),
        "clearly down": _("clearly down since the round before"),
        "no clear change": _("no clear change since the round before"),
    }.get(verdict or "")
    return f" · {words}" if words else ""


def answers_words(cell: Figures, language: Language) -> str:
    """How many answers a number is of, and which share took part, as published; empty where it is not."""
    _ = translator(language)
    count = str(cell.n) if cell.n is not None else (cell.n_band or "")
    if not count:
        return ""
    share = {
        "< 30 %": _("fewer than 30 % took part"),
        "30-49 %": _("30 to 49 % took part"),
        "50-69 %": _("50 to 69 % took part"),
        "70+ %": _("70 % or more took part"),
    }.get(cell.response_band or "")
    told = _("Answers: {count}").format(count=count.replace("-", "–"))
    return f"{told} · {share}" if share else told
