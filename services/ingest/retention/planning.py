"""What is to be erased of which wave: a function of releases, days and the campaign's time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What is erased together."""

    BALLOTS = "ballots"
    COMMENTS = "comments"


@dataclass(frozen=True)
class Table:
    """A table of `pulse_ballots` with rows of waves; ``by_partition`` where a wave is a partition of it."""

    name: str
    by_partition: bool


TABLES: Final[dict[Kind, tuple[Table, ...]]] = {
    Kind.BALLOTS: (
        Table("answers", by_partition=True),
        Table("withdrawals", by_partition=True),
        Table("closed_answers", by_partition=True),
        Table("unit_counts", by_partition=False),
        Table("dead_letters", by_partition=False),
        Table("replayed_letters", by_partition=False),
        Table("release_claims", by_partition=False),
    ),
    Kind.COMMENTS: (Table("comments", by_partition=True), Table("comment_reviews", by_partition=False)),
}
"""What goes, and when. What stays of a released wave, and why, stands in docs/retention.md."""


@dataclass(frozen=True)
class Days:
    """How many days after a wave's release its ballots and its comments are erased."""

    ballots: int
    comments: int

    def of(self, kind: Kind) -> timedelta:
        """The days of one kind."""
        return timedelta(days=self.ballots if kind is Kind.BALLOTS else self.comments)


@dataclass(frozen=True)
class ReleasedWave:
    """A wave and when it was released, in campaign time."""

    wave_id: str
    released_at: datetime


@dataclass(frozen=True)
class Erasure:
    """A kind of rows of one wave that is due."""

    wave_id: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.wave_id}: {self.kind.value}"


def due(waves: Iterable[ReleasedWave], now: datetime, days: Days) -> Sequence[Erasure]:
    """What may no longer be there at ``now``, whether or not it has been erased before; earliest release first."""
    return [Erasure(wave.wave_id, kind) for wave in waves for kind in Kind if wave.released_at + days.of(kind) <= now]
