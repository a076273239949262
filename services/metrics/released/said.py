"""Rows of what was said and done: announcements, concerns with their answers, promises, outcomes, comments."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.contracts.base import ROOT_ID, TextLanguage
from services.contracts.floors import DISTRIBUTION_FLOOR
from services.contracts.survey import OPEN_QUESTIONS
from services.metrics.release.rounding import ANSWER_BANDS
from services.metrics.released.documents import CommentsDocument
from services.metrics.released.facts import Announced, Facts, MeasuredOutcome
from services.metrics.released.moments import UtcTime
from services.metrics.released.periods import History
from services.metrics.statistics.promises import promise_status, promises_kept

_LARGE: Final = frozenset(band.label for band in ANSWER_BANDS if band.lower >= DISTRIBUTION_FLOOR)
"""Bands of answers that surely hold ten people."""


class _Flat(BaseModel):
    model_config = ConfigDict(frozen=True)


class AnnouncementRow(_Flat):
    """An announcement, in the shape of an annotation too: `time`, `timeEnd`, `title`, `text`, `tags`.

    `audience`: node ids. `reactions`: all of them together as counted last, and `reactions_by_emoji` as text; null
    where not the whole organisation was the audience, or fewer than ten people.
    """

    time: UtcTime
    timeEnd: UtcTime  # noqa: N815 - Grafana's name
    announcement: str
    kind: str
    title: str
    text: str
    tags: list[str]
    audience: list[str]
    audience_names: str
    figure_value: float | None
    figure_unit: str | None
    figure_period: str | None
    corrected_at: UtcTime | None
    reactions: int | None
    reactions_by_emoji: str | None


class ConcernRow(_Flat):
    """A concern and its public answer; nothing of who raised it. `time`: when it was answered."""

    time: UtcTime
    concern: str
    question: str
    answer: str


class PromiseRow(_Flat):
    """A promise as it stands. `time`: when it was made; `status`: open, overdue, kept or not kept."""

    time: UtcTime
    promise: str
    text: str
    owner: str
    due: str
    status: str
    updated_at: UtcTime


class PromisesKeptRow(_Flat):
    """How many promises had been kept of those that were due by `time`. `share`: per cent, null while none was due."""

    time: UtcTime
    kept: int
    due: int
    open: int
    share: float | None


class OutcomeRow(_Flat):
    """A business figure of a team. `time`: the end of its period."""

    time: UtcTime
    outcome: str
    team: str
    team_name: str
    measure: str
    value: float
    unit: str
    period_start: str
    period_end: str


class CommentRow(_Flat):
    """A released comment on an open question of a wave; ten or more of a wave, or none. Their order says nothing.

    `question`: its words; `question_id` where they are not known.
    """

    time: UtcTime
    wave: str
    question_id: str
    question: str
    text: str


def announcement_rows(
    history: History, announced: Iterable[Announced], language: TextLanguage
) -> list[AnnouncementRow]:
    """In the order given, which is that of time."""
    large = _surely_ten(history)
    return [
        _announcement(history, one, language, counted=large and ROOT_ID in one.published.audience) for one in announced
    ]


def concern_rows(facts: Facts) -> list[ConcernRow]:
    """Oldest answer first."""
    return [
        ConcernRow(time=one.answered_at, concern=one.concern_id, question=one.question, answer=one.answer)
        for one in facts.concerns
    ]


def promise_rows(facts: Facts, as_of: datetime, language: TextLanguage) -> list[PromiseRow]:
    """Every promise as it stands at `as_of`, in the order in which they were made."""
    made: dict[str, datetime] = {}
    for one in facts.promises:
        made.setdefault(one.promise_id, one.recorded_at)
    return [
        PromiseRow(
            time=made[one.promise_id],
            promise=one.promise_id,
            text=one.text.in_language(language),
            owner=one.owner,
            due=one.due.isoformat(),
            status=promise_status(one.state, one.due, as_of.date()).value,
            updated_at=one.recorded_at,
        )
        for one in facts.promises_at()
    ]


def promises_kept_rows(facts: Facts, moments: Iterable[datetime]) -> list[PromisesKeptRow]:
    """The count at each of these moments, in their order."""
    rows = []
    for moment in moments:
        standing = (promise_status(one.state, one.due, moment.date()) for one in facts.promises_at(moment))
        found = promises_kept(standing)
        share = None if found.share is None else round(100 * found.share, 1)
        rows.append(PromisesKeptRow(time=moment, kept=found.kept, due=found.due, open=found.open, share=share))
    return rows


def outcome_rows(
    history: History, outcomes: Iterable[MeasuredOutcome], teams: Sequence[str] | None, language: TextLanguage
) -> list[OutcomeRow]:
    """Outcomes of these teams, or all; by the end of their period."""
    return [
        OutcomeRow(
            time=datetime.combine(one.period_end, time.min, UTC),
            outcome=one.outcome_id,
            team=one.node_id,
            team_name=history.name(one.node_id).in_language(language),
            measure=one.measure,
            value=one.value,
            unit=one.unit,
            period_start=one.period_start.isoformat(),
            period_end=one.period_end.isoformat(),
        )
        for one in outcomes
        if teams is None or one.node_id in teams
    ]


def comment_rows(documents: Iterable[CommentsDocument], language: TextLanguage) -> list[CommentRow]:
    """In the order of the waves, then as published."""
    ordered = sorted(documents, key=lambda one: (one.closed_at, one.wave))
    return [
        CommentRow(
            time=document.closed_at,
            wave=document.wave,
            question_id=comment.question,
            question=_words(comment.question, language),
            text=comment.text,
        )
        for document in ordered
        for comment in document.comments
    ]


def _words(question: str, language: TextLanguage) -> str:
    known = OPEN_QUESTIONS.get(question)
    return question if known is None else known.in_language(language)


def _announcement(history: History, one: Announced, language: TextLanguage, *, counted: bool) -> AnnouncementRow:
    event, figure = one.published, one.published.figure
    reactions = one.reactions if counted else None
    return AnnouncementRow(
        time=event.published_at,
        timeEnd=event.published_at,
        announcement=event.announcement_id,
        kind=event.kind.value,
        title=event.title.in_language(language),
        text=event.story.in_language(language),
        tags=[event.kind.value],
        audience=list(event.audience),
        audience_names=", ".join(history.name(node).in_language(language) for node in event.audience),
        figure_value=figure.value if figure else None,
        figure_unit=figure.unit if figure else None,
        figure_period=figure.period if figure else None,
        corrected_at=one.corrected_at,
        reactions=None if reactions is None else sum(reactions.values()),
        reactions_by_emoji=None if reactions is None else _listed(reactions),
    )


def _surely_ten(history: History) -> bool:
    """Whether a published number tells that ten people or more belong to the organisation."""
    return any(
        (figure := period.find(ROOT_ID, measure)) is not None and figure.n_band in _LARGE
        for period in history.periods
        for measure in period.items
    )


def _listed(reactions: Mapping[str, int]) -> str:
    ordered = sorted(reactions.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{emoji} {count}" for emoji, count in ordered)
