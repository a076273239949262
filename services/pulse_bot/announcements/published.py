"""Everything that is published, read when somebody asks: what leaders see in Grafana, for everybody.

Sentences and numbers are those of the metrics API, which holds every rule of what may be shown.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.contracts.base import ROOT_ID, Language, TextLanguage
from services.pulse_bot.announcements.releases import MEASURES, Figures, MetricsApi, MetricsAway, Part, Released

SHARES: Final = ("resister_share", "rather_not_say_resistance", "rather_not_say_trust")
"""Shares of answers to the headline questions, per cent."""
_SHOWN: Final = "shown"

_Kind = TypeVar("_Kind", bound=Part)


class Number(Figures):
    """One published number of a team (or phase), and how it moved since the round before."""

    team: str
    team_name: str | None = None
    measure: str
    verdict: str | None = None
    status: str

    @property
    def is_shown(self) -> bool:
        """Whether there were answers enough."""
        return self.status == _SHOWN


class Reason(Number):
    """A driver, facet or outcome of the survey, as it was asked last, beside the time before."""

    time: datetime
    earlier_score: float | None = None


class Advice(Part):
    """What may help, and why; None where there were too few answers."""

    why: str | None = None
    practice: str | None = None


class Participation(Part):
    """The band of response of the organisation."""

    response_band: str | None = None
    warning: str | None = None


class Effect(Part):
    """What changed in a measure after an announcement, in the agreed words."""

    time: datetime
    title: str
    measure: str
    text: str
    warning: str | None = None


class Outcome(Part):
    """A business figure that was reported."""

    team_name: str
    measure: str
    value: float
    unit: str
    period_start: date
    period_end: date


class Comment(Part):
    """A released comment; ten or more of a round, or none."""

    question: str
    text: str


@dataclass(frozen=True)
class Everything:
    """All that is published of the organisation as a whole; effects and outcomes the newest first."""

    numbers: Sequence[Number]
    participation: Participation | None
    reasons: Sequence[Reason]
    advice: Sequence[Advice]
    phases: Sequence[Number]
    effects: Sequence[Effect]
    outcomes: Sequence[Outcome]


class Publication:
    """What is published up to a released round, in a language. Everything raises MetricsAway."""

    def __init__(self, api: MetricsApi, released: Released, language: Language) -> None:
        self._api = api
        self._released = released
        self._language = (TextLanguage.NL if language == Language.NL else TextLanguage.EN).value
        closed_at = released.closed_at.isoformat()
        self._at_the_close = {"from": closed_at, "to": closed_at}

    async def of_everybody(self) -> Everything:
        """Of the organisation as a whole."""
        scores = asyncio.gather(
            self._numbers((*MEASURES, *SHARES)),
            self._rows(Participation, "participation", team=ROOT_ID, **self._at_the_close),
            self.reasons(ROOT_ID),
            self._rows(Advice, "advice", team=ROOT_ID),
        )
        beside = asyncio.gather(
            self._rows(Number, "pilots", **self._at_the_close),
            self._rows(Effect, "effects"),
            self._rows(Outcome, "outcomes"),
        )
        found = await asyncio.gather(scores, beside)
        (numbers, participation, reasons, advice), (phases, effects, outcomes) = found
        return Everything(
            numbers=numbers,
            participation=next(iter(participation), None),
            reasons=reasons,
            advice=[one for one in advice if one.practice is not None],
            phases=[one for one in phases if one.measure in MEASURES],
            effects=sorted(effects, key=lambda one: one.time, reverse=True),
            outcomes=sorted(outcomes, key=lambda one: one.period_end, reverse=True),
        )

    async def of_teams(self) -> dict[str, list[Number]]:
        """Resistance and trust of every team, of its last round or window: node id -> numbers, in the tree's order."""
        rows = await asyncio.gather(*(self._rows(Number, "teams", measure=measure) for measure in MEASURES))
        found: dict[str, list[Number]] = {}
        for one in (number for measure in rows for number in measure):
            found.setdefault(one.team, []).append(one)
        order = {node.id: place for place, node in enumerate(self._released.nodes)}
        return dict(sorted(found.items(), key=lambda entry: order.get(entry[0], len(order))))

    async def reasons(self, node_id: str) -> list[Reason]:
        """Drivers, facets and outcomes of a node, each as it was asked last."""
        return await self._rows(Reason, "drivers", team=node_id)

    async def comments(self) -> list[Comment]:
        """Those that were released of the round."""
        return await self._rows(Comment, "comments", wave=self._released.wave)

    async def _numbers(self, measures: Sequence[str]) -> list[Number]:
        rows = await asyncio.gather(
            *(self._rows(Number, "trends", team=ROOT_ID, measure=one, **self._at_the_close) for one in measures)
        )
        return [number for measure in rows for number in measure]

    async def _rows(self, kind: type[_Kind], path: str, **query: str) -> list[_Kind]:
        rows = await self._api.rows(path, language=self._language, **query)
        try:
            return TypeAdapter(list[kind]).validate_python(rows)  # type: ignore[valid-type]
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
            raise MetricsAway(f"{path} cannot be read: {fields}") from None
