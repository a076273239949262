"""Everything that is published of a round, in modals: what leaders see in Grafana, for everybody."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate
from typing import Final, TypeVar

import orjson
from babel.dates import format_date
from babel.numbers import format_decimal, get_decimal_symbol
from slack_sdk.models import JsonObject
from slack_sdk.models.blocks import Block, Option, StaticSelectElement

from services.contracts.base import Language
from services.pulse_bot.announcements.published import (
    SHARES,
    Comment,
    Effect,
    Everything,
    Number,
    Outcome,
    Participation,
    Reason,
)
from services.pulse_bot.announcements.releases import MEASURES, Released
from services.pulse_bot.locales import translator
from services.pulse_bot.messages.ids import CallbackId, Field
from services.pulse_bot.messages.message import Json, escaped
from services.pulse_bot.messages.parts import (
    Dialog,
    asks,
    context,
    header,
    isolated,
    modal,
    offered,
    option,
    pieces,
    quotation,
    section,
)
from services.pulse_bot.messages.results import answers_words, measure_name, move_words, score_words

_BLOCKS: Final = 95
_CHARACTERS: Final = 230_000
_CHOICES: Final = 90_000
"""Bytes of all blocks of a modal, and of a menu in it: Slack takes a view of 250,000."""
_EFFECTS: Final = 24
_OUTCOMES: Final = 40
_SECTION: Final = 2_900
_JOINED: Final = "\u2060"
"""Keeps an interval on one line."""

_Part = TypeVar("_Part", bound=JsonObject)


def everything_modal(released: Released, everything: Everything, language: Language) -> Json:
    """All of the organisation as a whole."""
    _ = translator(language)
    return _page(
        released,
        language,
        [
            section(_("This is everything that was published of the whole organisation. Leaders see the same.")),
            *_lines([*_numbers(everything.numbers, language), *_participation(everything.participation, language)]),
            *_part(_("Reasons, as they were asked last"), _reasons(everything.reasons, language)),
            *_part(
                _("What may help"),
                (
                    f"{escaped(one.why or '')} {escaped(one.practice)}".strip()
                    for one in everything.advice
                    if one.practice
                ),
            ),
            *_part(_("Teams by phase"), _phases(everything.phases, language)),
            *_part(_("What changed after announcements"), _effects(everything.effects[:_EFFECTS], language)),
            *_part(_("Figures from the work"), _outcomes(everything.outcomes[:_OUTCOMES], language)),
        ],
    )


def teams_modal(released: Released, teams: Mapping[str, Sequence[Number]], language: Language) -> Json:
    """Resistance and trust of every team; one can be chosen to see its reasons."""
    _ = translator(language)
    if not teams:
        return _page(released, language, [section(_("There is no team of which a number may be shown."))])
    names = {node.id: node.name.in_language(language) for node in released.nodes}
    told = (_team(names.get(node_id, node_id), numbers, language) for node_id, numbers in teams.items())
    shown = [option(names.get(node_id, node_id), node_id) for node_id, numbers in teams.items() if _any_shown(numbers)]
    words = _(
        "Every team of which numbers may be shown; small ones over three rounds together. Leaders see the same. In "
        "brackets: where a score lies with 95 % certainty."
    )
    lead = section(words)
    return _page(released, language, [lead, *_lines(told)], shown)


def team_modal(
    released: Released, node_id: str, numbers: Sequence[Number], reasons: Sequence[Reason], language: Language
) -> Json:
    """The numbers and the reasons of one team."""
    _ = translator(language)
    names = {node.id: node.name.in_language(language) for node in released.nodes}
    told = list(_reasons(reasons, language))
    return _page(
        released,
        language,
        [
            header(names.get(node_id, node_id)),
            *_lines(_numbers(numbers, language)),
            *(
                _part(_("Reasons, as they were asked last"), told)
                if told
                else [context(_("The reasons of this team cannot be shown: there are too few answers."))]
            ),
        ],
    )


def comments_modal(released: Released, comments: Sequence[Comment], language: Language) -> Json:
    """What people wrote in the round."""
    _ = translator(language)
    if not comments:
        words = _(
            "No comments of this round have been released. You see them once a champion has read them, and only where "
            "ten people or more wrote one."
        )
        return _page(released, language, [section(words)])
    lead = _("What people wrote, in an order that was drawn by lot. Please do not guess who wrote what.")
    blocks: list[Block] = [section(lead)]
    for question in dict.fromkeys(comment.question for comment in comments):
        blocks.append(header(question))
        for comment in comments:
            if comment.question == question:
                blocks += quotation(comment.text, _SECTION)
    return _page(released, language, _joined(blocks))


def nothing_modal(language: Language) -> Json:
    """There are no results yet."""
    _ = translator(language)
    return _framed(language, [section(_("There are no results yet. You see them when leaders see them."))])


def away_modal(language: Language) -> Json:
    """The metrics API does not answer."""
    _ = translator(language)
    words = _("The results cannot be read at this moment. They are not lost: please try again in a few minutes.")
    return _framed(language, [section(words)])


def _page(released: Released, language: Language, blocks: Sequence[Block], choices: Sequence[Option] = ()) -> Json:
    _ = translator(language)
    title = context(f"{escaped(released.title.in_language(language))} · {_day(released.closed_at, language)}")
    footer = context(
        _("Scores run from 0 to 100 and are rounded for small groups. Fewer than five answers are never shown.")
    )
    chooser: list[Block] = []
    if choices:
        offer = offered(_first(choices, _CHOICES))
        element = StaticSelectElement(action_id=Field.NODE, placeholder=_("Choose a team"), **offer)
        hint = _("Or type /pulse results with the name of the team behind it.")
        chooser = [asks(Field.NODE, _("The reasons of one team"), element, hint=hint)]
    kept = _first(blocks, _CHARACTERS - sum(map(_size, chooser)))[:_BLOCKS]
    if len(kept) < len(blocks):
        kept.append(context(_("There is more than Slack can show here. Ask a champion for the rest.")))
    return _framed(language, [title, *chooser, *kept, footer], about=released.wave if choices else "")


def _first(parts: Sequence[_Part], budget: int) -> list[_Part]:
    """As many from the first on as fit this many bytes of JSON."""
    sizes = accumulate(map(_size, parts))
    return [part for part, size in zip(parts, sizes, strict=True) if size <= budget]


def _size(part: JsonObject) -> int:
    return len(orjson.dumps(part.to_dict()))


def _framed(language: Language, blocks: Sequence[Block], about: str = "") -> Json:
    _ = translator(language)
    submit = _("Show") if about else None
    return modal(Dialog(CallbackId.PUBLISHED, _("All results"), submit, _("Close"), about), *blocks)


def _part(title: str, lines: Iterable[str]) -> list[Block]:
    found = _lines(lines)
    return [header(title), *found] if found else []


def _lines(lines: Iterable[str]) -> list[Block]:
    """Lines of mrkdwn, many to a section: Slack takes a hundred blocks."""
    found: list[str] = []
    for line in lines:
        if found and len(found[-1]) + len(line) < _SECTION:
            found[-1] += f"\n{line}"
        else:
            found += pieces(line, _SECTION, _SECTION)
    return [section(one) for one in found]


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Quotations that follow each other in one section, as far as it holds them."""
    joined: list[Block] = []
    said: list[str] = []
    for block in blocks:
        content = block.to_dict()
        words = content["text"]["text"] if content["type"] == "section" else None
        if words is None or not words.startswith("> ") or len("\n\n".join([*said, words])) > _SECTION:
            if said:
                joined.append(section("\n\n".join(said)))
            said = []
        if words is not None and words.startswith("> "):
            said.append(words)
        else:
            joined.append(block)
    return [*joined, section("\n\n".join(said))] if said else joined


def _numbers(numbers: Iterable[Number], language: Language) -> Iterable[str]:
    _ = translator(language)
    told = ""
    for one in numbers:
        yield f"*{measure_name(one.measure, language)}*: {_shown(one, language)}"
        if one.measure in MEASURES and one.is_shown:
            told = answers_words(one, language)
    if told:
        yield told


def _shown(one: Number, language: Language) -> str:
    _ = translator(language)
    if not one.is_shown:
        return _("too few answers")
    words = escaped(one.score_label or "") if one.measure in SHARES else score_words(one, language)
    return f"{words}{move_words(one.verdict, language)}"


def _participation(participation: Participation | None, language: Language) -> Iterable[str]:
    _ = translator(language)
    if participation is not None and participation.warning:
        yield f"_{escaped(participation.warning)}_"


def _reasons(reasons: Iterable[Reason], language: Language) -> Iterable[str]:
    _ = translator(language)
    before = _("the time before: {score}")
    for one in reasons:
        if one.is_shown:
            score = None if one.earlier_score is None else format_decimal(one.earlier_score, locale=language)
            earlier = "" if score is None else f" · {before.format(score=score)}"
            yield f"*{measure_name(one.measure, language)}*: {score_words(one, language)}{earlier}"


def _phases(phases: Sequence[Number], language: Language) -> Iterable[str]:
    for phase in dict.fromkeys(one.team for one in phases):
        found = [one for one in phases if one.team == phase and one.is_shown]
        if found:
            yield f"*{isolated(found[0].team_name or phase)}*: {'; '.join(_briefly(one, language) for one in found)}"


def _team(name: str, numbers: Sequence[Number], language: Language) -> str:
    """One line: teams are many, and what did not clearly change is not said of each."""
    if not _any_shown(numbers):
        return f"*{isolated(name)}*: {translator(language)('too few answers')}"
    scores = "; ".join(_briefly(one, language) for one in numbers)
    told = next((answers_words(one, language) for one in numbers if one.is_shown), "")
    return f"*{isolated(name)}*: {scores}" + (f" · {told}" if told else "")


def _briefly(one: Number, language: Language) -> str:
    _ = translator(language)
    name = measure_name(one.measure, language).lower()
    if not one.is_shown:
        return f"{name} {_('too few answers')}"
    score = (one.score_label or f"{one.score:.0f}").replace(".", get_decimal_symbol(language))
    interval = "" if one.low is None or one.high is None else f" ({one.low:.0f}–{_JOINED}{one.high:.0f})"
    clear = move_words(one.verdict, language) if (one.verdict or "").startswith("clearly") else ""
    return f"{name} {escaped(score)}{interval}{clear}"


def _any_shown(numbers: Iterable[Number]) -> bool:
    return any(one.is_shown for one in numbers)


def _effects(effects: Sequence[Effect], language: Language) -> Iterable[str]:
    """Each announcement once, and below it what became of the measures."""
    for time, title in dict.fromkeys((one.time, one.title) for one in effects):
        said: dict[str, list[str]] = {}
        for one in effects:
            if (one.time, one.title) == (time, title):
                warning = f" _{escaped(one.warning)}_" if one.warning else ""
                said.setdefault(f"{escaped(one.text)}{warning}", []).append(measure_name(one.measure, language).lower())
        bullets = [f"• {', '.join(measures)}: {text}" for text, measures in said.items()]
        yield "\n".join([f"*{isolated(title)}* ({_day(time, language)})", *bullets])


def _outcomes(outcomes: Iterable[Outcome], language: Language) -> Iterable[str]:
    for one in outcomes:
        value = format_decimal(one.value, locale=language)
        period = f"{_day(one.period_start, language)} – {_day(one.period_end, language)}"
        measure = isolated(one.measure.replace("_", " "))
        yield f"*{isolated(one.team_name)}*, {measure}: {value} {isolated(one.unit.replace('_', ' '))} ({period})"


def _day(moment: date, language: Language) -> str:
    return str(format_date(moment, "d MMM y", locale=language))
