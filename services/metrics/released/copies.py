"""Everything that the API serves, as of one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

from services.contracts.base import ROOT_ID, Text, TextLanguage
from services.metrics.released.arms import Arms, pilots
from services.metrics.released.documents import Released, ReleasedComments
from services.metrics.released.effects import effects
from services.metrics.released.facts import Facts
from services.metrics.released.periods import History
from services.metrics.released.rows import measures_of, trend
from services.metrics.released.said import AnnouncementRow, announcement_rows


class WaveStatus(StrEnum):
    """Where a wave stands."""

    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class KnownWave:
    """A wave that was opened at some time; `closed_at` None while it is open."""

    wave_id: str
    campaign_id: str
    title: Text
    opens_at: datetime
    closes_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Copy:
    """A copy of all that is published, and what is computed of it once. It never changes; a later one replaces it.

    `phases`: wave -> node -> phase, of released waves; None for a node without. `earlier`: what was computed of an
    earlier copy; releases never change, so it stays true.
    """

    waves: tuple[KnownWave, ...] = ()
    releases: Mapping[str, Released] = field(default_factory=dict)
    comments: Mapping[str, ReleasedComments] = field(default_factory=dict)
    phases: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    earlier: History | None = field(default=None, compare=False, repr=False)

    @cached_property
    def history(self) -> History:
        """All released documents as periods; the earlier one where nothing has been released since."""
        documents = [release.document for release in self.releases.values()]
        if self.earlier is not None and self.earlier.is_of(documents):
            return self.earlier
        return History(documents, self.earlier)

    @cached_property
    def arms(self) -> Arms:
        """All groups of teams."""
        return Arms(self.history)

    def prepare(self) -> None:
        """Compute now what is computed once, so that no caller waits for it."""
        _ = self.arms, self.as_of, self.announced
        for period in self.history.periods:
            _ = period.distributions, period.document.response
            for measure in period.items:
                period.scores(measure, period.document)
        announced = [one.published for one in self.facts.announcements]
        measures = measures_of(self.history)
        for language in TextLanguage:
            effects(self.history, self.arms, announced, language)
            trend(self.history, measures, [ROOT_ID], language)
            pilots(self.arms, measures, language)

    @cached_property
    def announced(self) -> Mapping[TextLanguage, Sequence[AnnouncementRow]]:
        """Rows of all announcements, in the order of time."""
        return {one: announcement_rows(self.history, self.facts.announcements, one) for one in TextLanguage}

    @cached_property
    def as_of(self) -> datetime:
        """The latest moment of campaign time that anything here tells of: what is due by then is due."""
        told = [moment for wave in self.waves for moment in (wave.opens_at, wave.closed_at) if moment is not None]
        told += [promise.recorded_at for promise in self.facts.promises]
        told += [concern.answered_at for concern in self.facts.concerns]
        told += [one.published.published_at for one in self.facts.announcements]
        return max(told, default=datetime(1970, 1, 1, tzinfo=UTC))

    def status(self, wave: KnownWave) -> WaveStatus:
        """Where a wave stands."""
        if wave.wave_id in self.releases:
            return WaveStatus.RELEASED
        return WaveStatus.OPEN if wave.closed_at is None else WaveStatus.CLOSED
