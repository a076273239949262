"""Groups of teams: those that share a phase, and those that an announcement did and did not reach."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.contracts.base import Text, TextLanguage
from services.contracts.tree import Phase
from services.metrics.released.figures import SHOWN, Figure, of_arm
from services.metrics.released.periods import History, Period, always
from services.metrics.released.rows import Row, tenth
from services.metrics.statistics.change import change

REACHED, NOT_REACHED = "reached", "not_reached"

PHASES: Mapping[str, Text] = {
    Phase.NOT_STARTED.value: Text(nl="Nog niet begonnen", en="Not started"),
    Phase.ANNOUNCED.value: Text(nl="Aangekondigd", en="Announced"),
    Phase.PILOT.value: Text(nl="Proef", en="Pilot"),
    Phase.LIVE.value: Text(nl="In gebruik", en="In use"),
}


@dataclass
class ArmRow(Row):
    """A score of all teams in one phase together; `team` is the phase. Twenty answers at least, else hidden.

    `classes`: the number of groups of teams behind it.
    """

    classes: Annotated[int | None, Field(description="groups of teams behind the score")] = None


@dataclass(frozen=True, slots=True)
class ArmFigure:
    """A number of an arm in a period."""

    period: Period
    figure: Figure
    classes: int | None


class Arms:
    """All arms of a history, by announcement (None for phases), arm and measure, in the order of time."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._lines: dict[tuple[str | None, str, str], dict[str, ArmFigure]] = {}
        self._rows: dict[tuple[str, str, TextLanguage], Sequence[ArmRow]] = {}
        for document in history.documents:
            for arm in document.arms:
                period = history.by_id.get(arm.window or arm.wave or "")
                if period is not None:
                    line = self._lines.setdefault((arm.announcement, arm.arm, arm.measure), {})
                    line[period.id] = ArmFigure(period, of_arm(arm), arm.classes)

    def line(self, announcement: str | None, arm: str, measure: str) -> list[ArmFigure]:
        """Numbers of an arm, oldest first: per wave where any wave shows it, else per window."""
        found = list(self._lines.get((announcement, arm, measure), {}).values())
        by_wave = any(one.figure.status == SHOWN and not one.period.window for one in found)
        kept = [one for one in found if one.period.window != by_wave]
        return sorted(kept or found, key=lambda one: (one.period.closed_at, one.period.id))

    def rows(self, phase: str, measure: str, language: TextLanguage) -> Sequence[ArmRow]:
        """The rows of a phase, oldest first; made once."""
        known = self._rows.get((phase, measure, language))
        if known is None:
            line = _with_before(self.history, self.line(None, phase, measure), measure)
            known = [_row(one, before, phase, measure, language) for before, one in line]
            self._rows[phase, measure, language] = known
        return known


def pilots(
    arms: Arms, measures: Sequence[str], language: TextLanguage, wanted: Callable[[datetime], bool] = always
) -> list[ArmRow]:
    """A row for every phase, measure and wave (or window) of a wanted time in which teams were in it, oldest first."""
    rows = [
        row
        for phase in PHASES
        for measure in measures
        if measure in arms.history.measures
        for row in arms.rows(phase, measure, language)
        if wanted(row.time)
    ]
    return sorted(rows, key=lambda one: one.time)


def _with_before(
    history: History, line: Sequence[ArmFigure], measure: str
) -> Iterable[tuple[ArmFigure | None, ArmFigure]]:
    """Every number of an arm with that of the period before which asked the same; None where there is none."""
    by_period = {one.period.id: one for one in line}
    for one in line:
        earlier = history.before(one.period, measure) if measure in one.period.items else None
        yield (by_period.get(earlier.id) if earlier else None), one


def _row(one: ArmFigure, before: ArmFigure | None, phase: str, measure: str, language: TextLanguage) -> ArmRow:
    figure = one.figure
    shown = figure.status == SHOWN
    told = change(before.figure.published, figure.published) if shown and before else None
    interval = told.interval if told else None
    return ArmRow(
        time=one.period.closed_at,
        wave=one.period.id,
        team=phase,
        team_name=PHASES[phase].in_language(language) if shown else None,
        measure=measure,
        score=figure.score,
        score_label=figure.score_label,
        low=figure.low,
        high=figure.high,
        n=None,
        n_band=figure.n_band,
        response_band=None,
        change=tenth(told.change) if told else None,
        change_low=tenth(interval.low) if interval else None,
        change_high=tenth(interval.high) if interval else None,
        verdict=told.verdict.value if told else None,
        status=figure.status,
        classes=one.classes if shown else None,
    )
